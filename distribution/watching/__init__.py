"""What of distribution people should know of: a look opens and closes the alerts of its kind."""
