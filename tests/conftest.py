"""What every test gets: no way out of this machine, nobody's credentials, and one rule for programs that may be missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

GUARD = Path(__file__).parent / "guard"
REQUIRED = frozenset(filter(None, os.environ.get("SEXTON_TEST_REQUIRE", "").split(",")))
"""What may not be missing: `browser`, `prometheus`. .ci/run sets it; elsewhere a test that finds none says so and is skipped."""

GATE = "tests/gate/"
MISSED = "missed when gone"
"""The property of a test that saw a wrong happen without one guard, and only without it: the guard's name."""


def guard() -> ModuleType:
    """The loopback guard, in force from here on. Workers of pytest-xdist already have it from PYTHONPATH."""
    loaded = sys.modules.get("sitecustomize")
    if loaded is not None and hasattr(loaded, "LeftLoopback"):
        return loaded
    spec = importlib.util.spec_from_file_location("sitecustomize", GUARD / "sitecustomize.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)
    return module


LOOPBACK = guard()


def pytest_configure(config: pytest.Config) -> None:
    """One refusal log for each test process, and an environment in which no credentials are to be found."""
    log = Path(tempfile.mkstemp(prefix="loopback-")[1])
    config.add_cleanup(log.unlink)
    os.environ[LOOPBACK.LOG] = str(log)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH", "")]))
    for name in [
        name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "SEXTON_")) and not name.startswith("SEXTON_TEST_")
    ]:
        del os.environ[name]
    # Both SDKs would ask the metadata address of a cloud machine, and read the developer's own files.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["NO_GCE_CHECK"] = "true"
    os.environ["CLOUDSDK_CONFIG"] = os.devnull


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the mutation gate (tests/gate) showed, in one line that CI keeps."""
    ran = [report for how in ("passed", "failed") for report in terminalreporter.getreports(how) if "::" in report.nodeid]
    if any(report.nodeid.startswith(GATE) for report in ran):
        missed = {value for report in ran for name, value in report.user_properties if name == MISSED}
        terminalreporter.write_line(f"{len(missed)} of 24 guards are missed when they are gone")


@pytest.fixture
def refusals() -> Callable[[], list[str]]:
    """Takes what the guard has refused since the last call, here and in child processes: for tests that provoke it."""

    def take() -> list[str]:
        log = Path(os.environ[LOOPBACK.LOG])
        lines = log.read_text().splitlines()
        if lines:
            log.write_text("")
        return lines

    return take


@pytest.fixture(autouse=True)
def nothing_leaves_loopback(refusals: Callable[[], list[str]]) -> Iterator[None]:
    """Fails the test in which a socket tried to, even where the error was handled."""
    yield
    left = refusals()
    if left:
        pytest.fail("left loopback:\n" + "\n".join(left), pytrace=False)


@pytest.fixture(scope="session")
def program() -> Callable[..., str]:
    """`program("prometheus", "promtool")`: the path of a program that `make setup` cannot install.

    The first argument is the name in SEXTON_TEST_REQUIRE; the others are what the program may be called.
    """

    def find(need: str, *names: str) -> str:
        path = next(filter(None, map(shutil.which, names)), None)
        if path:
            return path
        message = f"{' or '.join(names)} is not installed: apt-get install --no-install-recommends {names[0]}"
        if need in REQUIRED:
            pytest.fail(message)
        pytest.skip(message)

    return find
