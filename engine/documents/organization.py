"""Organization: the estate and the ceilings. What is left out has the contract's default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.documents.draft import Draft, World
from engine.documents.hours import hours_of
from engine.documents.limits import decimal, limits_of
from engine.duration import parse_duration
from engine.model import Mode
from engine.policy import (
    ORGANIZATION_LIMITS,
    AccountRow,
    Approval,
    Environment,
    Grace,
    Limits,
    Organization,
    Protect,
)

SPANS = {
    "persistence_over": ("persistence", "over"),
    "min_age": ("min_age",),
    "approve_by": ("approvals", "approve_by"),
    "execute_by": ("approvals", "execute_by"),
    "snooze": ("keep", "snooze"),
    "keep": ("keep", "keep"),
    "undo": ("undo",),
    "longest_exemption": ("exemptions", "longest"),
}
"""Which durations of the document are which of the value."""

COUNTS = {
    "persistence_scans": ("persistence", "scans"),
    "snoozes": ("keep", "snoozes"),
    "review_resources": ("review", "resources"),
}


def build(draft: Draft, world: World) -> Organization:
    """The value of the Organization document."""
    spec = draft.spec
    _teams(draft, world)
    limits: Mapping[str, Any] = spec.get("limits", {})
    return Organization(
        meta=draft.meta(),
        platform=tuple(spec["platform"]),
        accounts=tuple(_account(row) for row in spec.get("accounts", ())),
        environments=_environments(draft),
        protect=Protect(**{name: tuple(values) for name, values in spec.get("protect", {}).items()}),
        hours=hours_of(draft),
        grace=Grace(**{name: parse_duration(text) for name, text in spec.get("grace", {}).items()}),
        limits=limits_of(limits, ORGANIZATION_LIMITS),
        total=limits_of(limits.get("organization", {}), Limits()),
        **_settings(spec),
    )


def _settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The single values that are written; the others keep their defaults."""
    spans = {name: parse_duration(text) for name, path in SPANS.items() if (text := _at(spec, path)) is not None}
    counts = {name: count for name, path in COUNTS.items() if (count := _at(spec, path)) is not None}
    dollars = _at(spec, ("review", "dollars"))
    return {**spans, **counts, **({} if dollars is None else {"review_dollars": decimal(dollars)})}


def _at(spec: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value at a path, None where it is left out."""
    found: Any = spec
    for key in path:
        found = found.get(key) if found is not None else None
    return found


def _account(row: Mapping[str, Any]) -> AccountRow:
    return AccountRow(
        match=row["match"],
        environment=row.get("environment", ""),
        team=row.get("team", ""),
        mode=Mode(row.get("mode", Mode.OBSERVE)),
    )


def _teams(draft: Draft, world: World) -> None:
    for index, team in enumerate(draft.spec["platform"]):
        draft.team(team, ("spec", "platform", index), world)
    for index, row in enumerate(draft.spec.get("accounts", ())):
        if "team" in row:
            draft.team(row["team"], ("spec", "accounts", index, "team"), world)


def _environments(draft: Draft) -> Mapping[str, Environment]:
    found = {}
    for name, written in draft.spec.get("environments", {}).items():
        needs = {rung: Approval(need) for rung, need in written.get("approval", {}).items()}
        silent = written.get("silent_delete", False)
        if needs.get("delete") is Approval.NONE and not silent:
            message = f"nobody would be asked before a deletion in {name}"
            path = ("spec", "environments", name, "approval", "delete")
            draft.error("approval", path, message, "add silent_delete: true if that is meant, else write owner")
        found[name] = Environment(silent_delete=silent, **needs)
    return found
