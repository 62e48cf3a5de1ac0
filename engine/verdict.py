"""Verdicts: exactly one per resource and policy, so that "why not?" always has an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.model import Mode, canonical
from engine.policy import Approval, Duration


class Reason(StrEnum):
    """Why a resource was spared; the first of these that holds."""

    NO_MATCH = "no_match"
    PROTECTED = "protected"
    EXEMPT = "exempt"
    TOO_YOUNG = "too_young"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a policy promises an owner. A change of it voids approvals; `when` is not part of it, it is judged again."""

    policy: str
    after: Mapping[Mode, Duration]
    before_delete: tuple[str, ...]
    approval: Mapping[Mode, Approval]

    @property
    def digest(self) -> str:
        """SHA-256 of what is promised: a notice carries it, and its receipt counts for these terms only."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()

    def as_json(self) -> dict[str, object]:
        """The part of an action that the action hash covers."""
        return {
            "policy": self.policy,
            "after": {str(rung): str(wait) for rung, wait in self.after.items()},
            "before_delete": list(self.before_delete),
            "approval": {str(rung): str(need) for rung, need in self.approval.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A policy matches a resource. `mode` is how far it may go there today, `because` what holds it lowest."""

    terms: Terms
    mode: Mode
    because: str = ""

    @property
    def policy(self) -> str:
        """The policy's name."""
        return self.terms.policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """A policy leaves a resource alone, and the first reason why."""

    policy: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A policy cannot say, because these fields are unknown."""

    policy: str
    missing: tuple[str, ...]


Verdict = Finding | Spared | Undecided
