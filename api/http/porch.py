"""What every request passes first: an id, a limit on its body, and the security headers of its answer. Plain ASGI."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import HEADERS, new_id

LARGEST = 100 * 1024
"""Bytes of a body. A click in Slack comes back with its whole message, which is the largest that we expect."""


class TooLarge(HTTPException):
    """The body is beyond the limit. An HTTPException: FastAPI turns anything else that is raised while it reads into a 400."""

    def __init__(self) -> None:
        super().__init__(413, f"The body is larger than {LARGEST:,} bytes.")


class Porch:
    """Wraps the app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; reading a body that is too large raises TooLarge."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, "X-Request-Id": request_id}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, _measured(scope, receive), answer)


def _measured(scope: Scope, receive: Receive) -> Receive:
    """`receive` that raises TooLarge once more than the limit came, or at once where the headers announce it."""
    announced = Headers(scope=scope).get("content-length", "0")
    read = int(announced) if announced.isdecimal() and int(announced) > LARGEST else 0

    async def measured() -> Message:
        nonlocal read
        if read > LARGEST:
            raise TooLarge()
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST:
            raise TooLarge()
        return message

    return measured
