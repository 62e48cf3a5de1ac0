"""The field `managed_by`: one look-up for each distinct combination of the tags and fields that can name a manager."""

from __future__ import annotations

from typing import Any

from engine.columns.column import HIDDEN, Cell, Coded, joined
from engine.columns.inventory import TAGS, Columns
from engine.managed import speaks
from engine.model import Unknown
from engine.view import NAMING, manager_of


def managers(columns: Columns, rows: Any = slice(None)) -> Coded:
    """Who else manages each resource, or each of some."""
    keys = sorted(filter(speaks, columns.tag_keys))
    names = [name for name in NAMING if isinstance(columns.field(name), Coded)]
    fields = [column for name in names if isinstance(column := columns.field(name), Coded)]

    def manager(*cells: Cell) -> Cell:
        tagged, named = cells[: len(keys) + 1], cells[len(keys) + 1 :]
        hidden = any(isinstance(cell, Unknown) for cell in tagged)
        tags = {key: cell for key, cell in zip(keys, tagged[1:], strict=True) if isinstance(cell, str)}
        known = {name: cell for name, cell in zip(names, named, strict=True) if cell is not None}
        return manager_of(HIDDEN if hidden else tags, known)

    return joined([column.at(rows) for column in (columns.coded(TAGS), *map(columns.tag, keys), *fields)], manager)
