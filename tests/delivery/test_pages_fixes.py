"""Each error that a test can end with has something to do about it."""

import pytest

from delivery.channels.base import ERROR_CLASSES
from delivery.models import Job
from delivery.pages.fixes import FIXES, fix


def test_every_error_class_has_a_fix() -> None:
    assert set(FIXES) == set(ERROR_CLASSES)


@pytest.mark.parametrize(
    ("kind", "error_class", "code", "said"),
    [
        ("webhook", "http_4xx", 401, "It wants a sign-in"),
        ("webhook", "http_4xx", 418, "Read its answer"),
        ("webhook", "refused", None, "Check the port"),
        ("email", "smtp_5xx", 550, "does not take this recipient"),
        ("email", "auth", 535, "Mend user and password"),
        ("portal", "", None, ""),
    ],
)
def test_fix_is_the_codes_where_it_says_more(
    kind: str, error_class: str, code: int | None, said: str
) -> None:
    told = fix(Job(kind=kind, last_error_class=error_class, last_code=code))
    assert said in told
    assert bool(told) == bool(said)
