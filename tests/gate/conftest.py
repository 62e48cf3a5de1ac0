"""The small world of tests/makers/world.py, made for one test and ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from makers.world import World, small_world


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes a small world with other policies or settings; ends it after the test."""
    with ExitStack() as up:
        yield lambda *files, **more: up.enter_context(small_world(tmp_path / "world", *files, **more))
