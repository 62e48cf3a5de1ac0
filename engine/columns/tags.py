"""Tags as Ownership, TTL and protections read them: keys without regard to case, blank values as absent."""

from __future__ import annotations

from engine.columns.column import HIDDEN, Cell, Coded, joined
from engine.columns.inventory import Columns
from engine.model import Unknown


def written(columns: Columns, key: str) -> list[str]:
    """The keys that are this one without regard to case, sorted: the order in which the scalar evaluator meets them."""
    return sorted(one for one in columns.tag_keys if one.lower() == key.lower())


def folded(columns: Columns, key: str) -> Coded | None:
    """The value of a tag, stripped; None where no resource has it. Of several spellings the last that is not blank counts."""
    spellings = [columns.tag(one) for one in written(columns, key)]
    if not spellings:
        return None
    if len(spellings) == 1:
        return spellings[0].mapped(_stripped)
    return joined(spellings, _last)


def _stripped(cell: Cell) -> Cell:
    return cell.strip() or None if isinstance(cell, str) else cell


def _last(*cells: Cell) -> Cell:
    if any(isinstance(cell, Unknown) for cell in cells):
        return HIDDEN
    return next((found for cell in reversed(cells) if (found := _stripped(cell))), None)
