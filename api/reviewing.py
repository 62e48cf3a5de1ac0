"""What a change would do, judged by the server: it fetches both commits itself, and of the inventory only the answer goes out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from api.comparing import compare, measured
from api.ending import Stop
from api.judging import Named, columns_of, policies_of
from api.shapes.impact import impact_json
from engine.impact import Compared
from engine.render.annotations import annotated
from engine.render.markdown import comment, refusal
from reapers.clock import Clock
from reapers.situation import Situation

EVERY = timedelta(minutes=1)
ALLOWED = 6
"""Requests of one repository or person in that time: a push is one, and no pipeline pushes every ten seconds."""
REMEMBERED = 1000
"""Subjects that are counted. Only who has proved who they are is, so there are as many as repositories and people."""
PATIENCE = 30
"""Seconds to wait for the comparison before: one runs at a time, beside the loop that acts."""


class Repository(Protocol):
    """The policy repository; reapers/sources/git.py is the real one. Everything raises SourceError with a sentence."""

    def resolve(self, rev: str) -> str:
        """The full id of a commit."""

    def on_branch(self, rev: str, branch: str = "") -> bool:
        """Whether a commit lies on a branch, the configured one where none is named."""

    def fork_point(self, base: str, head: str) -> str:
        """The newest commit that both have."""

    def files_at(self, rev: str) -> Mapping[str, str]:
        """The policy files of a commit."""


class NotReviewed(Exception):
    """No answer. The text is a sentence; `status` is the HTTP status that says the same."""

    def __init__(self, sentence: str, status: int, retry_after: int = 0) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A change to look at: two commits, and the branch that the second must be on where a pipeline asks for it."""

    base: str
    head: str
    subject: str
    branch: str = ""


@dataclass(slots=True, kw_only=True)
class Reviews:
    """Compares a change with the branch in force, over the newest inventory."""

    repository: Repository
    situation: Callable[[], Situation]
    clock: Clock
    _asked: dict[str, deque[datetime]] = field(default_factory=dict)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _comparing: threading.Lock = field(default_factory=threading.Lock)

    def review(self, asked: Asked) -> dict[str, Any]:
        """The comment and the JSON, or a comment that says why the change cannot be judged. NotReviewed, SourceError."""
        self._count(asked.subject)
        if not self._comparing.acquire(timeout=PATIENCE):
            raise NotReviewed("Another change is being compared; try again in a minute.", 503, PATIENCE)
        try:
            return self._review(asked)
        finally:
            self._comparing.release()

    def _count(self, subject: str) -> None:
        now = self.clock.now()
        with self._counting:
            while len(self._asked) >= REMEMBERED and subject not in self._asked:
                del self._asked[next(iter(self._asked))]
            times = self._asked.setdefault(subject, deque())
            while times and times[0] <= now - EVERY:
                times.popleft()
            if len(times) >= ALLOWED:
                wait = max(1, round((times[0] + EVERY - now).total_seconds()))
                raise NotReviewed(f"{subject} has asked {ALLOWED} times in a minute; wait {wait} s.", 429, wait)
            times.append(now)

    def _review(self, asked: Asked) -> dict[str, Any]:
        situation = self.situation()
        if situation.policies is None or situation.inventory is None:
            missing = "policies are in force" if situation.policies is None else "inventory has been taken"
            raise NotReviewed(f"No {missing} yet, so there is nothing to compare; try again in a minute.", 503)
        base, head = self._commits(asked)
        try:
            before, after = (self._named(*one) for one in ((asked.base, base), (asked.head, head)))
        except Stop as stop:
            return _shape(refusal(stop.sentence, asked.head), None, stop.sentence)
        compared = _by_the_branch(compare(before, after, columns_of(situation.inventory)), situation)
        return _shape(comment(compared), compared, "")

    def _commits(self, asked: Asked) -> tuple[str, str]:
        """The commit on our branch where the change begins, and its head; a pipeline's head is on the branch that it runs for.

        A commit of a fork lies on no branch of this repository, only in a pull request's own ref.
        """
        if not self.repository.on_branch(asked.base):
            raise NotReviewed(f"{asked.base} is not on the policy branch, so it is no base of a change.", 422)
        head = self.repository.resolve(asked.head)
        if asked.branch and not self.repository.on_branch(head, asked.branch):
            why = f"{asked.head} is not on {asked.branch} of the policy repository"
            raise NotReviewed(f"{why}: changes from forks are validated and tested, and not compared with the inventory.", 403)
        start = self.repository.fork_point(asked.base, head)
        if not start:
            raise NotReviewed(f"{asked.head} and {asked.base} have no commit in common, so there is no change to show.", 422)
        return start, head

    def _named(self, ref: str, sha: str) -> Named:
        return Named(ref=ref, sha=sha, policies=policies_of(self.repository.files_at(sha), f"{ref} ({sha[:12]})", sha))


def _by_the_branch(compared: Compared, situation: Situation) -> Compared:
    """The numbers of a review are those in force on the branch: a change begun long ago is not measured by what held then."""
    assert situation.policies is not None
    return measured(compared, situation.policies.organization)


def _shape(text: str, compared: Compared | None, refused: str) -> dict[str, Any]:
    return {
        "schema": "sexton/impact@1",
        "comment": text,
        "annotations": annotated(compared) if compared else "",
        "plan": impact_json(compared, news_only=True) if compared else None,
        "refused": refused or None,
    }
