"""The production form, read as a file: what `docker-compose.yml` and `Dockerfile` promise."""

import re
from typing import Any

import pytest
import yaml

from tests.architecture.project import ROOT
from tests.architecture.test_configure import in_settings

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate")
SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DIGEST_KEYS", "DATABASE_URL", "REDIS_URL")
# What the form itself decides or demands, and what is for `make run` alone.
NOT_PASSED = {"DEMO", "ALLOWED_HOSTS", "BASE_URL", "HTTPS"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_services_are_the_six() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "valkey"}


@pytest.mark.parametrize("service", OURS)
def test_own_services_are_confined(service: str) -> None:
    form = SERVICES[service]
    assert form["read_only"] is True
    assert form["tmpfs"] == ["/tmp"]
    assert form["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in form["security_opt"]
    assert form["stop_grace_period"] == "30s"
    assert not {"privileged", "user", "network_mode"} & set(form)


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_services_wait_for_the_migration_and_the_servers(service: str) -> None:
    waits = {name: wait["condition"] for name, wait in SERVICES[service]["depends_on"].items()}
    assert waits == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "valkey": "service_healthy",
    }


def test_migration_runs_once_and_waits_for_the_database_alone() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    assert set(SERVICES["migrate"]["depends_on"]) == {"postgres"}
    assert SERVICES["migrate"]["command"] == ["python", "manage.py", "migrate", "--no-input"]


@pytest.mark.parametrize("service", ["web", "worker", "beat", "postgres", "valkey"])
def test_lasting_services_have_a_health_check_and_start_again(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"]
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_worker_can_be_scaled() -> None:
    """A fixed name, a fixed port or a fixed host name would stand in the way of a second one."""
    assert not {"container_name", "hostname", "ports", "deploy"} & set(SERVICES["worker"])


def test_beat_is_one_and_no_worker_runs_it_too() -> None:
    assert SERVICES["beat"]["deploy"] == {"replicas": 1}
    assert not {"-B", "--beat"} & set(SERVICES["worker"]["command"])


def test_only_the_web_server_is_reached_from_outside_and_only_from_this_host() -> None:
    assert {name for name, form in SERVICES.items() if form.get("ports")} == {"web"}
    assert SERVICES["web"]["ports"] == ["${WEB_ADDRESS:-127.0.0.1:8000}:8000"]


@pytest.mark.parametrize("service", OURS)
@pytest.mark.parametrize("name", SECRETS)
def test_secrets_have_no_default(service: str, name: str) -> None:
    value = SERVICES[service]["environment"][name]
    assert re.search(r"\$\{\w+:\?[^}]+\}", value)
    assert ":-" not in value


def test_servers_need_their_passwords() -> None:
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert SERVICES["valkey"]["environment"]["VALKEY_PASSWORD"].startswith("${VALKEY_PASSWORD:?")
    assert "${VALKEY_PASSWORD}" in SERVICES["valkey"]["command"]


def test_demo_is_not_on() -> None:
    assert "DEMO" not in str(COMPOSE)


def test_image_runs_as_an_unprivileged_user_without_secrets() -> None:
    last_stage = DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^USER leadflip$", last_stage, re.M)
    assert "SECRET_KEY" not in last_stage
    assert not re.search(r"^(ARG|ENV) .*(KEY|PASSWORD|URL)", DOCKERFILE, re.M)


def test_image_is_built_from_the_lock_with_hashes() -> None:
    assert "--require-hashes" in DOCKERFILE


def test_image_holds_what_runs_and_nothing_else() -> None:
    """Everything is left out but what is named: no `.env`, no history, no state folder can slip in."""
    entries = (ROOT / ".dockerignore").read_text().split("\n")
    lines = [line for line in entries if line and not line.startswith("#")]
    assert lines[0] == "*"
    taken = {line[1:] for line in lines if line.startswith("!")}
    assert {"distribution", "delivery", "portal", "partners", "leadflip", "manage.py"} <= taken
    assert not {".env", ".git", ".leadflip", ".venv", "tests"} & taken
    assert all((ROOT / name).exists() for name in taken)


@pytest.mark.parametrize("name", sorted(in_settings().keys() - NOT_PASSED))
def test_every_setting_reaches_the_containers_with_its_own_default(name: str) -> None:
    """What somebody writes into `.env` would else hold for nobody, and nothing would say so."""
    written = str(SERVICES["web"]["environment"][name])
    default = re.fullmatch(rf"\$\{{{name}:-(.*)\}}", written)
    assert default, written
    assert default[1] == in_settings()[name]
