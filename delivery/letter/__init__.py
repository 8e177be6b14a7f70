"""The letter that email delivery sends: written by templates, or the default over what is ticked."""

from delivery.letter.mime import Letter, build, signed
from delivery.letter.write import write

__all__ = ["Letter", "build", "signed", "write"]
