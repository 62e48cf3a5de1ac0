"""Owner maps over all resources: patterns are tried on places, and on single names only where they ask for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from engine.columns.column import Coded, combined, narrow
from engine.columns.inventory import Columns
from engine.owner import matches

Rules = Sequence[tuple[str, str]]

PLAIN = re.compile(r"/?[\w.*?-]+(?:/[\w.*?-]+)*(?:/\*\*|/)?", re.ASCII)
"""Patterns that can be cut into parts. Others are tried on every name."""

PLACE = 4
"""Parts of a path before the name: cloud, account, region, kind."""


def mapped_teams(columns: Columns, rules: Rules) -> Coded:
    """The owner that a map names for each resource: the last rule that matches wins, and may say that there is none."""
    kinds, accounts, regions = map(columns.coded, ("kind", "account", "region"))
    places, found = combined([kinds, accounts, regions])
    owners: dict[str | None, int] = {None: 0}
    fixed = np.zeros(len(found), np.uint32)
    open_: list[int] = []
    for place, (kind, account, region) in enumerate(found):
        cloud, name = str(kinds.cells[kind]).split(".", 1)
        team = _of_place(f"{cloud}/{accounts.cells[account]}/{regions.cells[region]}/{name}", rules)
        if isinstance(team, str):
            fixed[place] = owners.setdefault(team or None, len(owners))
        else:
            open_.append(place)
    codes = fixed[places]
    for row in np.flatnonzero(np.isin(places, open_)).tolist():
        codes[row] = owners.setdefault(_of_row(columns, row, rules) or None, len(owners))
    return Coded(codes.astype(narrow(len(owners))), tuple(owners), unknown=False)


def _of_place(place: str, rules: Rules) -> str | None:
    """The owner of everything in a place (cloud/account/region/kind); None where it depends on the name."""
    for pattern, owner in reversed(rules):
        reaches = reach(pattern, place)
        if reaches is None:
            return None
        if reaches:
            return owner
    return ""


def _of_row(columns: Columns, row: int, rules: Rules) -> str:
    kind, account, region, ident, name = (
        str(column.cells[column.codes[row]]) for column in map(columns.coded, ("kind", "account", "region", "id", "name"))
    )
    cloud, short = kind.split(".", 1)
    path = f"{cloud}/{account}/{region}/{short}/{name or ident}"
    return next((owner for pattern, owner in reversed(rules) if matches(pattern, path)), "")


def reach(pattern: str, place: str) -> bool | None:
    """Whether a pattern matches everything in a place, or nothing there; None where it depends on the name."""
    if not PLAIN.fullmatch(pattern) or "**" in pattern.removesuffix("/**"):
        return None
    parts = pattern.removesuffix("/**").strip("/").split("/")
    if len(parts) == 1 and not pattern.startswith("/") and not pattern.endswith("/**"):
        return True if matches(parts[0], place) else None
    if not matches("/" + "/".join(parts[:PLACE]), place):
        return False
    return True if len(parts) <= PLACE else None
