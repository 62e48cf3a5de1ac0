"""Rows under headings, for a terminal or a pipe: aligned with blanks, nothing cut off, nothing that a screen obeys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from engine.wording import harmless


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest text; a heading that begins with `>` stands to the right."""
    shown = [[harmless(str(text)) for text in row] for row in rows]
    names = [head.lstrip(">") for head in heads]
    widths = [max(len(row[index]) for row in [names, *shown]) for index in range(len(heads))]
    lines = [_line(row, widths, [head.startswith(">") for head in heads]) for row in [names, *shown]]
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = (
        text.rjust(width) if to_right else text.ljust(width) for text, width, to_right in zip(row, widths, right, strict=True)
    )
    return "  ".join(parts).rstrip()


def put_json(value: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def money(monthly: Mapping[str, Any]) -> str:
    """The contract's money as people read it."""
    if monthly.get("free"):
        return "free"
    known, unpriced = monthly["known"], monthly["unpriced"]
    amount = f"${float(known):,.2f}/mo"
    if not unpriced:
        return amount
    return f"≥ {amount} ({unpriced} unpriced)" if float(known) else "unknown"
