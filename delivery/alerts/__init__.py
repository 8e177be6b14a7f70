"""What people should know of: opened and closed by engines and watchers, told by mail, acknowledged."""
