"""owners.map: CODEOWNERS syntax over cloud/account/region/kind/name. The last line that matches wins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.documents.draft import World
from engine.problem import Problem, Severity
from engine.suggest import did_you_mean

Rules = tuple[tuple[str, str], ...]

WORD = re.compile(r"(?:\\.|[^\s\\])+")
"""A backslash keeps the blank or # behind it."""

Found = tuple[int, int, str, str]
"""Line, column, message, hint."""


def rules_of(file: str, world: World, problems: list[Problem]) -> Rules:
    """The rules of a map file in their order: (pattern, team), "" for nobody. Problems are added with their own lines."""
    rules: list[tuple[str, str]] = []
    for number, line in enumerate(world.files[file].splitlines(), 1):
        words = [(match.start() + 1, match.group()) for match in WORD.finditer(_uncommented(line))]
        if not words:
            continue
        found = list(_faults(number, words, world))
        problems.extend(
            Problem(file, at, column, Severity.ERROR, "owners-map", message, hint) for at, column, message, hint in found
        )
        if not found:
            rules.append((words[0][1], _team(words[1][1], world) if len(words) > 1 else ""))
    return tuple(rules)


def _uncommented(line: str) -> str:
    return re.sub(r"(?:^|(?<=\s))#.*", "", line)


def _faults(number: int, words: list[tuple[int, str]], world: World) -> Iterator[Found]:
    (column, pattern), owners = words[0], words[1:]
    if pattern.startswith("!") or "[" in pattern:
        yield (
            number,
            column,
            f"CODEOWNERS has no {'!' if pattern.startswith('!') else '[ ]'} in patterns",
            "write one line for each",
        )
    if len(owners) > 1:
        yield number, owners[1][0], "a line names one team", "take the others out: one team answers for a resource"
    for at, owner in owners[:1]:
        if world.complete and _team(owner, world) not in world.teams.values():
            hint = did_you_mean(owner.removeprefix("@"), world.teams) or "add a Team document of that name"
            yield number, at, f"there is no team {owner!r}", hint


def _team(owner: str, world: World) -> str:
    """@payments, @acme/payments, an alias or a person's address stand for the team."""
    plain = owner.removeprefix("@").rsplit("/", 1)[-1]
    return world.teams.get(plain.lower(), plain)
