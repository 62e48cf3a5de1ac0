"""What became of one case in one attempt: a value for the log, the metrics and the demo."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.model import Verb


class Result(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    PENDING = "pending"
    """The cloud is at work, or its answer is not known: the next look settles it."""
    SPARED = "spared"
    """Looking again showed that it must not happen now; the case says why."""
    BLOCKED = "blocked"
    """A guard said no; nothing was written."""
    REFUSED = "refused"
    """The cloud refused or failed; a person must look."""
    BUSY = "busy"
    """Somebody else has the case, or changed it."""
    FAULT = "fault"
    """A fault in Sexton, told in the log; the case is as it was, and others go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One attempt."""

    case: str
    verb: Verb
    result: Result
    why: str = ""
    """A sentence; the names of the guards, with commas, where they blocked it."""
