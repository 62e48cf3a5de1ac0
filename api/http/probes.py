"""Health, readiness, metrics, the description of the API, and the front page: what answers without a token."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from api import VERSION
from api.http.door import Door, Inside
from api.shapes.freeze import halted
from engine.wording import clean


def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


def readyz(house: Inside) -> Response:
    """The ledger answers and policies are in force. 503 says which of them does not; a head that was not taken is named."""
    house.ledger.frozen()
    situation = house.service.situation
    if situation.policies is None:
        why = situation.head.error or "; ".join(str(problem.message) for problem in situation.head.problems[:1])
        raise HTTPException(503, f"No policies are in force{': ' + why if why else ' yet'}")
    head = situation.head
    if halted_by := halted(house.service.halts()):
        return PlainTextResponse(f"ready; nothing acts\n{halted_by}\n")
    if head.valid or not head.sha:
        return PlainTextResponse("ready\n")
    why = "; ".join(str(problem.message) for problem in head.problems[:1]) or head.error or f"the branch was {head.moved}"
    return PlainTextResponse(f"ready; nothing acts, as the branch's head {head.sha[:12]} is not in force: {clean(why, 300)}\n")


def metrics(request: Request) -> Response:
    """For Prometheus, in the format that it asks for."""
    from prometheus_client.exposition import choose_encoder

    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.registry), media_type=content_type)


def openapi(request: Request) -> dict[str, Any]:
    """The description of the API (OpenAPI 3.1)."""
    described: dict[str, Any] = request.app.openapi()
    return described


def front(house: Inside) -> Response:
    """What this is, how it stands, and where to go."""
    situation = house.service.situation
    commit = escape(situation.commit[:12]) or "none yet"
    seen = f"{situation.inventory.as_of:%Y-%m-%d %H:%M} UTC" if situation.inventory else "none yet"
    frozen = "yes" if house.service.halts() else "no"
    return HTMLResponse(
        PAGE.format(version=escape(VERSION), commit=commit, seen=seen, mode=escape(str(situation.mode)), frozen=frozen)
    )


PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sexton</title></head>
<body>
<main>
<h1>Sexton {version}</h1>
<p>Policies in git judge a cloud estate; owners are told before anything happens;
what is idle, expired or unowned goes, with a way back.</p>
<dl>
<dt>Policies in force</dt><dd>{commit}</dd>
<dt>Last inventory</dt><dd>{seen}</dd>
<dt>Goes as far as</dt><dd>{mode}</dd>
<dt>Frozen</dt><dd>{frozen}</dd>
</dl>
<p>On the command line, with a token: <code>sexton cases</code> lists cases, <code>sexton cases show CASE</code> shows one.</p>
<ul>
<li><a href="/openapi.json">The API, described</a> (send <code>Authorization: Bearer</code> and your token)</li>
<li><a href="/metrics">Metrics</a> for Prometheus</li>
<li><a href="/healthz">Health</a> and <a href="/readyz">readiness</a></li>
</ul>
</main>
</body>
</html>
"""

DOORS = (
    Door(method="GET", path="/", access=None, answer=front),
    Door(method="GET", path="/healthz", access=None, answer=healthz),
    Door(method="GET", path="/readyz", access=None, answer=readyz),
    Door(method="GET", path="/metrics", access=None, answer=metrics),
    Door(method="GET", path="/openapi.json", access=None, answer=openapi),
)
