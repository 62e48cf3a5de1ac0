"""What editors and hooks run at every save starts fast, because it imports nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    "alembic", "boto3", "botocore", "duckdb", "fastapi", "google", "holidays", "jinja2", "numpy", "prometheus_client", "pydantic",
    "requests", "slack_sdk", "sqlalchemy", "uvicorn",
}  # fmt: skip
SHOWS = "print(*{name.split('.')[0] for name in sys.modules}); sys.exit(code)"
PROGRAM = f"import sys; from api.main import run; code = run(sys.argv[1:]); {SHOWS}"
ONE_FILE = "policies/reap/aws/ebs-unattached.yaml"


def modules(*words: str) -> set[str]:
    """The top-level modules that a command has loaded when it is done."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    *said, loaded = done.stdout.splitlines()
    assert done.returncode == 0, said
    return set(loaded.split())


@pytest.mark.parametrize("words", [("validate", ONE_FILE), ("kinds",), ("permissions", "aws", "--role", "scan")])
def test_needs_no_sdk_no_database_and_no_server(words: tuple[str, ...]) -> None:
    assert not modules(*words) & HEAVY


def test_help_does_not_even_load_the_engine() -> None:
    assert not modules("--version") & (HEAVY | {"yaml", "re2"})
    assert "yaml" not in modules("--help")
