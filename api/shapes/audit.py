"""The audit trail as JSON, as lines of JSON, and as CSV for a spreadsheet.

A row leaves as it is hashed, so that whoever has the lines can check the chain without us: `hash` is the SHA-256 of `prev`, a
line feed and the canonical JSON of `seq at case_id version state event who commit_sha digest data`, where `data` is the text
of its canonical JSON. What acts remember (manifests) is no part of the trail and never leaves through it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.wording import harmless
from reapers.store import AuditCheck, AuditRow
from reapers.store.codec import plain

COLUMNS = ("seq", "at", "event", "who", "case", "key", "version", "state", "commit", "digest", "data", "prev", "hash")

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that a spreadsheet may take for a formula, also in their full width."""


def row_json(row: AuditRow) -> dict[str, Any]:
    """One row, its members in the order of COLUMNS. `key` is the case's resource; the hash does not cover it."""
    return {name: plain(getattr(row, name)) for name in COLUMNS}


def line_of(row: Mapping[str, Any]) -> str:
    """A row as one line of JSON: always the same text for the same row, all ASCII, so that no screen can be steered by it."""
    return json.dumps({name: row[name] for name in COLUMNS}, separators=(",", ":"))


def cells_of(row: Mapping[str, Any]) -> list[str]:
    """A row as the cells of a CSV line, in the order of COLUMNS."""
    data = json.dumps(row["data"], separators=(",", ":"), sort_keys=True)
    return [cell(data if name == "data" else row[name]) for name in COLUMNS]


def cell(value: object) -> str:
    """Text that a spreadsheet shows and does not compute: whatever might begin a formula stands behind an apostrophe."""
    text = str(value)
    shown = harmless(text)
    return f"'{shown}" if text.startswith(FORMULAS) or shown.startswith(FORMULAS) else shown


def check_json(check: AuditCheck, heads: int, why: str = "") -> dict[str, Any]:
    """The outcome of a verification against so many heads; `why`: the heads that should have been compared and were not."""
    return {
        "schema": "sexton/audit-verify@1",
        "ok": check.ok and not why,
        "rows": check.rows,
        "head": {"seq": check.rows, "hash": check.head},
        "broken_at": check.broken_at,
        "fault": str(check.fault) if check.fault else None,
        "heads": heads,
        "unread": why or None,
    }
