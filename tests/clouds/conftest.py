"""Two AWS accounts on loopback, which this process's environment points to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.aws.local import LocalAWS

ONE, TWO = "111122223333", "444455556666"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAWS]:
    with LocalAWS([ONE, TWO]) as local:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        for name, value in local.environment().items():
            monkeypatch.setenv(name, value)
        yield local
