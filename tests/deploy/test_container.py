"""What the container is made of: the same locked versions as everything else, by hash, as somebody who is not root."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
LOCKS = ["requirements.lock", "deploy/requirements.lock", "deploy/build.lock"]


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^[\w.\-\[\]]+==\S+", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.findall(r"://|^--|^-f|/home/|/root/", text, re.MULTILINE)
    blocks = re.split(r"^(?=[\w])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_the_container_has_the_versions_that_were_tested(lock: str) -> None:
    assert pins(lock) <= pins("requirements.lock")


def test_the_container_holds_nothing_for_development() -> None:
    names = {pin.partition("==")[0] for pin in pins("deploy/requirements.lock")}
    assert {"psycopg", "boto3"} <= {name.partition("[")[0] for name in names}
    assert not {"moto", "pytest", "mypy", "ruff", "playwright", "hatchling"} & names


def test_the_container_does_not_run_as_root() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    users = re.findall(r"^USER (\S+)", last, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    assert last.index("USER") < last.index("ENTRYPOINT")


def test_the_container_imports_nothing_from_where_it_stands() -> None:
    assert "PYTHONSAFEPATH=1" in DOCKERFILE


def test_every_installation_in_the_container_checks_hashes_or_takes_our_own_wheel() -> None:
    installs = re.findall(r"pip install ([^\n]*)", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in words or "--no-index /dist/" in words for words in installs)
