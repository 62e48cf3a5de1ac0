"""Slack's slash command: `/sexton freeze REASON` halts everything at once, `/sexton unfreeze` asks for a second person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException, Request

from api.http.door import Door, Inside
from api.http.house import House
from api.http.slack import UNSET, Buttons, refuse_a_replay
from api.shapes.freeze import halted
from engine.teams import Access, Person, approves_for
from engine.wording import clean
from reapers.refused import Refused

if TYPE_CHECKING:
    from reapers.notify.commands import Command

USAGE = "Write /sexton freeze and a reason to halt every act at once, or /sexton unfreeze to ask for it to go on."


async def commanded(request: Request, house: Inside) -> dict[str, Any]:
    """A command. Slack shows the answer: to everybody in the channel where something was done, else to the person alone."""
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(_commanded, await request.body(), request.headers, house)


def _commanded(body: bytes, headers: Mapping[str, str], house: House) -> dict[str, Any]:
    from reapers.notify.people import Stranger
    from reapers.notify.signed import BadClick

    buttons = house.buttons
    if buttons is None or buttons.commands is None:
        raise HTTPException(404, UNSET)
    try:
        command = buttons.commands.read(body, headers)
    except BadClick as bad:
        raise HTTPException(bad.status, bad.why) from bad
    refuse_a_replay(command.replay, house)
    say = WORDS.get(command.word)
    if say is None:
        return _shown(f"{halted(house.service.halts()) or 'Nothing is frozen.'} {USAGE}", to="ephemeral")
    try:
        return _shown(say(command, _person(command, buttons, house), house), to="in_channel")
    except (Refused, Stranger) as refused:
        return _shown(str(refused), to="ephemeral")


def _shown(text: str, to: str) -> dict[str, Any]:
    from engine.render.slack import escaped

    return {"response_type": to, "text": escaped(clean(text, 1000))}


def _person(command: Command, buttons: Buttons, house: House) -> Person:
    email = buttons.people.email(command)
    subject = f"slack:{command.team_id}/{command.user_id}"
    return Person(email=email, access=access_of(email, house), subject=subject)


def access_of(email: str, house: House) -> Access:
    """What their good tokens open; whoever policies name as an approver may freeze without one.

    Before policies were loaded nobody's team is known, and halting is the safe side.
    """
    now, policies = house.clock.now(), house.service.situation.policies
    mine = [token for token in house.ledger.tokens() if token.person.email == email]
    opened = [Access(token.person.role) for token in mine if token.revoked is None and token.expires > now]
    bare = Person(email=email, access=Access.VIEWER)
    approves = policies is None or any(approves_for(bare, team) for team in policies.teams.values())
    return max([Access.APPROVER if approves else Access.VIEWER, *opened], key=list(Access).index)


def _freeze(command: Command, person: Person, house: House) -> str:
    house.desk.freeze(person, command.rest)
    return f"{person.email} has frozen everything: {command.rest}"


def _unfreeze(command: Command, person: Person, house: House) -> str:
    asked = house.desk.unfreeze(person, command.rest, only_asks=True)
    assert asked is not None  # only a request is filed
    return f"{person.email} asks to go on. Until {asked.until:%Y-%m-%d %H:%M} UTC another operator can agree: sexton unfreeze."


WORDS: Mapping[str, Callable[[Command, Person, House], str]] = {"freeze": _freeze, "unfreeze": _unfreeze}

DOORS = (Door(method="POST", path="/slack/commands", access=None, answer=commanded),)
