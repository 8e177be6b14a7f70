"""Where an error came from, for logs: an exception's text may hold a lead's values, its path never does."""

import traceback
from pathlib import PurePath

DEEPEST = 40


def where(error: BaseException) -> str:
    """The innermost calls, the deepest first: "names.py:41 match < accept.py:30 accept"."""
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    return " < ".join(f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
