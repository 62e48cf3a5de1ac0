"""`sexton cases`: see cases and answer them, through the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from api.commands.table import money, put_json, table
from api.ending import MISUSE, Stop
from engine.wording import clean

if TYPE_CHECKING:
    from api.client import Client

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
with_reason = click.option("--reason", default="", help="Why, in a few words.")
the_case_argument = click.argument("case", metavar="CASE")


def _client() -> Client:
    from api.client import client_from

    return client_from()


@click.group(invoke_without_command=True)
@click.option("--due", is_flag=True, help="Only those whose next step is due.")
@click.option("--team", help="Only those of one team.")
@click.option("--state", help="Only those in one state, such as awaiting_approval.")
@as_json
@click.pass_context
def command(context: click.Context, due: bool, team: str | None, state: str | None, as_json: bool) -> None:
    """List cases: what was found, whose it is, and what comes next. CASE is an id or its beginning, a key, a name."""
    if context.invoked_subcommand:
        return
    client = _client()
    cases: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = client.get("/v1/cases", team=team, state=state, due="true" if due else None, cursor=cursor, limit=1000)
        cases += page["cases"]
        cursor = page["next"]
        if cursor is None:
            break
    if state is None:
        cases = [case for case in cases if case["state"] != "closed"]
    if as_json:
        put_json({"schema": "sexton/cases@1", "cases": cases, "next": None})
    else:
        click.echo("\n".join([*(_halts(client) if due else ()), _list(cases)]))


def _halts(client: Client) -> list[str]:
    """What holds all of them back."""
    from api.shapes.freeze import told

    return [f"{told(halt)}\n" for halt in client.get("/v1/freeze")["halts"]]


def _list(cases: list[dict[str, Any]]) -> str:
    if not cases:
        return "No open cases."
    rows = [
        (case["id"], clean(case["name"] or case["key"], 40), case["team"], money(case["monthly"]), case["says"]) for case in cases
    ]
    return table(("CASE", "RESOURCE", "TEAM", ">MONTHLY", "WHAT COMES NEXT"), rows)


@command.command()
@the_case_argument
@as_json
def show(case: str, as_json: bool) -> None:
    """Show one case with its history."""
    from api.client import path_of, the_case

    client = _client()
    shown = client.get(path_of(the_case(client, case)["id"]))
    if as_json:
        put_json(shown)
    else:
        click.echo(_told(shown))


def _told(case: Mapping[str, Any]) -> str:
    lines = [
        f"{case['id']}  {clean(case['name'])}  {case['key']}",
        f"  {case['says']}",
        f"  policy {case['policy']}{' (also ' + ', '.join(case['also']) + ')' if case['also'] else ''}, team {case['team']}"
        f", {'owned' if case['owner'] else 'nobody owns it'}, {money(case['monthly'])}",
    ]
    if case["told"]:
        lines.append(f"  told {case['told']['at']} in {clean(case['told']['channel'])}")
    if case["next"]:
        blocked = f", held back by: {', '.join(case['next']['blocked_by'])}" if case["next"]["blocked_by"] else ""
        lines.append(f"  next: {case['next']['verb']} not before {case['next']['due'] or '(no date yet)'}{blocked}")
    if case["approval"]:
        lines.append(f"  action {case['approval']['action'][:16]} needs {', '.join(case['approval']['needs']) or 'nobody more'}")
        lines += [f"    {yes['who']} agreed as {yes['role']} {yes['at']}" for yes in case["approval"]["has"]]
    if case["kept"]:
        lines.append(f"  kept until {case['kept']['until']} by {case['kept']['who']}: {clean(case['kept']['reason'], 300)}")
    lines += [f"  {step['at']}  {step['event']}{' by ' + step['who'] if step['who'] else ''}" for step in case.get("history", ())]
    return "\n".join(lines)


def say(case: str, what: str, body: Mapping[str, Any], as_json: bool) -> None:
    """Say one thing of one case, and print how it stands then."""
    from api.client import path_of, the_case

    client = _client()
    answered = client.post(path_of(the_case(client, case)["id"], what), {name: value for name, value in body.items() if value})
    if as_json:
        put_json(answered)
    else:
        click.echo(f"{answered['id']}  {clean(answered['name'])}: {answered['says']}")


@command.command()
@click.argument("case", metavar="[CASE]", required=False)
@click.option("--plan", metavar="HASH", help="Instead of one case: all that awaits approval, by the hash of `GET /v1/plan`.")
@click.option("--action", help="The hash of the action that you saw, or its first 16 digits; left out, you see it and are asked.")
@with_reason
@as_json
def approve(case: str | None, plan: str | None, action: str | None, reason: str, as_json: bool) -> None:
    """Agree to what would be done: exactly this action, on exactly this resource; or to all that awaits approval, by its hash."""
    if (case is None) == (plan is None) or (plan and action):
        raise Stop("Name either one CASE, or a plan with --plan HASH.", MISUSE)
    if plan is not None:
        _approve_plan(plan, reason, as_json)
        return
    assert case is not None  # it is the one of the two that was named
    say(case, "approve", {"action": action or _ask(case), "reason": reason}, as_json)


def _approve_plan(plan: str, reason: str, as_json: bool) -> None:
    answered = _client().post("/v1/approvals", {"plan": plan.lower(), "reason": reason})
    if as_json:
        put_json(answered)
        return
    for result in answered["results"]:
        said = clean(result["refused"], 500) if result["refused"] else "agreed"
        click.echo(f"{result['case'] or '-'}  {result['action'][:16]}  {said}")
    click.echo(f"Agreed to {answered['approved']} of {len(answered['results'])}.")


def _ask(case: str) -> str:
    """The action that waits, once the person has seen it and said yes."""
    from api.client import the_case

    seen = the_case(_client(), case)
    if seen["state"] != "awaiting_approval" or not seen["approval"]:
        raise Stop(f"Case {seen['id']} does not wait for approval: {seen['says']}.")
    click.echo(_told(seen), err=True)
    try:
        agreed = click.confirm(f"{seen['next']['verb'].capitalize()} it?", err=True)
    except click.Abort:  # Ctrl-C, or nobody is there to answer
        agreed = False
    if not agreed:
        raise Stop("Nothing was approved.")
    return str(seen["approval"]["action"])


@command.command()
@the_case_argument
@with_reason
@as_json
def reject(case: str, reason: str, as_json: bool) -> None:
    """Say no: the case closes and its policy leaves the resource alone for 30 days."""
    say(case, "reject", {"reason": reason}, as_json)


def _until(what: str, help_text: str, default: str) -> Callable[..., Any]:
    """`keep` and `snooze` differ only in who may and for how long, and that the server knows."""

    @the_case_argument
    @click.option("--until", help=f"A date such as 2026-12-31; left out, {default}.")
    @click.option("--reason", default="", help="Why, in a few words.")
    @as_json
    def answer(case: str, until: str | None, reason: str, as_json: bool) -> None:
        say(case, what, {"until": until, "reason": reason}, as_json)

    answer.__doc__ = help_text
    return answer


command.command("keep")(_until("keep", "Keep the resource until a date, with a --reason (the owning team).", "90 days"))
command.command("snooze")(_until("snooze", "Put the case off for a while (anybody, twice).", "14 days"))


@command.command("not-mine")
@the_case_argument
@click.option("--team", default="", help="Whose it is; left out, the platform team looks for its owner.")
@with_reason
@as_json
def not_mine(case: str, team: str, reason: str, as_json: bool) -> None:
    """Say that your team does not own it: somebody else is told, with the whole grace."""
    say(case, "not-mine", {"team": team, "reason": reason}, as_json)


@command.command()
@the_case_argument
@with_reason
@as_json
def retry(case: str, reason: str, as_json: bool) -> None:
    """Send a stuck case on its way, through every guard again."""
    say(case, "retry", {"reason": reason}, as_json)
