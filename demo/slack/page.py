"""The page of the Slack stand-in: channels, messages, and buttons that work without JavaScript."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import DictLoader, Environment

from demo.slack.markup import html, plain
from demo.slack.workspace import Message, Person, Workspace


def _file(name: str) -> str:
    return files("demo.slack").joinpath(name).read_text(encoding="utf-8")


STYLE = _file("page.css")
SCRIPT = _file("page.js")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; img-src data:"
)
"""Nothing is loaded from anywhere, and no script runs but ours: names in messages are not to be trusted, here neither."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button that somebody is about to press."""

    message: Message
    button: Mapping[str, Any]
    person: Person


@cache
def _templates() -> Environment:
    sources = {name: _file(name) for name in ("page.html", "question.html")}
    made = Environment(loader=DictLoader(sources), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"mrkdwn": html, "plain": plain}
    made.globals |= {"style": STYLE, "script": SCRIPT}
    return made


def overview(workspace: Workspace, query: Mapping[str, str]) -> str:
    """The page of one channel, as one person sees it."""
    channels = workspace.channels()
    channel = next((one for one in channels if one.id == query.get("channel")), channels[0] if channels else None)
    you = workspace.people.get(query.get("you", "")) or next(_who_can_answer(workspace), None)
    messages = tuple(reversed(workspace.messages(channel.id))) if channel else ()
    return (
        _templates()
        .get_template("page.html")
        .render(
            channels=channels,
            counts={one.id: len(workspace.messages(one.id)) for one in channels},
            channel=channel,
            you=you,
            people=tuple(_who_can_answer(workspace)),
            names={person.id: person.name for person in workspace.people.values()},
            messages=messages,
            version=workspace.version,
            query=lambda **changed: urlencode({"channel": channel.id if channel else "", "you": you.id if you else ""} | changed),
        )
    )


def question(press: Press, form: Mapping[str, str]) -> str:
    """Slack's confirmation dialog, as a page of its own."""
    template = _templates().get_template("question.html")
    return template.render(press=press, confirm=press.button["confirm"], form=form, back=address(press))


def pressed(workspace: Workspace, form: Mapping[str, str]) -> Press | None:
    """The button that a form names; None when message, button or person are not there."""
    message = workspace.message(form.get("channel", ""), form.get("ts", ""))
    person = workspace.people.get(form.get("you", ""))
    if message is None or person is None:
        return None
    wanted = form.get("press", "")
    button = next((one for one in message.buttons() if f"{one['action_id']} {one['value']}" == wanted), None)
    return Press(message, button, person) if button else None


def address(press: Press, part: str = "m") -> str:
    """Back to the message (`m`), or to the answers below it (`r`)."""
    return f"/?{urlencode({'channel': press.message.channel, 'you': press.person.id})}#{part}-{press.message.ts}"


def _who_can_answer(workspace: Workspace) -> Iterator[Person]:
    yield from (person for person in workspace.people.values() if not person.deleted and not person.bot)
