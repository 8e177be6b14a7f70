"""Requests that cannot be taken, as data: what is sent, and what the source must be told."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=cut"
INTAKE, BULK = "/api/intake", "/api/leads/bulk"
SLUG = "every-type"
GOOD = {"entity": SLUG, "name": "Ana"}


@dataclasses.dataclass(frozen=True)
class Bad:
    """One request. `says` is a piece of the message at `field`; of a batch, that of its first row if 200."""

    name: str
    code: int
    field: str
    says: str
    body: str | bytes
    kind: str = JSON
    path: str = INTAKE
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    method: str = "post"


def value(name: str, key: str, sent: object, says: str, at: str = "") -> Bad:
    """A sound lead but for one value."""
    return Bad(f"{key}: {name}", 422, at or key, says, json.dumps({**GOOD, key: sent}))


def lead(name: str, sent: object, at: str, says: str, code: int = 422) -> Bad:
    """A body of JSON."""
    return Bad(name, code, at, says, json.dumps(sent))


def raw(name: str, code: int, at: str, says: str, body: str | bytes, kind: str = JSON) -> Bad:
    """A body as it stands."""
    return Bad(name, code, at, says, body, kind)


def row(name: str, sent: object, at: str, says: str) -> Bad:
    """A batch of one lead that is refused."""
    body = json.dumps({"entity": SLUG, "batch": [sent]})
    return Bad(f"row: {name}", 200, at, says, body, path=BULK)


def batch(name: str, code: int, at: str, says: str, body: Any, kind: str = JSON) -> Bad:
    """A batch that is refused whole."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return Bad(f"batch: {name}", code, at, says, text, kind, BULK)


def head(name: str, code: int, at: str, says: str, **headers: str) -> Bad:
    """A sound lead with headers that are not."""
    named = {key.replace("_", "-"): text for key, text in headers.items()}
    return Bad(f"header: {name}", code, at, says, json.dumps(GOOD), headers=named)


def way(name: str, method: str, path: str, code: int, at: str, says: str) -> Bad:
    """A sound lead to where none belongs, or by another method."""
    return Bad(f"way: {name}", code, at, says, json.dumps(GOOD), path=path, method=method)


NUL, HALF, PILE = "a\0b", "a\ud800b", "a" + "\u0301" * 31
LONG = "x" * (64 * 1024 + 1)

