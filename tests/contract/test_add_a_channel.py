"""docs/add-a-channel.md is followed in a copy of the project: a channel that writes a file a lead.

What it touches is named on the page; the contract's tests, the checks and a delivery then pass there.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.project import ROOT
from tests.processes import environment

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

PAGE = (ROOT / "docs/add-a-channel.md").read_text()
PARTS = ("delivery", "distribution", "leadflip", "partners", "portal", "static", "templates", "tests")
FILES = ("manage.py", "pyproject.toml")

SETTINGS = """
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from partners.kinds.base import KindForm, KindSpec


@dataclass(frozen=True, slots=True)
class FolderConfig:
    folder: str = ""


class FolderForm(KindForm):
    folder = forms.CharField(label=_("Folder"))


class FolderKind(KindSpec[FolderConfig]):
    key = "folder"
    label = _("Folder")
    best_for = _("Partners in the next room")
    about = _("Each lead is a file in this folder.")
    form = FolderForm

    def load(self, config: Mapping[str, Any]) -> FolderConfig:
        return FolderConfig(str(config.get("folder") or ""))
"""
CHANNEL = """
from pathlib import Path

from delivery.channels.base import Message, Parcel, Receipt, Temporary
from partners.kinds.folder import FolderConfig


class FolderChannel:
    def render(self, parcel: Parcel[FolderConfig]) -> Message:
        lines = [f"{cell.label}: {cell.value}" for cell in parcel.cells]
        return Message("\\n".join(lines).encode(), content_type="text/plain")

    async def send(self, message: Message, parcel: Parcel[FolderConfig]) -> Receipt:
        folder = Path(parcel.config.folder)
        if not folder.is_dir():
            raise Temporary("refused", "The folder is not there.")
        (folder / str(parcel.id)).write_bytes(message.body)
        return Receipt()
"""
KIT = """
import tempfile
from contextlib import ExitStack
from pathlib import Path

from delivery.channels.folder import FolderChannel
from partners.kinds.folder import FolderConfig
from tests.contract.kit import Kit


class FolderKit(Kit):
    key = "folder"

    def start(self, stack: ExitStack) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "leads"
        self.gone = self.folder.with_name("gone")
        self.folder.mkdir()
        self.away = False

    def channel(self) -> FolderChannel:
        if self.away:
            self.folder.rename(self.gone)
        elif self.gone.exists():
            self.gone.rename(self.folder)
        self.away = False
        return FolderChannel()

    def config(self) -> FolderConfig:
        return FolderConfig(str(self.folder))

    def refuse_for_now(self) -> None:
        self.away = True

    def arrived(self) -> list[str]:
        return [file.read_text() for file in sorted(self.folder.iterdir())]

    def ids(self) -> list[str]:
        return [file.name for file in sorted(self.folder.iterdir())]
"""
# A lead by the new channel, with the engine, the form, the log and the preview of the copy.
WHOLE = """
import asyncio

import pytest
from django.urls import reverse

from delivery.engine.engine import Engine
from delivery.models import Job
from tests import factories as f
from tests.delivery.engine.parts import due_job

pytestmark = pytest.mark.django_db(transaction=True)


def deliver():
    async def run():
        async with Engine() as engine:
            await engine.run_once()

    asyncio.run(run())


def test_lead_is_delivered_into_the_folder(desk, tmp_path):
    entity = f.EntityFactory.create(display_field="name")
    f.make_fields(entity, name="text")
    row = f.DeliverySettingsFactory.create(kind="folder", config={"folder": str(tmp_path)})
    row.partner.default_settings = row
    row.partner.save()
    job = due_job(row, lead=f.LeadFactory.create(entity=entity, values={"name": "Ada"}))
    deliver()
    job.refresh_from_db()
    assert job.status == "delivered"
    assert (tmp_path / str(job.id)).read_text() == "Name: Ada"
    assert "Folder" in desk.get(reverse("delivery:log"), {"channel": "folder"}).content.decode()
    assert "The folder has it." in desk.get(reverse("delivery:job", args=[job.id])).content.decode()
    form = desk.get(reverse("admin:partners_partner_change", args=[row.partner_id])).content.decode()
    assert "Partners in the next room" in form
    assert str(tmp_path) in form
