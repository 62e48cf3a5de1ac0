"""What can go wrong with the ledger, by who must do what."""

from __future__ import annotations


class LedgerUnavailable(Exception):
    """The database cannot be used and a person must act: the text says what, where and what to do. Nothing is half written."""


class Stale(Exception):
    """Somebody else changed the case, or settled the intent, first: load it again, decide again."""

    def __init__(self, case: str) -> None:
        super().__init__(f"case {case} was changed by somebody else in the meantime")
        self.case = case


class Fenced(Exception):
    """The lease ran out or was taken over: this worker must drop the case at once."""

    def __init__(self, case: str) -> None:
        super().__init__(f"the lease on case {case} is no longer held")
        self.case = case


class AlreadyOpen(Exception):
    """The resource has an open case, or the id is taken. `case` is that case's id."""

    def __init__(self, case: str, key_ref: str) -> None:
        super().__init__(f"{key_ref} already has the case {case}")
        self.case = case


class AlreadyBegun(Exception):
    """This verb has an intent in this generation of the case: the call may have been sent and must not be sent again."""

    def __init__(self, case: str, verb: str, generation: int) -> None:
        super().__init__(f"{verb} of case {case} was begun before, in generation {generation}")
        self.case = case


class Blocked(Exception):
    """A guard said no inside the transaction. `guard` is its name; nothing was written."""

    def __init__(self, guard: str) -> None:
        super().__init__(f"blocked by {guard}")
        self.guard = guard