VALUES = [
    value("absent", "name", None, "Full name is required; send a value"),
    value("blank", "name", "  \t ", "is required"),
    value("blanks that nobody sees", "name", "\u200b\ufeff\u00a0", "is required"),
    value("list", "name", ["Ana"], "Send one value here, not a list"),
    value("object", "name", {"first": "Ana"}, "not a list or an object"),
    value("NUL", "name", NUL, "NUL character; remove it"),
    value("half a character", "name", HALF, "half of a character"),
    value("pile of accents", "name", PILE, "more than 30 accents"),
    value("over 64 KiB", "name", LONG, "longer than 64 KiB; shorten it"),
    value("over 64 KiB in bytes alone", "name", "ü" * 40_000, "longer than 64 KiB"),
    value("list", "remarks", ["one", "two"], "Send one value here"),
    value("over 64 KiB", "remarks", LONG, "longer than 64 KiB"),
    value("words", "size", "forty", "“forty” is not a number; write one such as 1234.5"),
    value("unit", "size", "40 m²", "is not a number"),
    value("two readings", "size", "1,234", "can be two numbers; write it without thousands separators"),
    value("true", "size", True, "is not a number"),
    value("list", "size", [40], "Send one value here"),
    value("hexadecimal", "size", "0x28", "is not a number"),
    value("fraction", "size", "1/2", "is not a number"),
    value("two points", "size", "1.2.3", "is not a number"),
    value("infinity", "size", "Infinity", "is not a number"),
    value("not a number by name", "size", "NaN", "is not a number"),
    value("large exponent", "size", "1e400", "is not a number"),
    value("16 digits", "size", 1234567890123456, "longer than 15 digits; keep it in a text field"),
    value("16 digits as text", "size", "1234567890123456", "longer than 15 digits"),
    value("digits of another script", "size", "٤٢", "is not a number"),
    value("no @", "email", "ana.example.com", "is not an e-mail address; write one such as ana@example.com"),
    value("no domain", "email", "ana@", "is not an e-mail address"),
    value("two @", "email", "ana@ben@example.com", "is not an e-mail address"),
    value("two addresses", "email", "ana@example.com, ben@example.com", "is not an e-mail address"),
    value("name and address", "email", "Ana <ana@example.com>", "is not an e-mail address"),
    value("blank inside", "email", "ana @example.com", "is not an e-mail address"),
    value("line break", "email", "ana@example.com\nBcc: ben@example.com", "is not an e-mail address"),
    value("one word as domain", "email", "ana@localhost", "is not an e-mail address"),
    value("too long", "email", "ana@" + "a." * 126 + "com", "is not an e-mail address"),
    value("number", "email", 7, "“7” is not an e-mail address"),
    value("words", "phone", "call me", "is not a phone number; write one such as +49 30 12345678"),
    value("too short", "phone", "+49 30", "is not a phone number"),
    value("too long", "phone", "+49 30 1234567890123456", "is not a phone number"),
    value("unknown country", "phone", "+999 30 123456", "is not a phone number"),
    value("two numbers", "phone", "+49 30 1234567 / +49 30 7654321", "is not a phone number"),
    value("list", "phone", ["+49 30 12345678"], "Send one value here"),
    value("two readings", "start", "03/04/2026", "can be two dates"),
    value("no such day", "start", "2026-02-30", "is not a date of the calendar; write it such as 2026-11-24"),
    value("month 13", "start", "2026-13-01", "is not a date of the calendar"),
    value("year of two digits", "start", "24.11.26", "use YYYY-MM-DD"),
    value("word", "start", "tomorrow", "is not a date of the calendar"),
    value("Unix time", "start", 1764000000, "is not a date of the calendar"),
    value("with a time", "start", "2026-11-24 14:05", "holds a time; write the date alone"),
    value("year 0", "start", "0000-01-01", "is not a date of the calendar"),
    value("object", "start", {"year": 2026}, "Send one value here"),
    value("no time", "visit", "2026-11-24", "has no time; write both, such as 2026-11-24T14:05Z"),
    value("hour 25", "visit", "2026-11-24T25:00Z", "is not a date of the calendar"),
    value("minute 60", "visit", "2026-11-24T14:60Z", "is not a date of the calendar"),
    value("two readings", "visit", "03/04/2026 14:05", "can be two dates"),
    value("half of a day over 12", "visit", "2026-11-24 13:05 pm", "is not a date of the calendar"),
    value("offset of a day", "visit", "2026-11-24T14:05+99:00", "is not a date of the calendar"),
    value("before the first year", "visit", "0001-01-01T00:00+01:00", "is not a date of the calendar"),
    value("a zone's name", "visit", "2026-11-24 14:05 Europe/Berlin", "is not a date of the calendar"),
    value("no option", "roof", "Thatch", "“Thatch” is not an option; use “Flat”, “Gable”"),
    value("list", "roof", ["Flat"], "Send one value here"),
    value("two options", "roof", "Flat; Gable", "is not an option"),
    value("place of an option", "roof", 0, "“0” is not an option"),
    value("one is none", "extras", ["Garden", "Moat"], "“Moat” is not an option"),
    value("object", "extras", {"Garden": True}, "Send a list of options, or text with ; between them"),
    value("list in a list", "extras", [["Garden"]], "Send one value here"),
    value("1,001 chosen", "extras", ["Garden"] * 1001, "More than 1000 options"),
    value("joined by bars", "extras", "Garden|Cellar", "is not an option"),
    value("perhaps", "callback", "perhaps", "is neither true nor false; write one of them"),
    value("2", "callback", 2, "is neither true nor false"),
    value("list", "callback", [True], "Send one value here"),
    value(
        "no scheme that is taken",
        "site",
        "ftp://example.com/",
        "is not a web address; write one such as https",
    ),
    value("script", "site", "javascript:alert(1)", "is not a web address"),
    value("blank inside", "site", "https://exam ple.com", "is not a web address"),
    value("word", "site", "none", "is not a web address"),
    value("no host", "site", "https://", "is not a web address"),
    value("text", "address", "12 Main St, Springfield", "one by one, such as address.postcode"),
    value("list", "address", ["Main St", 12], "one by one"),
    value("latitude beyond the pole", "address", {"latitude": 91}, "-90 to 90 degrees", "address.latitude"),
    value("longitude round the world", "address.longitude", -181, "-180 to 180 degrees"),
    value("latitude in words", "address", {"latitude": "north"}, "is not a number", "address.latitude"),
    value("country by its name", "address.country_code", "Germany", "two letters such as DE"),
    value("part in a part", "address", {"city": {"name": "Ulm"}}, "Send one value here", "address.city"),
    value("NUL in a part", "address", {"street": NUL}, "NUL character", "address.street"),
    value("part over 64 KiB", "address", {"street": LONG}, "longer than 64 KiB", "address.street"),
    value(
        "parts over 64 KiB", "address", {"street": "x" * 40_000, "city": "y" * 40_000}, "longer than 64 KiB"
    ),
    value("encrypted, list", "iban", ["secret-number"], "Send one value here"),
    value("encrypted, NUL", "iban", "secret-number\0", "NUL character"),
    value("encrypted, no date", "born", "secret-day", "The value is not a date of the calendar"),
]

