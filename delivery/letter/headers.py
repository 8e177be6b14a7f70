"""Header lines, written by hand: `email`'s own folding loses blanks between encoded words."""

from base64 import b64encode
from collections.abc import Iterator, Sequence

WORD = 45  # bytes in one encoded word, whose whole length must be under 76 (RFC 2047, 2)


def line(name: str, value: str) -> bytes:
    """`value` is ASCII, folded where need be; it holds no other line ends."""
    return f"{name}: {value}\r\n".encode("ascii")


def encoded(text: str) -> str:
    """One line of text for a header: as it is, or as encoded words (RFC 2047)."""
    if text.isascii() and "=?" not in text:
        return text
    words = (b64encode(piece.encode()).decode() for piece in _pieces(text))
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def mailbox(name: str, address: str) -> str:
    """A display name without quotes or backslashes, and its address."""
    if not name:
        return address
    words = encoded(name)
    return f"{words} <{address}>" if words != name else f'"{name}" <{address}>'


def listed(addresses: Sequence[str]) -> str:
    """Addresses one a line; a group without members where there is none."""
    return ",\r\n ".join(addresses) or "undisclosed-recipients:;"


def _pieces(text: str) -> Iterator[str]:
    piece, size = "", 0
    for letter in text:
        length = len(letter.encode())
        if size + length > WORD:
            yield piece
            piece, size = "", 0
        piece, size = piece + letter, size + length
    yield piece
