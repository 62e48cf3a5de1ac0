"""The Slack stand-in as a server in a thread of this process: the Web API under /api/, the page at /."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from email.utils import format_datetime
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.slack import page, presses
from demo.slack.methods import answer
from demo.slack.presses import Pressed
from demo.slack.workspace import Call, Fault, Message, Person, Reply, Workspace
from reapers.clock import Clock

PATIENCE = 5.0
"""Real seconds that a click waits for the words at its response URL."""


class LocalSlack:
    """A Slack on 127.0.0.1. Use it as a context manager, or `start` and `stop`."""

    def __init__(
        self,
        clock: Clock,
        people: Iterable[Person] = (),
        *,
        signing_secret: str = "demo-signing-secret",
        channels: Iterable[str] | None = None,
        port: int = 0,
    ) -> None:
        """`channels`: those that exist (None: any that is written to). `port` 0: a free one."""
        self.workspace = Workspace(clock, people, channels)
        self.signing_secret = signing_secret
        self.deliver_to = ""
        """The product's /slack/actions address: where clicks are POSTed."""
        self.commands_to = ""
        """The product's /slack/commands address."""
        self.token = ""
        """The only bot token that is accepted; empty: any."""
        self._port = port
        self._url = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    # --- for those who start it ---

    @property
    def url(self) -> str:
        """The page: http://127.0.0.1:PORT."""
        return self._url

    @property
    def api_url(self) -> str:
        """What `slack.base_url` is set to."""
        return f"{self._url}/api/"

    def start(self) -> LocalSlack:
        """Listen. OSError when the port is taken."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(self._app(), log_level="error", lifespan="off", date_header=False, server_header=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, name="local-slack", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stop listening; what was said stays readable."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(10)

    def __enter__(self) -> LocalSlack:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # --- for stories and tests ---

    def messages(self, channel: str | None = None) -> tuple[Message, ...]:
        """All messages, oldest first; only those of one channel (`#payments`)."""
        return self.workspace.messages(channel)

    @property
    def log(self) -> tuple[Call, ...]:
        """Every call of the Web API."""
        return self.workspace.log()

    def down(self, calls: int | None = None) -> None:
        """Answer 503, for so many calls or until `well`."""
        self.workspace.fail(Fault(sort="down", calls=calls))

    def limited(self, calls: int = 1, retry_after: int = 1) -> None:
        """Answer 429 with Retry-After."""
        self.workspace.fail(Fault(sort="limited", calls=calls, retry_after=retry_after))

    def lost(self, calls: int = 1) -> None:
        """Do the work and answer 500: the caller cannot know."""
        self.workspace.fail(Fault(sort="lost", calls=calls))

    def well(self) -> None:
        """No faults any more."""
        self.workspace.well()

    def press(self, case: str, button: str, person: str) -> Pressed:
        """Press a case's newest button as the person with this e-mail address. LookupError: no such button or person."""
        someone = self._someone(person)
        for message in reversed(self.messages()):
            for found in message.buttons():
                if found["action_id"] == f"sexton.{button}" and found["value"].startswith(f"{case}."):
                    return self.click(message, found, someone)
        raise LookupError(f"no message has a button {button} for case {case}")

    def command(self, text: str, person: str) -> Pressed:
        """Type `/sexton TEXT` as the person with this e-mail address. LookupError: no such person."""
        someone = self._someone(person)
        if not self.commands_to:
            return Pressed(0, "Nobody listens to this Slack's commands.")
        form = presses.command(text, someone, f"{self._url}/response/none/0/{someone.id}")
        return presses.post(self.commands_to, form, self.signing_secret, self.workspace.clock.now().timestamp())

    def _someone(self, email: str) -> Person:
        someone = next((one for one in self.workspace.people.values() if one.email == email.lower()), None)
        if someone is None:
            raise LookupError(f"nobody in this Slack has the address {email}")
        return someone

    def click(self, message: Message, button: Mapping[str, Any], person: Person) -> Pressed:
        """Send what Slack sends when this person presses this button, and keep the answer under the message.

        The product answers twice: at once with a status, and a moment later, at the response URL, with words.
        """
        if not self.deliver_to:
            return Pressed(0, "Nobody listens to this Slack's buttons.")
        before = len((self.workspace.message(message.channel, message.ts) or message).replies)
        where = f"{self._url}/response/{message.channel}/{message.ts}/{person.id}"
        content = presses.payload(message, button, person, where)
        pressed = presses.send(self.deliver_to, content, self.signing_secret, self.workspace.clock.now().timestamp())
        if pressed.text:
            self.workspace.reply(message.channel, message.ts, Reply(person=person.id, text=pressed.text))
            return pressed
        return Pressed(pressed.status, self.workspace.answered(message.channel, message.ts, before, PATIENCE))

    # --- what the server does ---

    def _app(self) -> ASGIApp:
        routes = [
            Route("/api/{method}", self._api, methods=["GET", "POST"]),
            Route("/response/{channel}/{ts}/{person}", self._response, methods=["POST"]),
            Route("/", self._page),
            Route("/version", self._version),
            Route("/press", self._press, methods=["POST"]),
        ]
        return Starlette(routes=routes, middleware=[Middleware(Dated, clock=self.workspace.clock)])

    async def _api(self, request: Request) -> Response:
        params: dict[str, Any] = dict(request.query_params)
        body = await request.body()
        if request.headers.get("content-type", "").startswith("application/json"):
            params |= json.loads(body or b"{}")
        else:
            params |= dict(parse_qsl(body.decode()))
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(params.get("token", ""))
        given = answer(self.workspace, request.path_params["method"], params, token, self.token)
        return JSONResponse(given.body, status_code=given.status, headers=dict(given.headers))

    async def _response(self, request: Request) -> Response:
        where = request.path_params
        if self.workspace.message(where["channel"], where["ts"]) is None:
            return PlainTextResponse("no_such_message", status_code=404)
        text = str(json.loads(await request.body()).get("text", ""))
        self.workspace.reply(where["channel"], where["ts"], Reply(person=where["person"], text=text))
        return PlainTextResponse("ok")

    async def _page(self, request: Request) -> Response:
        return self._html(page.overview(self.workspace, request.query_params))

    async def _version(self, _request: Request) -> Response:
        return PlainTextResponse(str(self.workspace.version))

    async def _press(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        pressed = page.pressed(self.workspace, form)
        if pressed is None:
            return PlainTextResponse("There is no such button any more.", status_code=404)
        if "confirm" in pressed.button and form.get("confirmed") != "yes":
            return self._html(page.question(pressed, form))
        await run_in_threadpool(self.click, pressed.message, pressed.button, pressed.person)
        return RedirectResponse(page.address(pressed, "r"), status_code=303)

    def _html(self, text: str) -> Response:
        return HTMLResponse(text, headers={"Content-Security-Policy": page.POLICY, "Cache-Control": "no-store"})


class Dated:
    """Stamps every answer with the clock's date, as Slack does with the real one."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the Date header to the start of an answer."""

        async def dated(message: Any) -> None:
            if message["type"] == "http.response.start":
                stamp = format_datetime(self._clock.now(), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", []), (b"date", stamp)]}
            await send(message)

        await self._app(scope, receive, dated)
