"""The measures themselves: their report, and one small run of the deliveries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.parts.report import Report, percentile
from tests.architecture.project import ROOT


def test_report_finish_prints_and_writes_medians(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("sample", tmp_path)
    for value in (1, 9, 2):
        report.add("ours.p50_ms", value)
    report.add("beside.p50_ms", 4)
    report.add("ratio.p50", 0.5)
    report.aim("ratio.p50", "≤ 1")
    report.finish()
    written = json.loads((tmp_path / "sample.json").read_text())
    assert (written["ours"], written["beside"], written["ratio"]) == (
        {"p50_ms": 2},
        {"p50_ms": 4},
        {"p50": 0.5},
    )
    assert written["rounds"]["ours.p50_ms"] == [1, 9, 2]
    assert "1 – 9" in capsys.readouterr().out


def test_report_tells_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("sample", tmp_path)
    report.lacks("nothing stood beside")
    report.lacks("nothing stood beside")
    report.finish()
    assert json.loads((tmp_path / "sample.json").read_text())["missing"] == ["nothing stood beside"]
    assert capsys.readouterr().out.count("MISSING: nothing stood beside") == 2  # at once, and in the table


def test_report_refuses_figures_outside_its_parts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="theirs"):
        Report("sample", tmp_path).add("theirs.p50", 1)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (0, 1)])
def test_percentile_is_a_measured_value(percent: float, value: float) -> None:
    assert percentile(range(100, 0, -1), percent) == value


def test_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_bench_with_an_unknown_name_lists_the_measures() -> None:
    answer = _bench("speed")
    assert answer.returncode == 2
    assert "deliveries, latency, fair, retry, isolation" in answer.stderr


@pytest.mark.process
def test_deliveries_small_run_delivers_every_row(tmp_path: Path) -> None:
    answer = _bench("deliveries", "--small", "--out", str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    written = json.loads((tmp_path / "deliveries.json").read_text())
    assert written["ours"]["per_second"] > 0
    assert written["ratio"]["raw_loop"] == pytest.approx(
        written["ours"]["per_second"] / written["beside"]["raw_loop_per_second"], rel=0.01
    )
    assert 400 < written["facts"]["body bytes"] < 700


def _bench(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
