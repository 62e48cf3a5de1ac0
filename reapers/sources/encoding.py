"""Encoding a snapshot right after its scan, so that nobody waits for its columns when a change is compared."""

from __future__ import annotations

from collections.abc import Iterator

from engine.columns import Columns
from engine.condition import Condition
from engine.judge import protects
from engine.ladder import CLOUD_PROTECTIONS
from engine.managed import speaks
from engine.owner import DEFAULT_SOURCES
from engine.policy import TTL, Exemption, Meta, PolicySet, Reap
from engine.view import NAMING
from reapers.sources.codes import names_of, open_columns
from reapers.sources.errors import SnapshotError
from reapers.sources.snapshots import Store


def encode(store: Store, ident: str, policies: PolicySet) -> None:
    """Make the columns that every commit needs, and those of the fields and tags that these policies name.

    SnapshotError where that fails; the snapshot itself is whole, and the first reader tries again. Takes seconds for a million
    resources and DuckDB's memory: they are never all values of Python at the same time.
    """
    try:
        with store.folder(ident) as folder:
            columns = open_columns(folder, policies.kinds)
            open_columns(folder, policies.kinds, needed(columns, policies))
    except OSError as error:
        raise SnapshotError(f"The columns of the inventory {ident[:12]} could not be kept: {error.strerror}.") from error


def needed(columns: Columns, policies: PolicySet) -> list[str]:
    """The columns that judging by these policies looks at, besides those that all policies do."""
    conditions = list(_conditions(policies))
    fields = {name for condition in conditions for name in condition.fields}
    keys = {key for condition in conditions for key in condition.tag_keys}
    read = _read(policies)
    keys |= {key for key in columns.tag_keys if key.lower() in read or speaks(key) or _protects(key, policies)}
    return names_of(sorted(fields | {*NAMING, *CLOUD_PROTECTIONS}), sorted(keys))


def _conditions(policies: PolicySet) -> Iterator[Condition]:
    documents: list[Reap | Exemption] = [*policies.reaps.values(), *policies.exemptions]
    return (one.selects.when for one in documents if one.selects.when is not None)


def _read(policies: PolicySet) -> set[str]:
    """Tag keys that owners and lifetimes are read from, in lower case."""
    sources = policies.ownership.sources if policies.ownership else DEFAULT_SOURCES
    lifetimes = policies.ttl or TTL(meta=Meta(name=""), tags=())
    return {key.lower() for key in (*(key for source in sources for key in source.tags), *lifetimes.tags)}


def _protects(key: str, policies: PolicySet) -> bool:
    return protects(key, policies.organization.protect.tags)
