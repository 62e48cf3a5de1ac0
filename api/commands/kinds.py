"""`sexton kinds`: what there is and what can be done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from api.commands.table import put_json, table

if TYPE_CHECKING:
    from reapers.kind import Kind


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(name: str | None, as_json: bool) -> None:
    """List the kinds of resources. With a NAME such as aws.ebs_volume, show its fields."""
    from api.ending import Stop
    from reapers.kind import kinds

    found = kinds()
    if name is not None and name not in found:
        raise Stop(f"There is no kind {name!r}; `sexton kinds` lists them.")
    shown = [found[name]] if name else list(found.values())
    if as_json:
        put_json({"schema": "sexton/kinds@1", "kinds": [kind_json(kind) for kind in shown]})
    elif name:
        click.echo(_fields(found[name]))
    else:
        rows = [(kind.name, kind.title, ", ".join(sorted(kind.acts)) or "report only", str(kind.max_mode)) for kind in shown]
        click.echo(table(("KIND", "WHAT", "ACTS", "AS FAR AS"), rows))


def _fields(kind: Kind) -> str:
    rows = [
        (name, f"{field.type}{'?' if field.optional else ''}", field.price, field.unit, field.doc)
        for name, field in sorted(kind.fields.items())
    ]
    return f"{kind.name}: {kind.title}\n\n" + table(("FIELD", "TYPE", "PRICE", "UNIT", "MEANING"), rows)


def kind_json(kind: Kind) -> dict[str, Any]:
    """One kind as the contract has it."""
    from engine.model import Role

    return {
        "name": kind.name,
        "title": kind.title,
        "max_mode": str(kind.max_mode),
        "acts": sorted(str(verb) for verb in kind.acts),
        "fields": [
            {"name": name, "type": field.type, "optional": field.optional, "price": field.price, "doc": field.doc}
            | ({"unit": field.unit} if field.unit else {})
            | ({"enum": list(field.enum)} if field.enum else {})
            for name, field in sorted(kind.fields.items())
        ],
        "needs": {str(role): sorted(kind.needs.get(role, ())) for role in Role},
    }
