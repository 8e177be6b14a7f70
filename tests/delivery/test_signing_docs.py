"""The code that partners are given in docs/verify-signatures.md runs, and accepts what we sign alone."""

import json
import re
import shutil
import subprocess
import sys
import time
from typing import Any

import pytest
from django.template.loader import render_to_string

from delivery.signing import sign
from partners.outgoing.secrets import new_secret
from tests.architecture.project import ROOT

PAGE = (ROOT / "docs/verify-signatures.md").read_text()
CODE = dict(re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S))
Case = dict[str, Any]
BODY = '{"name":"Zoë","n":1.0}'
# What runs the page's function over cases from the standard input and prints what it says of each.
RUNNERS = {
    "python": (
        [sys.executable, "-c"],
        "{code}\nimport json, sys\nprint(json.dumps([is_ours(c['secret'], c['headers'], c['body'].encode()) "
        "for c in json.load(sys.stdin)]))",
    ),
    "javascript": (
        ["node", "-e"],
        "{code}\nconst cases = JSON.parse(require('fs').readFileSync(0));\n"
        "console.log(JSON.stringify(cases.map((c) => isOurs(c.secret, c.headers, Buffer.from(c.body)))));",
    ),
    "php": (
        ["php", "-r"],
        "{code}\necho json_encode(array_map(fn($c) => is_ours($c['secret'], $c['headers'], $c['body']), "
        "json_decode(stream_get_contents(STDIN), true)));",
    ),
}


def case(secret: str, *, signed_by: str = "", body: str = BODY, at: int = 0, more: str = "") -> Case:
    """A request signed by `signed_by` (else `secret`) at `at` (else now), that arrived with `body`."""
    stamp = at or int(time.time())
    signature = sign([{"secret": signed_by or secret, "until": None}], "a-job", stamp, BODY.encode())
    headers = {
        "webhook-id": "a-job",
        "webhook-timestamp": str(stamp),
        "webhook-signature": f"{more}{signature}",
    }
    return {"secret": secret, "headers": headers, "body": body}


def test_page_has_every_language() -> None:
    assert CODE.keys() == RUNNERS.keys()


@pytest.mark.parametrize("language", RUNNERS)
def test_pages_show_the_same_code(language: str) -> None:
    assert render_to_string(f"delivery/verify/{language}.txt") == CODE[language]


@pytest.mark.parametrize("language", RUNNERS)
def test_code_accepts_what_is_ours_and_nothing_else(language: str) -> None:
    command, program = RUNNERS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"No {command[0]} here: the page's {language} was not run.")
    secret, now = new_secret(), int(time.time())
    cases = {
        "ours": (case(secret), True),
        "one of two during a rotation": (case(secret, more="v1,bm90IHRoaXMgb25l "), True),
        "four minutes late": (case(secret, at=now - 240), True),
        "another body": (case(secret, body=BODY + " "), False),
        "another secret": (case(secret, signed_by=new_secret()), False),
        "ten minutes late": (case(secret, at=now - 600), False),
        "ten minutes early": (case(secret, at=now + 600), False),
    }
    asked = json.dumps([given for given, _ in cases.values()])
    ran = subprocess.run(
        [*command, program.replace("{code}", CODE[language])],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert dict(zip(cases, json.loads(ran.stdout), strict=True)) == {
        name: expected for name, (_, expected) in cases.items()
    }


def test_check_value_is_the_specifications() -> None:
    value = dict(re.findall(r"^\| (?:`?)([\w-]+)(?:`?) \| `(.+)` \|$", PAGE.split("## Check value")[1], re.M))
    signature = sign(
        [{"secret": value["secret"], "until": None}],
        value["webhook-id"],
        int(value["webhook-timestamp"]),
        value["body"].encode(),
    )
    assert signature == value["webhook-signature"]
