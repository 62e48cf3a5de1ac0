"""The fields that every kind has, and the table of one kind: what a condition on it may name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.model import Field, KindTable

COMMON: Mapping[str, Field] = {
    "id": Field(type="string", doc="The provider's id, unique in its account and region."),
    "name": Field(type="string", doc="What people call it: the Name tag or the provider's name, else the id."),
    "kind": Field(type="string", doc="The kind, such as aws.ebs_volume."),
    "account": Field(type="string", doc="The AWS account id or the GCP project id."),
    "region": Field(type="string", doc="The location as the cloud names it: a region, a zone, or `global`."),
    "tags": Field(type="tags", doc="Tags (AWS) or labels (GCP): tags.owner, tags['cost-center']."),
    "environment": Field(
        type="string", optional=True, doc="From the account's row in the Organization; absent where no row matches or names one."
    ),
    "team": Field(type="string", doc="Whom to tell: always one, at last the first platform team."),
    "owner": Field(type="string", optional=True, doc="The owning team; absent when no source that counts names one."),
    "owner_source": Field(type="string", optional=True, doc="Which source named the owner: tag, map, backstage, iac."),
    "ttl_days_left": Field(
        type="double", optional=True, unit="days", doc="Until its lifetime ends, negative afterwards; absent where it has none."
    ),
    "ttl_source": Field(type="string", optional=True, doc="Where the lifetime comes from: tag or rule."),
    "ttl_invalid": Field(type="bool", doc="Whether its TTL tag cannot be read; ttl_days_left is unknown then."),
    "age_days": Field(type="double", unit="days", doc="Since it was created, else since Sexton first saw it."),
    "idle_days": Field(
        type="double",
        optional=True,
        unit="days",
        doc="Since its main negative fact (detached, stopped) has been observed without a gap.",
    ),
    "monthly_dollars": Field(
        type="double", optional=True, unit="USD", doc="Its list price for a month; unknown where there is no price."
    ),
    "terraform_state": Field(
        type="string",
        optional=True,
        doc="Its address in the Terraform state files that were given, `none` where it is in none of them; absent without any.",
    ),
    "managed_by": Field(
        type="string", optional=True, doc="The stack, state file or controller that manages it; absent where none does."
    ),
}


def table_of(kind: KindTable) -> Mapping[str, Field]:
    """Everything that a condition on this one kind may name. A kind without a negative fact has no `idle_days`."""
    shared = {name: field for name, field in COMMON.items() if name != "idle_days" or kind.main_fact}
    return {**shared, **kind.fields}


def tables_of(kinds: Iterable[KindTable]) -> Sequence[Mapping[str, Field]]:
    """The table of each kind of a list; a condition is checked against all of them, and `kind` is one of their names."""
    several = tuple(kinds)
    of_kind = {"kind": _kind_field(kind.name for kind in several)}
    return [{**table_of(kind), **of_kind} for kind in several]


def wildcard_table(names: Iterable[str]) -> Mapping[str, Field]:
    """What a condition on a pattern of kinds may name: the common fields only. `names` are the kinds that it matches."""
    return {**COMMON, "kind": _kind_field(names)}


def _kind_field(names: Iterable[str]) -> Field:
    return replace(COMMON["kind"], enum=tuple(sorted(names)))
