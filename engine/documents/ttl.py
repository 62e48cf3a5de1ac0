"""TTL: how long resources may live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.documents.draft import Draft, World, many
from engine.documents.selection import matching, unknown_kind
from engine.duration import parse_duration
from engine.policy import TTL, Duration, TTLRule
from engine.strict_yaml import Path
from engine.suggest import did_you_mean


def build(draft: Draft, world: World) -> TTL:
    """The value of a TTL document."""
    rules = tuple(_rule(draft, world, index, written) for index, written in enumerate(draft.spec.get("rules", ())))
    tags = many(draft.spec.get("tag"))
    return TTL(meta=draft.meta(), tags=tags, rules=rules) if tags else TTL(meta=draft.meta(), rules=rules)


def _rule(draft: Draft, world: World, index: int, written: Mapping[str, Any]) -> TTLRule:
    path: Path = ("spec", "rules", index)
    default, longest = _span(written.get("default")), _span(written.get("longest"))
    if default and longest and default.comparable > longest.comparable:
        message = f"the default lifetime {default} is longer than the longest, {longest}"
        draft.error("ttl", (*path, "default"), message, "shorten it")
    environments, teams = many(written.get("environment")), many(written.get("team"))
    _environments(draft, world, (*path, "environment"), environments)
    for team in teams:
        draft.team(team, (*path, "team"), world)
    return TTLRule(
        environment=environments,
        resource=_kinds(draft, world, (*path, "resource"), many(written.get("resource"))),
        team=teams,
        default=default,
        longest=longest,
    )


def _span(text: str | None) -> Duration | None:
    return None if text is None else parse_duration(text)


def _kinds(draft: Draft, world: World, path: Path, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns as the kinds that they mean."""
    found: set[str] = set()
    for pattern in patterns:
        kinds = matching(pattern, world)
        found |= kinds
        if not kinds:
            unknown_kind(draft, world, pattern, path)
    return tuple(sorted(found))


def _environments(draft: Draft, world: World, path: Path, names: tuple[str, ...]) -> None:
    """A name that is almost an environment of the Organization is a slip. Others may stand: packs serve many organizations."""
    for name in names:
        near = did_you_mean(name, world.environments)
        if world.complete and near and name not in world.environments:
            draft.warning("reference", path, f"no account of the Organization is in the environment {name!r}", near)
