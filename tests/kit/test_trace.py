"""Where an error came from, without its text."""

from leadflip.kit.trace import where


def test_where_names_the_calls_the_deepest_first() -> None:
    def inner() -> None:
        raise ValueError("planted-value")

    try:
        inner()
    except ValueError as error:
        told = where(error)
    assert told.startswith("test_trace.py:")
    assert told.index(" inner") < told.index(" test_where_names_the_calls_the_deepest_first")
    assert "planted-value" not in told


def test_where_of_an_error_never_raised() -> None:
    assert where(ValueError()) == ""
