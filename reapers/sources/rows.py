"""The values of an inventory as rows of plain columns and back, without a loss: unknown, absent and types stay as they were."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.model import Account, CellRead, Gap, Inventory, Key, Outcome, Resource, Source, Unknown
from engine.money import Money

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

Row = tuple[Any, ...]
"""Values in the order of a table's columns: text, whole numbers (of times: microseconds since 1970, UTC), None."""


def microseconds(moment: datetime) -> int:
    """A moment as Parquet keeps it. ValueError for a time without a zone, which could be any moment."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return (moment - EPOCH) // MICROSECOND


def moment_of(value: int) -> datetime:
    """The moment, aware, UTC."""
    return EPOCH + value * MICROSECOND


def text_of(value: Any) -> str:
    """JSON with sorted keys; what is no number in JSON is refused."""
    return _ENCODER.encode(value)


def storable(inventory: Inventory) -> Inventory:
    """The inventory as it can be kept: a measurement that came as not-a-number or infinity is unknown, in every format."""
    return replace(inventory, id="", resources=tuple(_finite(resource) for resource in inventory.resources))


def _finite(resource: Resource) -> Resource:
    odd = {name: Unknown(f"read as {value}") for name, value in resource.fields.items() if _is_odd(value)}
    return replace(resource, fields={**resource.fields, **odd}) if odd else resource


def _is_odd(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def resource_row(resource: Resource) -> Row:
    """The columns of `resources`. Where tags are unknown the column is NULL and `unknown` says why, as for any field."""
    key, tags, mark = resource.key, resource.tags, resource.fingerprint
    known = {name: value for name, value in resource.fields.items() if not isinstance(value, Unknown)}
    unknown = {name: value.why for name, value in resource.fields.items() if isinstance(value, Unknown)}
    if "tags" in resource.fields:
        raise ValueError(f"{key} has a field named tags beside its tags")
    if isinstance(tags, Unknown):
        unknown["tags"] = tags.why
    identity = (key.cloud, key.kind, key.account, key.region, key.id, key.born, resource.name)
    return (
        *identity,
        None if resource.created is None else microseconds(resource.created),
        None if isinstance(tags, Unknown) else text_of(dict(tags)),
        text_of(known),
        text_of(unknown),
        text_of({name: [source.name, _iso(source.at)] for name, source in resource.sources.items()}),
        text_of({fact: _iso(at) for fact, at in resource.since.items()}),
        microseconds(resource.seen_at),
        *_money_row(resource.monthly_cost),
        None if isinstance(mark, Unknown) else mark,
        mark.why if isinstance(mark, Unknown) else None,
    )


def resource_of(row: Row) -> Resource:
    """A resource from its columns. KeyError, TypeError or ValueError when they do not hold one."""
    _, kind, account, region, ident, born, name, created, tags, known, unknown, sources, since, seen_at, *rest = row
    cost, _, mark, mark_unknown = rest
    whys = json.loads(unknown)
    hidden = Unknown(whys.pop("tags")) if tags is None else None
    return Resource(
        key=Key(kind, account, region, ident, born),
        name=name,
        created=None if created is None else moment_of(created),
        tags=hidden or json.loads(tags),
        fields={**json.loads(known), **{field: Unknown(why) for field, why in whys.items()}},
        seen_at=moment_of(seen_at),
        monthly_cost=money_of(json.loads(cost)),
        fingerprint=Unknown(mark_unknown) if mark is None else mark,
        sources={field: Source(by, _from_iso(at)) for field, (by, at) in json.loads(sources).items()},
        since={fact: _from_iso(at) for fact, at in json.loads(since).items()},
    )


def linking_of(row: Row) -> Resource:
    """A resource of which only that is read by which it can refer to others."""
    kind, account, region, ident, born, name, tags, known, unknown = row
    whys = json.loads(unknown)
    return Resource(
        key=Key(kind, account, region, ident, born),
        name=name,
        created=None,
        tags=Unknown(whys.pop("tags")) if tags is None else json.loads(tags),
        fields={**json.loads(known), **{field: Unknown(why) for field, why in whys.items()}},
        seen_at=EPOCH,
    )


def _money_row(money: Money) -> Row:
    """The exact value as JSON, and dollars for whoever adds up in SQL: NULL where a part has no price, never 0."""
    return exact_of(money), float(money.known) if money.is_known else None


def exact_of(money: Money) -> str:
    """Money as JSON, to the last digit."""
    return text_of({"known": str(money.known), "unpriced": money.unpriced, "why": money.why, "free": money.free})


def money_of(exact: Mapping[str, Any]) -> Money:
    """The money that `exact_of` wrote."""
    return Money(known=Decimal(exact["known"]), unpriced=exact["unpriced"], why=exact["why"], free=exact["free"])


def cell_row(cell: CellRead) -> Row:
    """The columns of `cells`."""
    return cell.kind, cell.account, cell.region, cell.outcome.value, cell.calls, cell.why


def cell_of(row: Row) -> CellRead:
    """A cell from its columns. ValueError for an outcome that this version does not know."""
    kind, account, region, outcome, calls, why = row
    return CellRead(kind, account, region, Outcome(outcome), calls, why)


def gap_row(gap: Gap) -> Row:
    """The columns of `gaps`."""
    return gap.kind, gap.account, gap.region, gap.why


def gap_of(row: Row) -> Gap:
    """A gap from its columns."""
    return Gap(*row)


def account_row(account: Account) -> Row:
    """The columns of `accounts`."""
    return account.cloud, account.id, account.name, text_of(list(account.parents))


def account_of(row: Row) -> Account:
    """An account from its columns."""
    cloud, ident, name, parents = row
    return Account(cloud, ident, name, tuple(json.loads(parents)))


def _iso(moment: datetime) -> str:
    """RFC 3339, UTC, with microseconds."""
    return moment_of(microseconds(moment)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _from_iso(text: str) -> datetime:
    return datetime.fromisoformat(text)
