"""Who started an RDS instance last: a person, or AWS, which lets none be stopped for longer than seven days.

Both leave events for 14 days. AWS announces its own start (RDS-EVENT-0154, "is being started due to it exceeding the maximum
allowed time being stopped"); both are followed by "DB instance started" (RDS-EVENT-0088). The last stop is RDS-EVENT-0087.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.case import Starter
from engine.model import Field, Resource, Unknown, Value
from reapers.kind import Evidence

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

MINUTES = 14 * 24 * 60
"""RDS keeps events for 14 days; without a duration it tells of the last hour."""

SAYS = (
    ("exceeding the maximum allowed time being stopped", Starter.PROVIDER),
    ("db instance started", Starter.SOMEBODY),
    ("db instance stopped", None),
)
"""What the message of an event holds -> who started it; None for a stop. Event ids are not in the answer of DescribeEvents."""

FIELD = Field(
    type="string",
    optional=True,
    price="call",
    enum=tuple(Starter),
    doc="who started it last: provider where AWS did after seven days, else somebody; absent while it is stopped",
)
PERMISSION = "rds:DescribeEvents"

Found = tuple[datetime, Starter | None]
"""When, and who started it; None for a stop."""


def started_by(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """The last starter of each that runs. Unknown while it is still starting, and where no event tells."""
    running = {resource.key.id: str(resource.fields["state"]) for resource in resources if resource.fields["state"] != "stopped"}
    if not running:
        return {}
    events = _events(cell)
    return {id: _starter(state, events.get(id, [])) for id, state in running.items()}


def _starter(state: str, found: list[Found]) -> Value | Unknown:
    if state != "available":
        return Unknown(f"it is {state} at this moment")
    since = sorted(found, key=lambda each: each[0])
    stops = [number for number, (_, starter) in enumerate(since) if starter is None]
    starters = [starter for _, starter in since[stops[-1] + 1 if stops else 0 :]]
    if not starters:
        return Unknown("RDS has no event that says who started it")
    return str(Starter.PROVIDER if Starter.PROVIDER in starters else Starter.SOMEBODY)


def _events(cell: AWSCell) -> Mapping[str, list[Found]]:
    """Starts and stops by instance."""
    found: dict[str, list[Found]] = {}
    for event in cell.pages("rds", "describe_events", "Events", SourceType="db-instance", Duration=MINUTES):
        message = str(event.get("Message", "")).lower()
        for part, starter in SAYS:
            if part in message:
                found.setdefault(event["SourceIdentifier"], []).append((event["Date"], starter))
    return found


EVIDENCE = Evidence(price="call", source=PERMISSION, read=started_by)
