"""Every kind is put through the contract in the world of its cloud: a double with one account (demo/world.py)."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator

import pytest

from demo.world import World
from reapers.kind import Kind, kinds

WORLDS = {"aws": ("demo.aws.world", "AWSWorld"), "gcp": ("demo.gcp.world", "GCPWorld")}
"""Cloud -> the module and class of its world."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `kind` runs for each of them; a module's NEEDED says which acts a kind must have for a test."""
    needed = getattr(metafunc.module, "NEEDED", {}).get(metafunc.function.__name__, ())
    if "kind" in metafunc.fixturenames:
        able = {name: kind for name, kind in kinds().items() if set(needed) <= set(kind.acts)}
        metafunc.parametrize("kind", able.values(), ids=able)


@pytest.fixture
def world(kind: Kind) -> Iterator[World]:
    module, name = WORLDS[kind.cloud]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{kind.cloud} has no world yet")
    made: World = getattr(importlib.import_module(module), name)()
    yield made
    made.stop()