RESERVED = [
    lead("entity: absent", {"name": "Ana"}, "entity", "Name the entity of this lead: its slug or its id"),
    lead("entity: null", {**GOOD, "entity": None}, "entity", "Name the entity"),
    lead("entity: unknown", {**GOOD, "entity": "every-typ"}, "entity", "there are: every-type"),
    lead("entity: its name", {**GOOD, "entity": "Every type"}, "entity", "There is no entity “Every type”"),
    lead("entity: list", {**GOOD, "entity": [SLUG]}, "entity", "Send one value here"),
    lead("entity: a huge number", {**GOOD, "entity": 10**30}, "entity", "There is no entity"),
    lead(
        "entity: two times", {**GOOD, "Entity": SLUG}, "entity", "“entity” and “Entity” mean the same field"
    ),
    value("over 100", "source", "x" * 101, "101 characters are too many: shorten it to 100"),
    value("list", "source", ["fair"], "Send one value here"),
    value("over 100", "status", "x" * 101, "shorten it to 100"),
    value("object", "status", {"new": 1}, "Send one value here"),
    value("over 10,000", "note", "x" * 10_001, "shorten it to 10000"),
    value("NUL", "note", NUL, "NUL character"),
    value("perhaps", "test", "perhaps", "is neither true nor false"),
    value("list", "test", [True], "Send one value here"),
    value("over 10,000", "consent_text", "x" * 10_001, "shorten it to 10000"),
    value("two readings", "consent_at", "03/04/2026 10:00", "can be two dates"),
    value("no time", "consent_at", "2026-11-24", "has no time; write both"),
    value("word", "consent_at", "yesterday", "is not a date of the calendar"),
    value("host", "consent_ip", "example.com", "This is not an IP address; write one such as 203.0.113.7"),
    value("with a port", "consent_ip", "203.0.113.7:443", "is not an IP address"),
    value("256", "consent_ip", "203.0.113.256", "is not an IP address"),
    value("number", "consent_ip", 3405803783, "is not an IP address"),
    value("script", "consent_url", "javascript:alert(1)", "is not a web address"),
    value("over 2,000", "consent_url", "https://example.com/" + "x" * 2000, "shorten it to 2000"),
    value("two names for a field", "FULL NAME", "Ben", "“name” and “FULL NAME” mean the same field", "name"),
    value("label of two fields", "Roof detail", "x", "may mean detail_a and detail_b: use the key"),
    lead(
        "address: whole and in parts",
        {**GOOD, "address": "Main St", "address.city": "Ulm"},
        "address",
        "whole and in parts",
    ),
    lead(
        "address: a part two times",
        {**GOOD, "address": {"city": "Ulm"}, "address.city": "Bonn"},
        "address.city",
        "mean the same field",
    ),
]

