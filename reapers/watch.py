"""The policy repository as the running service sees it: polled, fast-forward only, loaded as a whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from engine.load import load
from engine.model import KindTable
from engine.policy import PolicySet
from engine.problem import Problem, Severity
from reapers.situation import HeadState
from reapers.sources.errors import SourceError
from reapers.sources.git import Head, Moved, Unread
from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

LAST_GOOD = "policy_commit"
"""The ledger's fact: the commit in force last. Cleared when a person accepts a branch that did not move forward."""


class Repository(Protocol):
    """Where policies come from; reapers/sources/git.py is the real one."""

    def poll(self, now: datetime, last_good: str = "") -> Head:
        """The branch's head and its files; Unread where only those cannot be had, SourceError where nothing is known."""

    def files_at(self, rev: str) -> Mapping[str, str]:
        """The files of a commit that was fetched before."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """Keeps the policies in force and how the branch stands."""

    repository: Repository
    ledger: Ledger
    kinds: Mapping[str, KindTable]
    policies: PolicySet | None = None
    head: HeadState = field(default_factory=HeadState)

    def look(self, now: datetime) -> None:
        """Poll once. A head that does not load, or did not move forward, leaves the last commit in force and lets nothing act."""
        last_good = self.ledger.get(LAST_GOOD) or ""
        try:
            polled = self.repository.poll(now, last_good)
        except Unread as unread:
            self._unread(unread, last_good, now)
        except SourceError as error:
            log.warning("the policy repository could not be polled: %s", error)
            self.head = replace(self.head, error=str(error))
        else:
            self._take(polled, last_good, now)
            self.head = replace(self.head, freeze=polled.freeze)
        if self.policies is None and last_good:
            self._go_back(last_good)

    def _take(self, polled: Head, last_good: str, now: datetime) -> None:
        if polled.moved is Moved.REWOUND:
            self._freeze(polled, last_good, now)
            return
        if polled.distrust:
            self._distrust(polled, now)
            return
        if self.policies is not None and self.policies.commit == polled.sha:
            self.head = HeadState(sha=polled.sha, polled_at=now, valid=True)
            return
        loaded = load(polled.files, self.kinds, polled.sha)
        self.head = HeadState(
            sha=polled.sha, polled_at=now, valid=loaded.policies is not None, moved=polled.moved, problems=loaded.problems
        )  # fmt: skip
        if loaded.policies is not None:
            if polled.signer:
                log.info("the policies of %s are signed by %s", polled.sha[:12], polled.signer)
            self.policies = loaded.policies
            self.ledger.set(LAST_GOOD, polled.sha)

    def _unread(self, unread: Unread, last_good: str, now: datetime) -> None:
        """There is a newer commit, and nobody knows what it says: like a head that does not load, at once."""
        log.error("the head of the policy branch cannot be read: %s", unread)
        if unread.head.moved is Moved.REWOUND:
            self._freeze(unread.head, last_good, now)
        else:
            self.head = HeadState(sha=unread.head.sha, polled_at=now, valid=False, moved=unread.head.moved)
        self.head = replace(self.head, error=str(unread), freeze=unread.head.freeze)

    def _distrust(self, polled: Head, now: datetime) -> None:
        """Signatures are missing: like a head that does not load. What was in force stays, and nothing acts."""
        log.error("not taken: %s", polled.distrust)
        problem = Problem("", 1, 1, Severity.ERROR, "signature", polled.distrust)
        self.head = HeadState(sha=polled.sha, polled_at=now, valid=False, moved=polled.moved, problems=(problem,))

    def _freeze(self, polled: Head, last_good: str, now: datetime) -> None:
        self.head = HeadState(sha=polled.sha, polled_at=now, valid=False, moved="rewound")
        if self.ledger.frozen() is None:
            why = (
                f"the policy branch went from {last_good[:12]} to {polled.sha[:12]}, which is not forward; unfreeze to accept it"
            )
            log.error("frozen: %s", why)
            self.ledger.freeze("sexton", why, now)

    def _go_back(self, commit: str) -> None:
        """After a restart with a head that cannot run: the commit that was in force last, if it still loads."""
        try:
            self.policies = load(self.repository.files_at(commit), self.kinds, commit).policies
        except SourceError as error:
            log.warning("the policies of %s cannot be read: %s", commit[:12], error)
