"""The acts of condemning and sparing, alike for every kind and cloud: what differs is how tags are read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.mark import carried, carries, case_of, is_of, mark
from engine.model import Verb
from reapers.kind import Act, Order, Progress
from reapers.kinds.progress import sent, unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A resource as its tags' owner describes it."""

    tags: Mapping[str, str]
    raw: Mapping[str, Any]
    """The description, for whoever writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """How one service's tags are read and written. `put` and `drop` send one call each, and never touch another tag.

    They answer False where the tags were changed by somebody else in between, so that nothing was written.
    """

    read: Callable[[Any, Order], Carrier | None]
    """None where there is no such resource, or another life has its name."""
    put: Callable[[Any, Order, Carrier, str], bool]
    drop: Callable[[Any, Order, Carrier], bool]


def acts(tagging: Tagging) -> Mapping[Verb, Act]:
    """The two acts, for a kind's `acts`."""
    return {
        Verb.CONDEMN: Act(
            do=lambda cell, order: _condemn(tagging, cell, order), check=lambda cell, order: _condemned(tagging, cell, order)
        ),
        Verb.SPARE: Act(
            do=lambda cell, order: _spare(tagging, cell, order), check=lambda cell, order: _spared(tagging, cell, order)
        ),
    }


def _condemn(tagging: Tagging, cell: Any, order: Order) -> Mapping[str, Any]:
    """Write the mark. One of an earlier generation is written over; another case's is not ours to take."""
    carrier, wanted = tagging.read(cell, order), mark(order.case, order.generation)
    if carrier is None:
        return {}
    if _of_another(carrier, order):
        return {}
    if carries(carrier.tags, wanted) or tagging.put(cell, order, carrier, wanted):
        return sent(cell.now)
    return {}


def _of_another(carrier: Carrier, order: Order) -> bool:
    """Whether the mark that stands there is of a case that goes on. One of a case that has ended is written over."""
    stands = case_of(carried(carrier.tags))
    return stands not in ("", order.case, order.memory.get("ended", ""))


def _condemned(tagging: Tagging, cell: Any, order: Order) -> Progress:
    """Done when the mark is seen; failed where another case's stands."""
    carrier = tagging.read(cell, order)
    if carrier is not None and carries(carrier.tags, mark(order.case, order.generation)):
        return Progress.DONE
    if carrier is not None and _of_another(carrier, order):
        return Progress.FAILED
    return unchanged(order.memory, cell.now)


def _spare(tagging: Tagging, cell: Any, order: Order) -> Mapping[str, Any]:
    """Take the mark away, of whichever generation of this case."""
    carrier = tagging.read(cell, order)
    if carrier is None or not is_of(carried(carrier.tags), order.case):
        return sent(cell.now)
    return sent(cell.now) if tagging.drop(cell, order, carrier) else {}


def _spared(tagging: Tagging, cell: Any, order: Order) -> Progress:
    """Done when this case's mark is not there, for whatever reason."""
    carrier = tagging.read(cell, order)
    if carrier is None or not is_of(carried(carrier.tags), order.case):
        return Progress.DONE
    return unchanged(order.memory, cell.now)
