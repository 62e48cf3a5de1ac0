"""Everything that the code imports is declared: in the core for engine, reapers and api, in the demo's extra for demo."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"engine", "reapers", "api", "demo"}
INSTALLED = packages_distributions()
BROUGHT = {
    "botocore",
    "s3transfer",
    "google-api-core",
    "pydantic",
    "pydantic-core",
    "starlette",
    "markupsafe",
    "werkzeug",
    "urllib3",
    "protobuf",
    "proto-plus",
}
"""What a declared distribution promises to bring because it is part of what it hands out (boto3's errors are botocore's)."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0]).lower()


def declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {canonical(line) for line in lines} | BROUGHT


def imported(folder: Path) -> Iterator[tuple[str, str]]:
    """(module, file) of every absolute import, wherever it stands in the file."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((alias.name, str(path.relative_to(ROOT))) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module, str(path.relative_to(ROOT))
                if node.module == "google.cloud":
                    yield from ((f"google.cloud.{alias.name}", str(path.relative_to(ROOT))) for alias in node.names)


def distributions(module: str) -> set[str]:
    """Which distributions bring a module. `google` is shared by many: their modules are told apart below it."""
    if module.startswith("google."):
        known = {
            "google.auth": "google-auth",
            "google.oauth2": "google-auth",
            "google.api_core": "google-api-core",
            "google.protobuf": "protobuf",
            "google.cloud.compute_v1": "google-cloud-compute",
            "google.cloud.resourcemanager_v3": "google-cloud-resource-manager",
        }
        return {name for prefix, name in known.items() if module.startswith(prefix) or prefix.startswith(f"{module}.")}
    return {canonical(name) for name in INSTALLED.get(module.split(".")[0], ())}


@pytest.mark.parametrize(
    ("package", "extras"),
    [("engine", ()), ("reapers", ("postgres", "cluster")), ("api", ("postgres",)), ("demo", ("demo",))],
)
def test_what_is_imported_is_declared(package: str, extras: tuple[str, ...]) -> None:
    allowed = declared(*extras)
    undeclared = {
        f"{module} in {file}"
        for module, file in imported(ROOT / package)
        if module.split(".")[0] not in sys.stdlib_module_names | OURS and not distributions(module) & allowed
    }
    assert not undeclared


def test_every_declared_dependency_is_used() -> None:
    used = {name for package in OURS for module, _ in imported(ROOT / package) for name in distributions(module)}
    by_name = {"tzdata", "uvicorn", "alembic"}  # loaded by zoneinfo, by its own command, by the migrations
    through = {"boto3"} if "botocore" in used else set[str]()  # boto3 is the name under which people pin botocore
    assert declared() - BROUGHT - by_name - through <= used
