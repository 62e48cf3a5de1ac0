"""Slack's buttons: a signed click becomes a word at the desk, under the name that Slack vouches for."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fastapi import BackgroundTasks, HTTPException, Request, Response

from api.http.door import Door, Inside
from api.http.porch import TooLarge
from api.shapes.says import says
from engine.case import Case
from engine.notice import Button
from engine.teams import Access, Person
from engine.wording import clean
from reapers.desk import Desk, NoSuchCase, Refused

if TYPE_CHECKING:
    from reapers.notify.clicks import Click, Clicks
    from reapers.notify.people import People
    from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

SEEN = "slack_clicks"
"""The ledger's fact: the signatures of the last minutes, so that a recorded click cannot be sent again, also after a restart."""

REMEMBERED = timedelta(minutes=15)
"""Longer than a signature is good (five minutes on either side)."""


@dataclass(slots=True, kw_only=True)
class Buttons:
    """Reads clicks, knows who pressed, refuses replays, and answers."""

    clicks: Clicks
    people: People
    answer: Callable[[Click, str], bool]
    """Shows a sentence to the person who pressed (reapers/notify/answers.py). That it fails changes nothing."""
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def first_time(self, click: Click, ledger: Ledger, now: datetime) -> bool:
        """Whether this very request has not been seen before; it is remembered."""
        with self._one_at_a_time:
            held: dict[str, str] = json.loads(ledger.get(SEEN) or "{}")
            fresh = {replay: until for replay, until in held.items() if datetime.fromisoformat(until) > now}
            if click.replay in fresh:
                return False
            fresh[click.replay] = (now + REMEMBERED).isoformat()
            ledger.set(SEEN, json.dumps(fresh))
            return True


async def body_of(request: Request) -> bytes:
    """The body as it was sent: the signature is over its bytes."""
    return await request.body()


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
}


async def pressed(request: Request, house: Inside, after: BackgroundTasks) -> Response:
    """A click. Slack wants its 200 within three seconds; what came of it is shown to the person afterwards."""
    from starlette.concurrency import run_in_threadpool

    try:
        body = await request.body()
    except TooLarge:
        raise
    return await run_in_threadpool(_pressed, body, request, house, after)


def _pressed(body: bytes, request: Request, house: Any, after: BackgroundTasks) -> Response:
    from reapers.notify.clicks import BadClick
    from reapers.notify.people import Stranger

    buttons: Buttons | None = house.buttons
    if buttons is None:
        raise HTTPException(404, "Slack is not configured here; set SEXTON_SLACK__TOKEN and SEXTON_SLACK__SIGNING_SECRET.")
    try:
        click = buttons.clicks.read(body, request.headers)
    except BadClick as bad:
        raise HTTPException(bad.status, bad.why) from bad
    if not buttons.first_time(click, house.ledger, house.clock.now()):
        raise HTTPException(409, "This click was received before.")
    try:
        person = Person(email=buttons.people.email(click), access=Access.APPROVER)
        said = take(click, person, house.desk)
    except Stranger as stranger:
        said = str(stranger)
    after.add_task(buttons.answer, click, said)
    return Response(status_code=200)


DOORS = (Door(method="POST", path="/slack/actions", access=None, answer=pressed),)
