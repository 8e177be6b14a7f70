"""Bars: each as high as it is much, the bad part at its foot, and a name for readers."""

from leadflip.kit.charts import Bar, drawn


def test_bars_stand_side_by_side_with_their_bad_part_at_the_foot() -> None:
    svg = drawn([Bar("1", 10, 5), Bar("2", 0), Bar("3", 1000, 1), Bar("4", 1000)], 28, 'A "name" <b>')
    assert 'aria-label="A &quot;name&quot; &lt;b&gt;"' in svg
    assert 'viewBox="0 0 24 28"' in svg
    assert 'class="bad" d="M0 28v-1.5h5v1.5zM12 28v-1.5h5v1.5z"' in svg
    assert 'class="good" d="M12 26.5v-26.5h5v26.5zM18 28v-28h5v28z"' in svg


def test_no_bars_are_a_line() -> None:
    assert 'class="good" d=""' in drawn([], 28, "Nothing")
