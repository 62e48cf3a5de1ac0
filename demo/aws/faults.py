"""Faults on purpose: which calls fail, how, how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from demo.aws.calls import Call

_STATUS = {"Internal": 500, "Unavailable": 503, "LimitExceeded": 503, "SlowDown": 503, "Denied": 403, "Unauthorized": 403}
"""A word in an error's code -> the status that AWS sends with it."""


class Dropped(Exception):
    """Raised by a hook: the connection breaks without an answer."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """Calls that match fail with `code`: `account`, `service`, `region`, `action`, `resource` are globs. `times` None: always."""

    code: str
    account: str = "*"
    service: str = "*"
    region: str = "*"
    action: str = "*"
    resource: str = "*"
    status: int = 0
    """Of HTTP; 0 is the one that AWS sends with such a code."""
    message: str = ""
    times: int | None = None
    after: bool = False
    """The call is carried out first, and only its answer is replaced: the client cannot know that it had an effect."""
    used: int = 0

    @property
    def http(self) -> int:
        """The HTTP status of the answer."""
        return self.status or next((status for word, status in _STATUS.items() if word in self.code), 400)

    def fits(self, call: Call) -> bool:
        """Whether the call fails."""
        patterns = (self.account, self.service, self.region, self.action, self.resource)
        values = (call.account, call.service, call.region, call.action, call.resource)
        return self.times != self.used and all(map(fnmatchcase, values, patterns))


@dataclass(slots=True)
class Faults:
    """The faults in force."""

    rows: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, call: Call, after: bool = False) -> Fault | None:
        """The first fault that fits the call, counted as used."""
        with self.lock:
            fault = next((row for row in self.rows if row.after is after and row.fits(call)), None)
            if fault is not None:
                fault.used += 1
            return fault
