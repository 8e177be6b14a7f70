import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from leadflip.run.errors import StartError
from leadflip.run.state import PROJECT, Place, State

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another account")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> State:
    state = State(tmp_path / "deep" / "state")
    state.prepare()
    return state


def test_current_is_the_named_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADFLIP_STATE", "/srv/leadflip")
    assert State.current().root == Path("/srv/leadflip")


def test_current_counts_from_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADFLIP_STATE", ".leadflip/other")
    assert State.current().root == PROJECT / ".leadflip" / "other"


def test_current_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADFLIP_STATE", raising=False)
    assert State.current().root == PROJECT / ".leadflip"


def test_prepare_closes_the_folder(folder: State) -> None:
    assert mode(folder.root) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(folder.root / "log") == 0o700


def test_prepare_leaves_an_older_folder_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    State(tmp_path).prepare()
    assert mode(tmp_path) == 0o755


@as_root
def test_prepare_refuses_the_folder_of_another(folder: State) -> None:
    os.chown(folder.root, 65534, 65534)
    with pytest.raises(StartError, match="belongs to nobody and this runs as root"):
        folder.prepare()


def test_files_are_for_their_owner_alone(folder: State) -> None:
    folder.password("postgres")
    folder.keys()
    folder.put("valkey", Place(1, 2))
    files = [path for path in folder.root.iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"postgres.password", "keys.json", "valkey.json"}
    assert {mode(path) for path in files} == {0o600}


def test_keys_are_kept(folder: State) -> None:
    assert folder.keys() == State(folder.root).keys()


def test_keys_are_well_formed(folder: State) -> None:
    keys = folder.keys()
    Fernet(keys["ENCRYPTION_KEYS"][0])
    assert len(base64.b64decode(keys["DIGEST_KEYS"][0], validate=True)) == 32
    assert len(keys["SECRET_KEY"]) >= 50


def test_keys_make_the_folder(tmp_path: Path) -> None:
    assert State(tmp_path / "new").keys()


def test_keys_are_made_once_by_many(tmp_path: Path) -> None:
    state = State(tmp_path / "new")
    state.prepare()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: str(state.keys()), range(32)))
    assert len(set(made)) == 1


def test_installations_differ(folder: State, tmp_path: Path) -> None:
    other = State(tmp_path / "other")
    assert folder.keys()["SECRET_KEY"] != other.keys()["SECRET_KEY"]
    assert folder.password("valkey") != other.password("valkey")
    assert folder.password("valkey") != folder.password("postgres")


def test_urls_are_none_while_nothing_runs(folder: State) -> None:
    assert (folder.database_url(), folder.redis_url()) == (None, None)


def test_urls_are_none_after_a_stop(folder: State) -> None:
    folder.put("postgres", Place(5432))
    folder.put("valkey", Place(6379))
    assert (folder.database_url(), folder.redis_url()) == (None, None)


def test_urls_name_what_runs(folder: State) -> None:
    folder.put("postgres", Place(5001, os.getpid()))
    folder.put("valkey", Place(5002, os.getpid()))
    password = folder.password("postgres")
    assert folder.database_url() == f"postgres://leadflip:{password}@127.0.0.1:5001/leadflip"
    assert folder.redis_url(3) == f"redis://:{folder.password('valkey')}@127.0.0.1:5002/3"


def test_write_replaces_in_one_step(folder: State) -> None:
    folder.write("run", {"port": 1})
    with pytest.raises(TypeError):
        folder.write("run", {"port": object()})
    assert folder.read("run") == {"port": 1}
    assert not [path for path in folder.root.iterdir() if path.name.startswith(".run")]
