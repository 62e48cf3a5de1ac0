"""A recorded forge, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from makers.recorded import Recorded, replaying
from reapers.sources.forge import GitHub
from reapers.sources.forge_gitlab import GitLab


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    with replaying() as running:
        yield running


@pytest.fixture
def github(recorded: Recorded) -> GitHub:
    return GitHub("acme/policies", "ghs_secret", recorded.url)


@pytest.fixture
def gitlab(recorded: Recorded) -> GitLab:
    recorded.me = "sexton-bot"
    return GitLab("28", "glpat-secret", recorded.url)
