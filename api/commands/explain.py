"""`sexton explain`: why, or why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.plan import POLICIES
from api.commands.table import money, put_json
from api.ending import FAILED, Stop
from engine.wording import clean

if TYPE_CHECKING:
    from engine.model import Inventory, Resource

LISTED = 20
MARKS = {True: "yes", False: "no ", "unknown": "?  "}


@click.command()
@click.argument("what", metavar="KEY")
@click.option(
    "--policies", type=click.Path(path_type=Path), default=POLICIES, show_default=True, help="A folder or file of policies."
)
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="A snapshot or a folder of them [default: the settings' store]."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(settings_file: Path | None, what: str, policies: Path, inventory: Path | None, as_json: bool) -> None:
    """Say why a resource is found, spared or undecided. KEY is a key (kind/account/region/id), an id, a name or an ARN."""
    from api import judging
    from api.settings import load
    from api.shapes.explain import explain_json
    from engine.judge import judge_one
    from engine.view import view

    named = judging.from_folder(policies)
    seen = judging.the_inventory(load(settings_file), inventory)
    resource = the_one(what, seen)
    context = judging.context_of(named.policies, seen)
    judgement = judge_one(view(resource, context, seen.as_of), context, seen.as_of)
    shape = explain_json(judgement, named.policies, seen, named.sha) | {"case": case_of(resource.key.ref)}
    if as_json:
        put_json(shape)
    else:
        click.echo("\n".join(told(shape)))


def the_one(what: str, inventory: Inventory) -> Resource:
    """The resource that somebody means; Stop lists them when it may be several, and says what became of one that is not there."""
    meant = [resource for resource in inventory.resources if means(what, resource)]
    if len(meant) > 1:
        keys = "\n".join(f"  {clean(resource.key.ref)}" for resource in meant[:LISTED])
        raise Stop(f"{what!r} may mean {len(meant)} resources; name one by its key:\n{keys}")
    if not meant:
        raise Stop(_gone(what, inventory), FAILED)
    return meant[0]


def means(what: str, resource: Resource) -> bool:
    """By key, id, name, or ARN (whose account must be the resource's)."""
    key = resource.key
    if what in (key.ref, key.id, resource.name):
        return True
    parts = what.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or parts[4] not in ("", key.account):
        return False
    return parts[5] == key.id or parts[5].endswith((f"/{key.id}", f":{key.id}"))


def _gone(what: str, inventory: Inventory) -> str:
    """What is known of something that the inventory does not have."""
    where = f"the inventory of {inventory.as_of:%Y-%m-%d %H:%M} UTC"
    case = case_of(what)
    if case:
        ended = f", closed {case['closed']['at']}" if case.get("closed") else ""
        return f"{what!r} is not in {where}. Case {case['id']} of it: {case['says']}{ended}."
    unread = f"; {len(inventory.gaps)} parts of the estate could not be read, and it may be in one" if inventory.gaps else ""
    return f"There is no {what!r} in {where}{unread}."


def case_of(text: str) -> dict[str, Any] | None:
    """The case, where a server answers; None where none does: explaining needs no server."""
    from api.client import Answered, NoAnswer, client_from

    try:
        found: list[dict[str, Any]] = client_from().get("/v1/cases", find=text)["cases"]
    except (Answered, NoAnswer):
        return None
    return found[0] if found else None


def told(shape: Mapping[str, Any]) -> Iterator[str]:
    """The explanation as text."""
    owner = shape["owner"]
    yield f"{clean(shape['key'])}  {clean(shape['name'])}"
    yield f"  as of {shape['as_of']}, policies {clean(shape['commit'][:12]) or '(not in git)'}, {money(shape['monthly'])}"
    yield f"  environment {shape['environment'] or '(none)'}, team {owner['team']}, owner {_owner(owner)}"
    yield f"  may go as far as {shape['mode']['effective']}: {clean(shape['mode']['because'], 200)}"
    if "ttl" in shape:
        yield f"  lifetime {clean(str(shape['ttl']['text']))}: {_days(shape['ttl']['days_left'])}"
    if "managed_by" in shape:
        yield f"  managed by {clean(str(shape['managed_by']))}"
    for verdict in shape["verdicts"]:
        yield ""
        yield from _verdict(verdict)
    if not shape["verdicts"]:
        yield "  no policy speaks of this kind"
    if shape["case"]:
        yield f"\nCase {shape['case']['id']}: {shape['case']['says']}"


def _owner(owner: Mapping[str, Any]) -> str:
    if isinstance(owner["owner"], dict):
        return f"not known ({clean(owner['owner']['unknown'], 200)})"
    return f"{clean(owner['owner'])} (from {owner['source']})" if owner["owner"] else "(nobody)"


def _days(left: Any) -> str:
    return (
        f"not known ({clean(left['unknown'], 200)})"
        if isinstance(left, dict)
        else "no end"
        if left is None
        else f"{left:.1f} days left"
    )


def _verdict(verdict: Mapping[str, Any]) -> Iterable[str]:
    why = verdict.get("reason") or ", ".join(verdict["missing"])
    yield f"{verdict['policy']}: {verdict['verdict']}{f' ({why})' if why else ''}  {clean(verdict['file'])}:{verdict['line']}"
    for test in verdict["tests"]:
        values = ", ".join(f"{clean(name)} {_value(value)}" for name, value in test["values"].items())
        yield f"  {MARKS[test['outcome']]} {clean(test['text'], 200)}   {values}"


def _value(value: Mapping[str, Any]) -> str:
    if "unknown" in value:
        return f"not known ({clean(value['unknown'], 200)})"
    return "is absent" if "absent" in value else f"= {clean(str(value['value']))}"
