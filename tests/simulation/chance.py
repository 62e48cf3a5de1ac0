"""Chance: how often what goes wrong, as one value for each profile, and one stream of random numbers for each concern.

Streams of their own keep a seed readable: what people do stays the same when one more call is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Probabilities for one call or one round, and whether whole sorts of trouble happen."""

    throttled: float = 0.02
    denied: float = 0.004
    """Of a call that changes something: nothing happened, and the cloud said so."""
    failed_after: float = 0.06
    """It happened, and the answer was a 500."""
    unknown: float = 0.04
    """No answer: it happened, happens some seconds later, or never arrived."""
    half: float = 0.02
    """A list breaks off after some of it."""
    twice: float = 0.02
    """A page comes twice."""
    denied_list: float = 0.01
    tags_denied: float = 0.005
    stale: float = 0.05
    """A reading is up to a minute old."""
    crash: float = 0.015
    """Of a round: the process dies in it."""
    database: float = 0.004
    """Of a round: the database is locked or full for some statements."""
    slack_down: float = 0.03
    """Of a day: nobody can be told for some hours."""
    slack_lost: float = 0.02
    """Of a message: it is there, and the answer was lost."""
    git_down: float = 0.03
    git_moves: float = 0.25
    """Of a day: somebody merges, breaks or rewinds something."""
    freezes: float = 0.03
    clock: float = 0.0
    """Of a day: the reaper's clock jumps."""


CALM = Profile(
    throttled=0, denied=0, failed_after=0, unknown=0, half=0, twice=0, denied_list=0, tags_denied=0, stale=0, crash=0,
    database=0, slack_down=0, slack_lost=0, git_down=0, git_moves=0, freezes=0,
)  # fmt: skip
"""Nothing goes wrong."""

USUAL = Profile()

FAULTS = Profile(
    throttled=0.30, denied=0.02, failed_after=0.30, unknown=0.20, half=0.10, twice=0.10, denied_list=0.05, tags_denied=0.02,
    stale=0.20, crash=0.03, database=0.02, slack_down=0.10, slack_lost=0.10, git_down=0.10, git_moves=0.4, freezes=0.05,
)  # fmt: skip
"""safety.md R2 and R5: much more than any cloud would dare."""

CLOCKS = replace(USUAL, clock=0.4)
"""safety.md R4: the reaper's clock jumps by an hour or a day, both ways."""

PROFILES = {"calm": CALM, "usual": USUAL, "faults": FAULTS, "clocks": CLOCKS}


class Chance:
    """The random numbers of a seed."""

    def __init__(self, seed: int, profile: Profile) -> None:
        self.profile = profile
        self.cloud = Random(f"{seed} cloud")
        self.nature = Random(f"{seed} nature")
        self.people = Random(f"{seed} people")
        self.trouble = Random(f"{seed} trouble")