BODIES = [
    raw("json: empty", 400, "body", "It is not JSON: line 1, column", " "),
    raw("json: cut", 400, "body", "line 1, column", '{"entity": "every-type", "name": "A'),
    raw("json: single quotes", 400, "body", "line 1, column 2", "{'entity': 'every-type'}"),
    raw("json: comma at the end", 400, "body", "line 2, column", '{"name": "Ana",\n}'),
    raw("json: two values", 400, "body", "Extra data", '{"name": "Ana"} {"name": "Ben"}'),
    raw("json: list", 400, "body", "It is no JSON object: send one such as", '[{"entity": "every-type"}]'),
    raw("json: text", 400, "body", "It is no JSON object", '"every-type"'),
    raw("json: null", 400, "body", "It is no JSON object", "null"),
    raw(
        "json: NaN",
        400,
        "body",
        "It holds NaN, which is no JSON value",
        '{"entity": "every-type", "size": NaN}',
    ),
    raw("json: -Infinity", 400, "body", "It holds -Infinity", '{"entity": "every-type", "size": -Infinity}'),
    raw(
        "json: name twice",
        400,
        "body",
        "It names “name” two times: send it once",
        '{"name": "A", "name": "B"}',
    ),
    raw(
        "json: name twice inside", 400, "body", "“city” two times", '{"address": {"city": "A", "city": "B"}}'
    ),
    raw("json: line break in text", 400, "body", "control character", '{"name": "A\nB"}'),
    raw(
        "json: number of 5,000 digits",
        400,
        "body",
        "too long: send it as text",
        '{"size": ' + "9" * 5000 + "}",
    ),
    raw(
        "json: number of a large exponent",
        422,
        "size",
        "is longer than 15 digits",
        '{"entity": "every-type", "name": "Ana", "size": 1e400}',
    ),
    raw(
        "json: exponent beyond all",
        400,
        "body",
        "too long: send it as text",
        '{"size": 1e99999999999999999999}',
    ),
    raw("json: 100,000 deep", 400, "body", "It nests too deeply", '{"a":' * 100_000 + "1" + "}" * 100_000),
    raw("json: NUL in a name", 400, "body", "holds a character that is none", '{"na\\u0000me": "Ana"}'),
    raw("json: half a character in a name", 400, "body", "'na\\ud800me'", '{"na\\ud800me": "Ana"}'),
    raw(
        "json: 1,001 names",
        400,
        "body",
        "more than 1,000 fields",
        json.dumps({f"f{n}": 1 for n in range(1001)}),
    ),
    raw("json: Latin-1", 400, "body", "It is not UTF-8: see byte 10", b'{"name":"\xeb"}'),
    raw("json: UTF-16", 400, "body", "It is not UTF-8", '{"name": "Ana"}'.encode("utf-16")),
    raw("json: 1 MB and a byte", 413, "body", "larger than 1 MB: shorten it", b" " * (1024**2 + 1)),
    raw("json: sent as a form", 422, "entity", "Name the entity", json.dumps(GOOD), FORM),
    raw("form: sent as JSON", 400, "body", "It is not JSON", "entity=every-type&name=Ana"),
    raw(
        "form: not UTF-8 in a % sequence",
        400,
        "body",
        "encode the form in UTF-8",
        "entity=every-type&name=%FF",
        FORM,
    ),
    raw("form: not UTF-8", 400, "body", "It is not UTF-8: see byte 6", b"name=\xeb", FORM),
    raw(
        "form: 1,001 names",
        400,
        "body",
        "more than 1,000 fields",
        "&".join(f"f{n}=1" for n in range(1001)),
        FORM,
    ),
    raw("form: value twice", 422, "name", "Send one value here", "entity=every-type&name=Ana&name=Ben", FORM),
    raw("form: NUL", 422, "name", "NUL character", "entity=every-type&name=%00", FORM),
    raw("form: empty", 422, "entity", "Name the entity", "&", FORM),
    raw("form: too large", 413, "body", "larger than 1 MB", b"name=" + b"x" * 1024**2, FORM),
    raw(
        "multipart: file",
        422,
        "name",
        "Files are not taken: send text",
        '--cut\r\nContent-Disposition: form-data; name="name"; filename="a.txt"\r\n\r\nAna\r\n--cut--\r\n',
        MULTIPART,
    ),
    raw("multipart: no boundary", 400, "body", "boundary", "--cut--", "multipart/form-data"),
    raw("multipart: empty", 422, "entity", "Name the entity", "--cut--\r\n", MULTIPART),
    raw("multipart: too large", 413, "body", "larger than 1 MB", b"--cut\r\n" + b"x" * 1024**2, MULTIPART),
    raw("kind: none", 415, "body", "application/json or application/x-www-form-urlencoded", "{}", ""),
    raw("kind: text", 415, "body", "say so in Content-Type", json.dumps(GOOD), "text/plain"),
    raw("kind: XML", 415, "body", "say so in Content-Type", "<lead/>", "application/xml"),
    raw(
        "kind: another charset",
        415,
        "body",
        "in UTF-8",
        json.dumps(GOOD),
        "application/json; charset=latin-1",
    ),
]

