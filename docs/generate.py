"""`make docs` writes docs/reference anew from the code; with --check (`make lint`) it fails where a page says something else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click
from life_page import life_page
from permissions_page import permissions_page

from api.main import sexton
from api.metrics import METRICS
from engine.condition import COMMON
from engine.model import Field
from reapers.kind import Kind, kinds

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by `make docs`; change the code instead. -->\n"


def main() -> None:
    """Write the pages, or compare them."""
    pages = {
        "kinds.md": kinds_page(),
        "commands.md": commands_page(),
        "metrics.md": metrics_page(),
        "life.md": life_page(NOTE),
        "permissions.md": permissions_page(NOTE),
    }
    if "--check" in sys.argv[1:]:
        old = [name for name, text in pages.items() if not (FOLDER / name).exists() or (FOLDER / name).read_text() != text]
        if old:
            raise SystemExit(f"docs/reference is not what the code says: {', '.join(old)}. Run: make docs")
        return
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages.items():
        (FOLDER / name).write_text(text)


def kinds_page() -> str:
    """Every kind: what it can do, its fields, the permissions that each role needs."""
    intro = "What Sexton knows, and what it can do to it. The fields are what conditions may name, beside the common ones."
    parts = [NOTE, "# Kinds of resources\n", intro, "", "## Common fields\n", fields_table(COMMON)]
    return "\n".join([*parts, *(line for kind in kinds().values() for line in kind_section(kind))]) + "\n"


def kind_section(kind: Kind) -> Iterator[str]:
    """One kind."""
    yield f"\n## {kind.title} — `{kind.name}`\n"
    yield f"May go as far as: {kind.max_mode}. Acts: {', '.join(sorted(kind.acts)) or 'none, it is reported'}."
    if kind.facts:
        yield f"`idle_days` counts from when it was first seen {next(iter(kind.facts))}."
    yield ""
    yield fields_table(kind.fields)
    yield "| role | permissions |\n|---|---|"
    yield from (f"| {role} | {code(sorted(needs))} |" for role, needs in kind.needs.items())


def fields_table(fields: Mapping[str, Field]) -> str:
    """Fields by name. What is not free is read only for rows that cheaper fields leave undecided."""
    rows = ["| field | type | reading it | what it says |", "|---|---|---|---|"]
    for name, field in fields.items():
        kind = f"{field.type}{', may be absent' if field.optional else ''}"
        unit = f" In {field.unit}." if field.unit else ""
        values = f" One of {code(field.enum)}." if field.enum else ""
        rows.append(f"| `{name}` | {kind} | {field.price} | {sentence(field.doc)}{unit}{values} |")
    return "\n".join(rows) + "\n"


def sentence(text: str) -> str:
    """With a capital and a full stop, and nothing that would end a table's cell."""
    clean = text.strip().replace("|", "\\|")
    return clean[:1].upper() + clean[1:] + ("" if clean.endswith((".", "…")) else ".")


def code(words: Iterable[str]) -> str:
    """Each as code."""
    return ", ".join(f"`{word}`" for word in words)


def commands_page() -> str:
    """Every command with its help, as `--help` prints it."""
    parts = [NOTE, "# Commands\n", "Exit codes: 0 done, 1 not passed or refused, 2 misuse, 3 nothing could be read.\n"]
    context = click.Context(sexton, info_name="sexton", terminal_width=100, max_content_width=100)
    return "\n".join([*parts, *helps(sexton, context)])


def helps(command: click.Command, context: click.Context) -> Iterator[str]:
    """The help of a command and of all below it."""
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            inner = click.Context(below, info_name=name, parent=context, terminal_width=100, max_content_width=100)
            yield from helps(below, inner)


def metrics_page() -> str:
    """Every metric with its labels."""
    rows = [f"| `sexton_{one.name}` | {code(one.labels) or '-'} | {sentence(one.says)} |" for one in METRICS]
    intro = "Served at `/metrics`. No label holds the name of a resource. deploy/grafana and deploy/prometheus build on these."
    return "\n".join([NOTE, "# Metrics\n", intro, "", "| metric | labels | what it says |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    main()
