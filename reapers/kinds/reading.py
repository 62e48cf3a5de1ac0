"""From a provider's answer to a Resource: what every kind does alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from engine.model import Fields, Resource, Source, Unknown, Value, fingerprint


def present(values: Mapping[str, Value | Unknown | None]) -> Fields:
    """The fields that the provider told us; what it left out (None) is absent."""
    return {name: value for name, value in values.items() if value is not None}


def said(raw: Mapping[str, Any], member: str) -> Any:
    """A member that every answer should have; Unknown where one has not."""
    return raw[member] if member in raw else Unknown(f"the answer has no {member}")


def unread(resource: Resource, *names: str) -> str:
    """Why the first of these fields is unknown; "" when none is. Absent is not unknown."""
    values = (resource.fields.get(name) for name in names)
    return next((value.why for value in values if isinstance(value, Unknown)), "")


def number(value: Value | Unknown | None) -> Decimal:
    """A field's number for a price; 0 where it is absent. Ask `unread` first."""
    return Decimal(str(value)) if isinstance(value, (int, float)) else Decimal(0)


def as_read(resource: Resource, source: str, guarded: Iterable[str]) -> Resource:
    """A resource that says where its fields came from (an API operation) and what may not change of it (its fingerprint)."""
    read = Source(source, resource.seen_at)
    sources = dict.fromkeys([*resource.fields, "tags"], read) | dict(resource.sources)
    return replace(resource, fingerprint=fingerprint(resource, guarded), sources=sources)


def moment(value: datetime | str) -> datetime:
    """A provider's time, UTC: an SDK's value, or RFC 3339 text."""
    read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def unused(resource: Resource) -> bool | Unknown:
    """The negative fact of what has a field `in_use`."""
    value = resource.fields["in_use"]
    return value if isinstance(value, Unknown) else not value