HEADERS = [
    head("no key", 401, "authorization", "Send your API key in the header Authorization", Authorization=""),
    head("scheme alone", 401, "authorization", "Send your API key", Authorization="Bearer "),
    head(
        "unknown key", 401, "authorization", "copy it again, or make a new one", Authorization="Bearer lf_no"
    ),
    head("Basic", 401, "authorization", "Authorization: Bearer", Authorization="Basic YW5hOnNlY3JldA=="),
    head("key in pieces", 401, "authorization", "copy it again", Authorization="Bearer lf_a lf_b"),
    head(
        "token of 256", 400, "Idempotency-Key", "at most 255 characters of ASCII", Idempotency_Key="x" * 256
    ),
    head("token beyond ASCII", 400, "Idempotency-Key", "ASCII, such as a UUID", Idempotency_Key="ü"),
    head("token with a tab", 400, "Idempotency-Key", "ASCII", Idempotency_Key="a\tb"),
]

BATCHES = [
    batch("none", 422, "batch", 'Send the leads as a list of objects: {"entity"', {"entity": SLUG}),
    batch("empty", 422, "batch", "as a list of objects", {"entity": SLUG, "batch": []}),
    batch("object", 422, "batch", "as a list of objects", {"entity": SLUG, "batch": {"0": GOOD}}),
    batch(
        "1,001 rows",
        422,
        "batch",
        "1001 leads are too many for one request",
        {"entity": SLUG, "batch": [{}] * 1001},
    ),
    batch("no entity", 422, "entity", "Name the entity", {"batch": [{"name": "Ana"}]}),
    batch("unknown entity", 422, "entity", "There is no entity “none”", {"entity": "none", "batch": [{}]}),
    batch("list alone", 400, "body", "It is no JSON object", [{"name": "Ana"}]),
    batch("form", 415, "body", "as application/json", "entity=every-type", FORM),
    batch("cut", 400, "body", "line 1, column", '{"entity": "every-type", "batch": [{"name": "A'),
    row("text", "Ana", "row", "This is no JSON object"),
    row("null", None, "row", "This is no JSON object"),
    row("list", ["Ana"], "row", "This is no JSON object"),
    row("empty", {}, "name", "is required"),
    row("another entity", {"name": "Ana", "entity": "other"}, "entity", "in a batch of their own"),
    row("bad value", {"name": "Ana", "email": "ana"}, "email", "“ana” is not an e-mail address"),
    row("bad part", {"name": "Ana", "address": {"latitude": 99}}, "address.latitude", "degrees"),
    row("NUL in a name", {"na\0me": "Ana"}, "body", "holds a character that is none"),
    row("1,001 names", {f"f{n}": 1 for n in range(1001)}, "body", "more than 1,000 fields"),
    row("two names", {"name": "Ana", "FULL-NAME": "Ben"}, "name", "mean the same field"),
    row("long source", {"name": "Ana", "source": "x" * 101}, "source", "shorten it to 100"),
]

WAYS = [
    way("PUT", "put", INTAKE, 405, "request", "PUT is not for this address: send POST"),
    way("DELETE", "delete", INTAKE, 405, "request", "send POST"),
    way("PATCH of a batch", "patch", BULK, 405, "request", "send POST"),
    way("POST to entities", "post", "/api/entities", 405, "request", "send GET"),
    way(
        "POST to a lead",
        "post",
        "/api/leads/0190b6a4-0000-7000-8000-000000000000",
        405,
        "request",
        "send GET",
    ),
    way("slash at the end", "post", "/api/intake/", 404, "address", "/api/docs lists all there are"),
    way("leads without bulk", "post", "/api/leads", 404, "address", "There is no address /api/leads"),
    way("upper case", "post", "/api/Intake", 404, "address", "/api/docs lists"),
]

ALL = [*VALUES, *RESERVED, *BODIES, *HEADERS, *BATCHES, *WAYS]
