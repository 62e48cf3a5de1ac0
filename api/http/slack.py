"""Slack's buttons: a signed click becomes a word at the desk, under the name that Slack vouches for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import BackgroundTasks, HTTPException, Request, Response

from api.http.door import Door, Inside
from api.http.house import House
from api.shapes.says import says
from engine.case import Case
from engine.notice import Button
from engine.teams import Access, Person
from engine.wording import clean
from reapers.desk import Desk, NoSuchCase, Refused

if TYPE_CHECKING:
    from reapers.notify.clicks import Click, Clicks
    from reapers.notify.commands import Commands
    from reapers.notify.people import People

REMEMBERED = timedelta(minutes=15)
"""Longer than a signature is good (five minutes on either side)."""


UNSET = "Slack is not configured here; set SEXTON_SLACK__TOKEN and SEXTON_SLACK__SIGNING_SECRET."


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """Reads clicks and commands, knows who pressed, and answers."""

    clicks: Clicks
    people: People
    answer: Callable[[Click, str], bool]
    """Shows a sentence to the person who pressed (reapers/notify/answers.py). That it fails changes nothing."""
    commands: Commands | None = None
    """Reads slash commands; None: there are none."""


def refuse_a_replay(replay: str, house: House) -> None:
    """409 for a request that was seen before, by any server over this ledger: a recorded one must not be sent again."""
    now = house.clock.now()
    if not house.ledger.once.first(f"slack {replay}", now + REMEMBERED, now):
        raise HTTPException(409, "This click was received before.")


def take(click: Click, person: Person, desk: Desk) -> str:
    """What a click means at the desk, and the sentence that the person reads."""
    try:
        case = SAID[click.button](click, person, desk)
    except (Refused, NoSuchCase) as refused:
        return str(refused)
    return f"Noted, {person.email}: {clean(case.name or case.key.id)} is now {says(case)}."


def _keep(click: Click, person: Person, desk: Desk) -> Case:
    return desk.keep(click.case, person, None, "kept with the button in Slack")


SAID: dict[Button, Callable[[Click, Person, Desk], Case]] = {
    Button.APPROVE: lambda click, person, desk: desk.approve(click.case, person, click.prefix, "approved in Slack"),
    Button.KEEP: _keep,
    Button.SNOOZE: lambda click, person, desk: desk.snooze(click.case, person, None, "snoozed in Slack"),
    Button.NOT_MINE: lambda click, person, desk: desk.not_mine(click.case, person),
    Button.REJECT: lambda click, person, desk: desk.reject(click.case, person, "rejected in Slack"),
    Button.RESTORE: lambda click, person, desk: desk.restore(click.case, person, "asked for in Slack"),
}


async def pressed(request: Request, house: Inside, after: BackgroundTasks) -> Response:
    """A click. Slack wants its 200 within three seconds; what came of it is shown to the person afterwards."""
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(_pressed, await request.body(), request, house, after)


def _pressed(body: bytes, request: Request, house: House, after: BackgroundTasks) -> Response:
    from reapers.notify.clicks import BadClick
    from reapers.notify.people import Stranger

    buttons: Buttons | None = house.buttons
    if buttons is None:
        raise HTTPException(404, UNSET)
    try:
        click = buttons.clicks.read(body, request.headers)
    except BadClick as bad:
        raise HTTPException(bad.status, bad.why) from bad
    refuse_a_replay(click.replay, house)
    try:
        subject = f"slack:{click.team_id}/{click.user_id}"
        person = Person(email=buttons.people.email(click), access=Access.APPROVER, subject=subject)
        said = take(click, person, house.desk)
    except Stranger as stranger:
        said = str(stranger)
    after.add_task(buttons.answer, click, said)
    return Response(status_code=200)


DOORS = (Door(method="POST", path="/slack/actions", access=None, answer=pressed),)
