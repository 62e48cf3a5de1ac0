"""Did-you-mean: the nearest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable

NEAR_ENOUGH = 0.6
"""difflib's ratio; below it a suggestion is more often wrong than right."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like `name`, or "" when none is near."""
    from difflib import get_close_matches  # late: only a mistake needs it

    by_lower = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    found = get_close_matches(name.lower(), by_lower, 1, NEAR_ENOUGH)
    return by_lower[found[0]] if found else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The suggestion as a question, or ""."""
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else ""
