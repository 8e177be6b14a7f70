"""A database backend: where Django looks for one, it takes the module `base`."""
