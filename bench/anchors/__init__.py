"""What stands beside ours."""
