"""Two commits compared on one inventory: the one way there for the command line, the pipeline and the server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from api import judging
from api.commits import Commits
from api.ending import FAILED, Stop
from api.judging import Named
from engine.hurdles import needs
from engine.impact import Compared, Seen, Side
from engine.policy import Organization
from engine.view import Context

if TYPE_CHECKING:
    from engine.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What to compare: the policies of a folder or, with `head`, of a commit; and, with `base`, those of another."""

    path: Path
    base: str | None = None
    head: str | None = None


def sides_of(wanted: Sides) -> tuple[Named | None, Named]:
    """Both sides, loaded. Stop says which of them does not load or does not exist."""
    commits = Commits(wanted.path)
    after = commits.at(wanted.head) if wanted.head else judging.from_folder(wanted.path, commits.known)
    return (_base(commits, wanted.base) if wanted.base else None), after


def _base(commits: Commits, rev: str) -> Named:
    try:
        return commits.at(rev)
    except Stop as stop:
        why = f"There is nothing to compare with, because the base cannot be used: {stop.sentence}"
        raise Stop(why, stop.code) from stop


def compare(before: Named | None, after: Named, columns: Columns) -> Compared:
    """What a change from `before` to `after` would do; without `before`, what `after` matches.

    The server's own mode does not count here: what the policies say is shown.
    """
    from engine.columns import judge_columns
    from engine.columns.impact import impact_of

    head = Context(policies=after.policies, accounts=columns.accounts)
    base = judge_columns(columns, replace(head, policies=before.policies)) if before else None
    return Compared(
        impact=impact_of(base, base.after(head) if base else judge_columns(columns, head)),
        base=Side(ref=before.ref, sha=before.sha) if before else None,
        head=Side(ref=after.ref, sha=after.sha),
        seen=Seen.of(columns),
    )


def proposed(path: Path, base: str, head: str, columns: Columns) -> Compared:
    """What a proposed change does by itself: from where it left `base` to `head`, measured by the numbers of `base`.

    What the base did since is none of the change's doing, and would look like taken back by it.
    """
    commits = Commits(path)
    after = commits.at(head)
    numbers = _base(commits, base)
    start = commits.fork_point(numbers.sha, after.sha)
    if not start:
        raise Stop(f"{base} and {head} have no commit in common, so there is no change to show.", FAILED)
    before = numbers if start == numbers.sha else replace(_base(commits, start), ref=base)
    return measured(compare(before, after, columns), numbers.policies.organization)


def measured(compared: Compared, organization: Organization) -> Compared:
    """The same comparison with the reviews that another Organization's numbers ask for."""
    found = compared.impact
    return replace(compared, impact=replace(found, needs=tuple(needs(organization, found.whole))))
