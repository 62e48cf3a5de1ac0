"""Faults on purpose: which calls fail, how, how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from demo.gcp.calls import Call
from demo.gcp.refusals import Refusal


class Dropped(Exception):
    """Raised by a hook: the connection breaks without an answer."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """Calls that match answer `status`: `project`, `method`, `location` and `resource` are globs. `times` None: always."""

    status: int
    reason: str = ""
    project: str = "*"
    method: str = "*"
    location: str = "*"
    resource: str = "*"
    message: str = ""
    times: int | None = None
    after: bool = False
    """The call is carried out first, and only its answer is replaced: the client cannot know that it had an effect."""
    used: int = 0

    def fits(self, call: Call) -> bool:
        """Whether the call fails."""
        patterns = (self.project, self.method, self.location, self.resource)
        values = (call.project, call.method, call.location, call.name)
        return self.times != self.used and all(map(fnmatchcase, values, patterns))

    def refusal(self, call: Call) -> Refusal:
        """The answer. A 403 names the permission as Google does."""
        said = self.message
        if not said and self.reason in ("accessNotConfigured", "SERVICE_DISABLED"):
            said = f"Compute Engine API has not been used in project {call.project} before or it is disabled."
        if not said and self.status == 403:
            said = f"Required '{call.iam}' permission for 'projects/{call.project}'"
        return Refusal(self.status, self.reason, said or "A fault on purpose.")


@dataclass(slots=True)
class Faults:
    """The faults in force, and the locations that do not answer."""

    rows: list[Fault] = field(default_factory=list)
    silent: set[tuple[str, str]] = field(default_factory=set)
    """(project, location)."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, call: Call, after: bool = False) -> Fault | None:
        """The first fault that fits the call, counted as used."""
        with self.lock:
            fault = next((row for row in self.rows if row.after is after and row.fits(call)), None)
            if fault is not None:
                fault.used += 1
            return fault
