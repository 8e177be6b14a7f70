"""A request's body as names and values: JSON, form-encoded or multipart. Field names are free, so
it is read here and not by a schema.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from distribution.api.errors import ApiError

MAX_BYTES = 1024 * 1024
MAX_NAMES = 1000
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"

Body = Mapping[str, object]


def read(
    request: HttpRequest, *, kinds: Sequence[str] = (JSON, FORM, MULTIPART), most: int = MAX_BYTES
) -> Body:
    """The body's names in order. A name that a form repeats has a list of its values.

    Raises ApiError 400 (says where it cannot be read), 413 or 415.
    """
    kind = _kind(request, kinds)
    data = _data(request) if most == MAX_BYTES else _more_data(request, most)
    body = {JSON: _json, FORM: _form, MULTIPART: _multipart}[kind](request, data)
    check_names(body)
    return body


def check_names(body: Body) -> None:
    """Raises ApiError 400 for more names than anybody has fields, and for those that cannot be stored."""
    if len(body) > MAX_NAMES:
        raise _unreadable(_("It names more than 1,000 fields: send fewer."))
    for name in _names(body):
        _check(name)


def digest(body: Body) -> bytes:
    """32 bytes that are equal for equal bodies, whatever the order of names or the encoding."""
    text = json.dumps(body, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).digest()


def _kind(request: HttpRequest, kinds: Sequence[str]) -> str:
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    kind = request.content_type or ""
    if kind in kinds and charset in ("utf-8", "utf8", "us-ascii"):
        return kind
    message = _("Send the body in UTF-8 as %(kinds)s, and say so in Content-Type.")
    raise ApiError(415, {"body": [message % {"kinds": _(" or ").join(kinds)}]})


def _data(request: HttpRequest) -> bytes:
    try:
        data = request.body
    except RequestDataTooBig:
        data = None
    except UnreadablePostError:
        raise _unreadable(_("It ended too early: send it again.")) from None
    if data is None or len(data) > MAX_BYTES:
        raise ApiError(413, {"body": [_("The body is larger than 1 MB: shorten it.")]})
    return data


def _more_data(request: HttpRequest, most: int) -> bytes:
    """For bodies above what Django reads by itself; one byte more than `most` tells the rest."""
    try:
        data = request.read(most + 1)
    except UnreadablePostError:
        raise _unreadable(_("It ended too early: send it again.")) from None
    if len(data) > most:
        message = _("The body is larger than %(most)d MB: send it in several requests.")
        raise ApiError(413, {"body": [message % {"most": most // 1024**2}]})
    return data


def _unreadable(message: str) -> ApiError:
    return ApiError(400, {"body": [message]})


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("It is not UTF-8: see byte %(at)d.")
        raise _unreadable(message % {"at": error.start + 1}) from None


def _json(request: HttpRequest, data: bytes) -> Body:
    try:
        body = json.loads(
            _text(data), object_pairs_hook=_object, parse_float=Decimal, parse_constant=_no_number
        )
    except json.JSONDecodeError as error:
        message = _("It is not JSON: line %(line)d, column %(column)d: %(what)s.")
        place = {"line": error.lineno, "column": error.colno, "what": error.msg}
        raise _unreadable(message % place) from None
    except RecursionError:
        raise _unreadable(_("It nests too deeply: send the fields side by side.")) from None
    # int() gives up at 4,300 digits, Decimal() at an exponent of 20.
    except (ValueError, InvalidOperation):
        raise _unreadable(_("A number in it is too long: send it as text.")) from None
    if not isinstance(body, dict):
        raise _unreadable(_('It is no JSON object: send one such as {"entity": "…", "email": "…"}.'))
    return body


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _unreadable(_("It names “%(name)s” two times: send it once.") % {"name": name[:100]})
        found[name] = value
    return found


def _no_number(name: str) -> None:
    raise _unreadable(_("It holds %(name)s, which is no JSON value: leave it out.") % {"name": name})


def _form(request: HttpRequest, data: bytes) -> Body:
    try:
        pairs = parse_qsl(_text(data), keep_blank_values=True, errors="strict", max_num_fields=MAX_NAMES)
    except UnicodeDecodeError:
        raise _unreadable(_("A %-sequence in it is not UTF-8: encode the form in UTF-8.")) from None
    except ValueError:
        raise _unreadable(_("It names more than 1,000 fields: send fewer.")) from None
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return _single(lists)


def _multipart(request: HttpRequest, data: bytes) -> Body:
    try:
        lists, files = dict(request.POST.lists()), list(request.FILES)
    except MultiPartParserError as error:
        raise _unreadable(_("It is not multipart/form-data: %(what)s") % {"what": error}) from None
    except (TooManyFieldsSent, TooManyFilesSent, RequestDataTooBig):
        raise _unreadable(_("It names more than 1,000 fields: send fewer.")) from None
    if files:
        raise ApiError(422, {name: [_("Files are not taken: send text.")] for name in files})
    return _single(lists)


def _single(lists: Mapping[str, list[Any]]) -> Body:
    return {name: values[0] if len(values) == 1 else values for name, values in lists.items()}


def _names(body: Body) -> Iterator[str]:
    for name, value in body.items():
        yield name
        if isinstance(value, dict):
            yield from value


@lru_cache(maxsize=1000)
def _check(name: str) -> None:
    """Names that mean nothing are told back and kept with the answer, so they must be storable."""
    if "\0" in name or name != name.encode(errors="ignore").decode():
        shown = ascii(name[:100])
        raise _unreadable(_("The name %(name)s holds a character that is none: mend it.") % {"name": shown})