"""


class Copy:
    """The project in another folder; what is changed in it is noted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.touched: list[str] = []
        for part in PARTS:
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
        for file in FILES:
            shutil.copy(ROOT / file, root / file)

    def write(self, path: str, text: str) -> None:
        """A file of one's own."""
        (self.root / path).write_text(text.lstrip())
        self.touched.append(path.replace("folder.py", "<kind>.py"))

    def insert(self, path: str, after: str, text: str) -> None:
        """`text` behind what the pattern `after` finds once."""
        file = self.root / path
        changed, times = re.subn(rf"({after})", lambda found: found[1] + text, file.read_text(), count=1)
        assert times == 1, f"{path} has no {after}"
        file.write_text(changed)
        self.touched.append(path)

    def run(self, *command: str) -> None:
        """A command there, with the test run's servers."""
        more = {"PYTHONPATH": str(self.root), "LEADFLIP_STATE": str(self.root / "state")}
        variables = environment(more)
        # Its tests make a database of their own beside ours.
        variables["DATABASE_URL"] = f"{variables['DATABASE_URL']}_folder"
        for name in [name for name in os.environ if name.startswith(("PYTEST_", "DJANGO_SETTINGS"))]:
            variables.pop(name, None)
        ran = subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]


def follow(copy: Copy) -> None:
    """The page's steps, by their numbers."""
    # 1
    copy.insert(
        "partners/models/settings.py",
        r'PORTAL = "portal", _\("Portal"\)\n',
        '    FOLDER = "folder", _("Folder")\n',
    )
    # 2
    copy.write("partners/kinds/folder.py", SETTINGS)
    copy.insert(
        "partners/kinds/__init__.py",
        r"from partners\.kinds\.email import EmailKind\n",
        "from partners.kinds.folder import FolderKind\n",
    )
    copy.insert(
        "partners/kinds/__init__.py",
        r"PortalKind\.key: PortalKind\(\),\n",
        "    FolderKind.key: FolderKind(),\n",
    )
    copy.insert(
        "static/admin.css",
        r'(?=form:has\(\[name\$="-method"\]\[value="webhook"\]:checked\) \.for-webhook,)',
        'form:has([name$="-method"][value="folder"]:checked) .for-folder,\n',
    )
    # 3
    copy.write("delivery/channels/folder.py", CHANNEL)
    copy.insert(
        "delivery/channels/__init__.py",
        r"import EmailChannel\n",
        "    from delivery.channels.folder import FolderChannel\n",
    )
    copy.insert("delivery/channels/__init__.py", r'"email": EmailChannel, ', '"folder": FolderChannel, ')
    # 4
    copy.insert(
        "delivery/preview.py",
        r"_SHOWN = \{",
        '"folder": lambda message, parcel: Preview(kind="folder", text=message.body.decode()), ',
    )
    copy.insert(
        "delivery/pages/trials.py", r"_DELIVERED = \{\n", '    Kind.FOLDER: _("The folder has it."),\n'
    )
    copy.insert(
        "delivery/pages/actions.py",
        r"AGAIN: Mapping\[str, Any\] = \{\n",
        '    "folder": gettext_lazy("The folder has it."),\n',
    )
    copy.insert(
        "static/icons.svg",
        r"<defs>\n",
        '<symbol id="folder" viewBox="0 0 16 16"><path d="M2 4h12v8H2z"/></symbol>\n',
    )
    # 5
    copy.write("tests/contract/kinds/folder.py", KIT)
    copy.insert(
        "tests/contract/kinds/__init__.py",
        r"import EmailKit\n",
        "from tests.contract.kinds.folder import FolderKit\n",
    )
    copy.insert(
        "tests/contract/kinds/__init__.py", r"PortalKit\.key: PortalKit,\n", "    FolderKit.key: FolderKit,\n"
    )


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    """The copy; what was compiled of it for this test run goes with it."""
    yield Copy(tmp_path)
    if sys.pycache_prefix:
        shutil.rmtree(f"{sys.pycache_prefix}{tmp_path}")


def test_a_channel_is_added_by_the_steps_of_the_page(copy: Copy) -> None:
    follow(copy)
    assert [path for path in copy.touched if path not in PAGE] == []
    copy.run("manage.py", "makemigrations", "partners", "delivery")
    (copy.root / "tests/test_folder.py").write_text(WHOLE)
    copy.run(
        "-m",
        "pytest",
        "-q",
        "tests/contract/test_channels.py",
        "tests/partners/test_kinds.py",
        "tests/kit/test_templatetags.py",
        "tests/test_folder.py",
    )
