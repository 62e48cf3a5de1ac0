"""`sexton drill`: whether what is deleted comes back as it was, tried on canaries."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from api.commands.cases import as_json
from api.commands.table import put_json, table
from api.ending import DONE, FAILED, Stop
from engine.wording import clean

if TYPE_CHECKING:
    from api.client import Client

PAUSE = 2
"""Seconds between two looks at how far the drills are."""


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]…")
@click.option("--yes", is_flag=True, help="Do not ask: these canaries may be deleted and restored.")
@click.option("--minutes", default=60, show_default=True, type=click.IntRange(1, 1440), help="Wait so long for the end.")
@as_json
def command(keys: tuple[str, ...], yes: bool, minutes: int, as_json: bool) -> int:
    """Delete and restore a canary of each kind, and compare.

    A canary is a resource outside of production that you made for this and tagged sexton:drill. Without KEY, every canary of the
    newest inventory. An operator may. Exit code 1 when one does not come back, or comes back different.
    """
    from api.client import client_from

    client = client_from()
    found = client.get("/v1/drill")
    wanted = keys or _offered(found["canaries"])
    for key in () if yes else wanted:
        _typed(key)
    answered = client.post("/v1/drill", {"keys": list(wanted), "confirmed": "yes" if yes else "typed"}) if wanted else NONE
    drills = _ended(client, [drill["case"] for drill in answered["drills"]], minutes)
    refused = [*answered["refused"], *(() if keys else _refused(found["canaries"]))]
    told = {"schema": "sexton/drilling@1", "drills": drills, "refused": refused, "without": found["without"]}
    put_json(told) if as_json else click.echo(_told(told))
    return DONE if drills and not refused and all(drill["good"] for drill in drills) else FAILED


NONE: Mapping[str, Any] = {"drills": (), "refused": ()}


def _offered(canaries: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The first canary of each kind that may be drilled."""
    first = {canary["kind"]: canary["key"] for canary in reversed([each for each in canaries if not each["refused"]])}
    return tuple(sorted(first.values()))


def _refused(canaries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{"key": canary["key"], "refused": canary["refused"]} for canary in canaries if canary["refused"]]


def _typed(key: str) -> None:
    """Whoever cannot type its key has not looked what it is."""
    if click.prompt(f"{clean(key)} is deleted and restored. Type its key", default="", show_default=False, err=True) != key:
        raise Stop(f"That is not {clean(key)}: nothing was begun.")


def _ended(client: Client, cases: Sequence[str], minutes: int) -> list[dict[str, Any]]:
    """The drills as they ended, or as far as they are when the time is over."""
    until = time.monotonic() + 60 * minutes
    while True:
        drills = [drill for drill in client.get("/v1/drill")["drills"] if drill["case"] in cases] if cases else []
        if all(drill["ended"] for drill in drills) or time.monotonic() > until:
            return drills
        time.sleep(PAUSE)


def _told(told: Mapping[str, Any]) -> str:
    rows = [_row(drill) for drill in told["drills"]]
    rows += [("", clean(each["key"], 120), "no", "", "", clean(each["refused"], 400)) for each in told["refused"]]
    rows += [(kind, "no canary: make one and tag it sexton:drill", "", "", "", "") for kind in told["without"]]
    return table(("KIND", "CANARY", "DELETED", "RESTORED AS", ">SECONDS", "DIFFERENCES"), rows)


def _row(drill: Mapping[str, Any]) -> tuple[str, ...]:
    restored = (drill["restored_as"] or "no").rsplit("/", 1)[-1]
    deleted = "yes" if drill["deleted"] else "no"
    return (drill["kind"], clean(drill["key"], 120), deleted, clean(restored, 120), _seconds(drill), _differences(drill))


def _seconds(drill: Mapping[str, Any]) -> str:
    if not drill["ended"]:
        return ""
    return f"{(datetime.fromisoformat(drill['ended']) - datetime.fromisoformat(drill['began'])).total_seconds():.0f}"


def _differences(drill: Mapping[str, Any]) -> str:
    if drill["failed"]:
        return clean(drill["failed"], 400)
    if not drill["ended"]:
        return clean(f"not done yet{': ' if drill['waits'] else ''}{drill['waits'] or ''}", 400)
    listed = (f"{each['field']}: {each['before']} → {each['after']}" for each in drill["differences"])
    return clean("; ".join(listed) or "none", 1000)
