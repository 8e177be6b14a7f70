"""The import line `distribution → delivery → portal → partners → leadflip.kit`, and its exceptions."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, OneToOneField
from django.dispatch import Signal

from distribution.apps import DistributionConfig
from partners import sheet
from tests.architecture.project import LINE, PACKAGES, ROOT, imported, module_name, python_files, tree


def height(module: str) -> int | None:
    """The place of a module's app in the line, 0 at the top; None for what is not in it."""
    package = module.split(".")[0]
    if package in LINE:
        return LINE.index(package)
    return len(LINE) if module.startswith("leadflip.kit") else None


def test_linter_contracts_are_kept() -> None:
    # A process of its own: the linter switches off every logger that exists.
    linter = Path(sys.executable).with_name("lint-imports")
    asked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stdout


def test_no_file_imports_from_above() -> None:
    """Reads the sources itself: imports inside functions and for the type checker count too."""
    backward = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(*PACKAGES)
        for name, line in imported(path)
        if (own := height(module_name(path))) is not None
        and (other := height(name)) is not None
        and other < own
    ]
    assert backward == []


def test_kit_has_no_models_and_is_a_leaf() -> None:
    assert not list((ROOT / "leadflip/kit").glob("models*"))
    foreign = {
        name
        for path in python_files("leadflip/kit")
        for name, _ in imported(path)
        if name.split(".")[0] in PACKAGES and not name.startswith("leadflip.kit")
    }
    assert foreign == set()


def inversions() -> Iterator[str]:
    """Functions below distribution by which something above hands itself down."""
    for path in python_files("leadflip/kit", *LINE[1:]):
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("register_"):
                yield f"{module_name(path)}.{node.name}"


def test_inversions_are_the_registered_ones() -> None:
    assert set(inversions()) == {
        "partners.mended.register_mended",
        "partners.sheet.register_reader",
        "partners.used.register_use_reader",
        "delivery.readmission.register_readmission",
    }
    source = (ROOT / "distribution/apps.py").read_text()
    assert all(name.rpartition(".")[2] in source for name in inversions())


def test_inversion_reader_is_registered_by_distribution() -> None:
    config = apps.get_app_config("distribution")
    assert isinstance(config, DistributionConfig)
    assert type(sheet.reader()).__module__.startswith("distribution.")


def backward_keys() -> Iterator[str]:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey | OneToOneField | ManyToManyField):
                continue
            target = field.related_model
            if not isinstance(target, str) and _goes_up(model.__module__, target.__module__):
                yield f"{model.__name__}.{field.name}"


def _goes_up(source: str, target: str) -> bool:
    own, other = height(source), height(target)
    return own is not None and other is not None and other < own


def test_backward_keys_are_the_jobs_two() -> None:
    assert set(backward_keys()) == {"Job.lead", "Job.assignment"}


def test_backward_keys_are_named_by_strings() -> None:
    """The model class would be an import from above."""
    source = (ROOT / "delivery/models/job.py").read_text()
    assert '"distribution.Lead"' in source
    assert '"distribution.Assignment"' in source


def test_signals_are_the_two_of_the_design() -> None:
    found = set()
    for path in python_files(*LINE, "leadflip"):
        for node in tree(path).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and _makes_signal(node.value):
                found.add(module_name(path))
    assert found <= {"delivery.signals", "portal.signals"}


def _makes_signal(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == Signal.__name__
