"""Who started an RDS instance, from the events that AWS keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model import Unknown
from makers.cases import resource
from reapers.kinds.aws_database_starts import started_by

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BY_AWS = "The DB instance is being started due to it exceeding the maximum allowed time being stopped."
STOPPED, STARTED = "DB instance stopped", "DB instance started"


class Events:
    """A cell that has these events, an hour apart, the last of them first."""

    def __init__(self, *messages: str) -> None:
        self.messages = messages

    def pages(self, *_: Any, **asked: Any) -> Iterator[dict[str, Any]]:
        assert asked["Duration"] == 20160, "without one RDS tells of the last hour"
        for hour, message in reversed(list(enumerate(self.messages))):
            yield {"SourceIdentifier": "ledger", "Message": message, "Date": NOW + timedelta(hours=hour)}


def starter(*messages: str, state: str = "available", id: str = "ledger") -> object:
    found = started_by(Events(*messages), [resource("aws.rds_instance", id, fields={"state": state})])  # type: ignore[arg-type]  # a cell that only lists
    return found.get(id)


@pytest.mark.parametrize(
    ("messages", "by"),
    [
        ((STOPPED, BY_AWS, STARTED), "provider"),
        ((STOPPED, STARTED), "somebody"),
        ((BY_AWS, STARTED, STOPPED, STARTED), "somebody"),
        ((STARTED, STOPPED, BY_AWS), "provider"),
        (("Backing up DB instance", STARTED), "somebody"),  # the stop is more than 14 days ago
    ],
)
def test_the_last_start_counts(messages: tuple[str, ...], by: str) -> None:
    assert starter(*messages) == by


@pytest.mark.parametrize("messages", [(), (STOPPED,), (STARTED, STOPPED), ("Backing up DB instance",)])
def test_where_no_event_tells_it_is_not_known(messages: tuple[str, ...]) -> None:
    assert isinstance(starter(*messages), Unknown)


def test_another_instance_s_events_say_nothing() -> None:
    assert isinstance(starter(STOPPED, STARTED, id="other"), Unknown)


def test_while_it_is_starting_it_is_not_known_and_stopped_it_has_none() -> None:
    assert isinstance(starter(STOPPED, BY_AWS, state="starting"), Unknown)
    assert starter(STOPPED, BY_AWS, state="stopped") is None
