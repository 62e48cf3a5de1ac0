"""Who owns a resource: the first counting source that knows, with every hit kept as evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.model import UNREAD, Account, Key, Resource, Unknown
from engine.policy import AccountRow, OwnerSource, PolicySet

if TYPE_CHECKING:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

DEFAULT_SOURCES = (OwnerSource(source="tag", tags=("owner", "team")), OwnerSource(source="account"))
"""Where owners are read from when there is no Ownership document."""

DEFAULT_COUNTS = ("tag",)

MAGIC = frozenset("*?[")
"""What makes a text a pattern that other texts match, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One hit: the source, what it said, and the team that means (empty when no document knows it)."""

    source: str
    value: str
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who owns it and whom to tell. `owner` is None when no counting source hit, Unknown when one could not be read."""

    team: str
    """Whom to tell; always one: at last the first platform team."""
    owner: str | Unknown | None
    source: str = ""
    evidence: tuple[Evidence, ...] = ()


def resolve(resource: Resource, row: AccountRow, policies: PolicySet) -> Owner:
    """Walk the sources in order. A counting source that answers Unknown ends the walk: what it hides might be the owner."""
    sources = policies.ownership.sources if policies.ownership else DEFAULT_SOURCES
    counts = policies.ownership.counts if policies.ownership else DEFAULT_COUNTS
    evidence: list[Evidence] = []
    unknown: Unknown | None = None
    for source in sources:
        answer = _ask(source, resource, row, policies)
        if isinstance(answer, Unknown):
            if source.source in counts:
                unknown = answer
                break
        else:
            evidence.extend(answer)
    return _conclude(evidence, counts, unknown, row, policies)


def _conclude(
    evidence: list[Evidence], counts: Iterable[str], unknown: Unknown | None, row: AccountRow, policies: PolicySet
) -> Owner:
    counting = next((hit for hit in evidence if hit.source in counts), None)
    telling = counting if counting and counting.team else next((hit for hit in evidence if hit.team), None)
    fallback = row.team or next(iter(policies.organization.platform), "platform")
    team = telling.team if telling else fallback
    if counting:
        return Owner(team=team, owner=counting.team or counting.value, source=counting.source, evidence=tuple(evidence))
    return Owner(team=team, owner=unknown, source="", evidence=tuple(evidence))


def _ask(source: OwnerSource, resource: Resource, row: AccountRow, policies: PolicySet) -> list[Evidence] | Unknown:
    match source.source:
        case "tag":
            return _by_tag(source, resource.tags, policies)
        case "map":
            return _by_map(source, resource.key, resource.name, policies)
        case "account":
            return [_evidence("account", row.team, policies)] if row.team else []
        case other:
            return Unknown(f"owners from {other} are not read yet")


def _by_tag(source: OwnerSource, tags: Mapping[str, str] | Unknown, policies: PolicySet) -> list[Evidence] | Unknown:
    """In the order of the document's keys, without regard to case. Blank values are absent: `owner: ""` hides no `Owner`."""
    if isinstance(tags, Unknown):
        return tags
    lower = {key.lower(): value.strip() for key, value in sorted(tags.items()) if value.strip()}
    values = (lower.get(key.lower(), "") for key in source.tags)
    return [_evidence("tag", value, policies) for value in values if value]


def _evidence(source: str, value: str, policies: PolicySet) -> Evidence:
    team = policies.team(value)
    if team is None:
        team = next((team for team in policies.teams.values() if value.lower() in team.people), None)
    return Evidence(source=source, value=value, team=team.name if team else "")


def teams_by_name(policies: PolicySet) -> Callable[[str], str]:
    """The same look-up of teams for many texts: names and aliases, then people's addresses; empty where nobody is meant."""
    names: dict[str, str] = {}
    people: dict[str, str] = {}
    for team in policies.teams.values():
        for name in (team.name, *(alias.lower() for alias in team.aliases)):
            names.setdefault(name, team.name)
        for person in team.people:
            people.setdefault(person, team.name)
    return lambda text: names.get(text.strip().lower()) or people.get(text.lower(), "")


def _by_map(source: OwnerSource, key: Key, name: str, policies: PolicySet) -> list[Evidence]:
    """The last rule that matches wins; one without a team says that there is no owner."""
    kind = key.kind.split(".", 1)[1]
    path = f"{key.cloud}/{key.account}/{key.region}/{kind}/{name or key.id}"
    team = ""
    for pattern, owner in source.rules:
        if matches(pattern, path):
            team = owner
    return [_evidence("map", team, policies)] if team else []


def matches(pattern: str, path: str) -> bool:
    """Whether a CODEOWNERS pattern speaks of a path, cloud/account/region/kind/name."""
    return _compiled(pattern).match_file(path) is not None


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> GitIgnoreSpecPattern:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # late: most organizations have no owner map

    return GitIgnoreSpecPattern(pattern)


def account_row(account: Account, policies: PolicySet) -> AccountRow:
    """The first row of the Organization that matches an account; an account no row matches is only observed.

    So is one that a row might match by a name, OU or folder that was not read: a later row may be laxer.
    """
    for row in policies.organization.accounts:
        if _names_another(row, account):
            continue
        answers = [_row_matches(name, pattern, account) for name, pattern in row.match.items()]
        if False in answers:
            continue
        return AccountRow(match=row.match) if None in answers else row
    return AccountRow(match={})


def _names_another(row: AccountRow, account: Account) -> bool:
    """Whether a row is of one account, and not of this. Most are, and there may be hundreds of both."""
    ident = row.match.get("id", account.id)
    return ident != account.id and (ident.isdigit() or MAGIC.isdisjoint(ident)) and account.id not in ("", UNREAD)


def _row_matches(name: str, pattern: str, account: Account) -> bool | None:
    """None where it was not read: AWS accounts have a name and a parent, and only their organization tells which.

    Of a GCP project that Resource Manager refuses, or of a folder above one, `UNREAD` stands for what may be further up.
    """
    values = {"cloud": (account.cloud,), "id": (account.id,), "name": (account.name,)}.get(name, account.parents)
    known = [value for value in values if value not in ("", UNREAD)]
    if pattern in known if MAGIC.isdisjoint(pattern) else any(fnmatchcase(value, pattern) for value in known):
        return True
    hidden = UNREAD in values or (not known and (account.cloud == "aws" or UNREAD in account.parents))
    return None if hidden else False
