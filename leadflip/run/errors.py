"""The one error of starting and stopping: a line for the person at the terminal."""


class StartError(Exception):
    """Something that stops a start. Its text is one line: what, where, and what to do about it."""
