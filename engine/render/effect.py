"""The words for what a change of policies does, the same in every output: to one resource, and altogether."""

from __future__ import annotations

from collections.abc import Iterator

from engine.impact import Compared
from engine.matches import Change, Row
from engine.money import Money
from engine.weight import Weight
from engine.wording import count, listed

TOP = 20
"""Resources that are shown before anything is folded or left out."""


def effect(row: Row) -> str:
    """What happens to a resource, in a word or two."""
    if row.change is Change.SAME:
        return "further" if row.further else "less far" if row.eased else "other team" if row.moved else "matches"
    return {Change.ADDED: "new", Change.REMOVED: "no longer", Change.UNDECIDED: "undecided"}.get(row.change, str(row.change))


def reach(row: Row) -> str:
    """How far a policy may go there, and how far before where that differs."""
    if row.change is Change.UNDECIDED:
        return f"not known: {', '.join(row.missing)}"
    if row.change is Change.REMOVED:
        return ""
    return f"{row.was_rung} → {row.rung}" if row.further or row.eased else str(row.rung)


def monthly(money: Money) -> str:
    """A price or a sum, without a provider's own words on why one is not known."""
    if money.free or money.is_known or money.known:
        return str(money)
    return "unknown" if money.unpriced == 1 else f"unknown ({money.unpriced} unpriced)"


def summary(compared: Compared) -> str:
    """One sentence: how many newly match, go further, no longer match, are undecided, and what they cost."""
    found = compared.impact
    whole = found.whole
    if compared.base is None:
        total = f" ({inside(found.monthly_matched)})" if whole.same else ""
        return f"{_resources(whole.same, 'matches', 'match')}{total}, {whole.undecided:,} undecided."
    said = listed([*_parts(whole)]) or "no resource is affected"
    before = whole.undecided - whole.newly_undecided
    still = f" {_resources(before, 'is', 'are')} as undecided as before." if before else ""
    return f"{said[0].upper()}{said[1:]}.{still}"


def _parts(whole: Weight) -> Iterator[str]:
    """What happens, in reading order; the first part says that they are resources."""
    parts = (
        (whole.added, "newly matches", "newly match", whole.monthly_added),
        (whole.further, "goes further than before", "go further than before", whole.monthly_further),
        (whole.removed, "no longer matches", "no longer match", whole.monthly_removed),
        (whole.newly_undecided, "becomes undecided", "become undecided", None),
        (whole.eased, "goes less far", "go less far", None),
        (whole.moved, "goes to another team", "go to another team", None),
    )
    first = True
    for number, one, several, money in parts:
        if number:
            said = _resources(number, one, several) if first else f"{number:,} {one if number == 1 else several}"
            yield f"{said} ({inside(money)})" if money else said
            first = False


def _resources(number: int, one: str, several: str) -> str:
    return f"{count(number, 'resource')} {one if number == 1 else several}"


def inside(money: Money) -> str:
    """A sum to stand in brackets: it brings none of its own."""
    return monthly(money).replace(" (", ", ").replace(")", "")


def at_stake(weight: Weight) -> str:
    """What that costs to which more may happen than before; empty where there is none."""
    return monthly(weight.monthly_added + weight.monthly_further) if weight.added or weight.further else ""
