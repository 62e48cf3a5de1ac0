"""A door: one route, who may use it, and the gate that stands in it. An app with a route that has no gate does not start."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.routing import APIRoute

from api.http.house import House, the_house
from engine.teams import Access, Person

Proven = TypeVar("Proven")

PUBLIC = "public"
"""Open to everybody: health, metrics, the front page, and what proves itself otherwise (Slack's signature)."""

UNSIGNED = {"WWW-Authenticate": 'Bearer realm="sexton"'}


class Undeclared(Exception):
    """A route does not say who may use it. The app must not start with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One route. `access` is the least that a token must open, or None for everybody."""

    method: str
    path: str
    access: Access | None
    answer: Callable[..., Any]
    status: int = 200
    pipelines: bool = False
    """Also open to pipelines that the settings know, with their forge's token."""


class Gate:
    """Lets through who has signed in with enough access, and says who it is."""

    def __init__(self, access: Access | None, *, pipelines: bool = False) -> None:
        self.access = access
        self.pipelines = pipelines

    def __call__(self, request: Request) -> None:
        """401 without a good token, 403 with one that opens too little."""
        if self.access is None:
            return
        if self.pipelines and _is_a_pipeline(request):
            return
        person = _signed_in(request)
        if not person.access.covers(self.access):
            raise HTTPException(403, f"{person.email} has a {person.access} token; this takes {self.access} or more.")
        request.state.person = person


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_a_pipeline(request: Request) -> bool:
    """Whether a forge's token came, and a good one: a bad one is refused, and never tried as a person's."""
    house: House = request.app.state.house
    token = _token(request)
    if house.pipelines is None or token.count(".") != 2:
        return False
    if house.identity is not None and house.identity.knows(token):
        return False
    request.state.pipeline = _verified(house.pipelines.verify, token)
    return True


def _verified(verify: Callable[[str], Proven], token: str) -> Proven:
    """Who a token of an issuer that the settings know proves to be, or the refusal that says why not."""
    from api.issuers import Rejected

    try:
        return verify(token)
    except Rejected as rejected:
        headers = UNSIGNED if rejected.status == 401 else None
        raise HTTPException(rejected.status, str(rejected), headers) from rejected


def _signed_in(request: Request) -> Person:
    token = _token(request)
    if not token:
        raise HTTPException(401, "Send a token: `Authorization: Bearer sxt_…`; `sexton token PERSON` makes one.", UNSIGNED)
    house: House = request.app.state.house
    if house.identity is not None and house.identity.knows(token):
        return _verified(house.identity.person, token)
    bearer = house.ledger.person(token, house.clock.now())
    if bearer is None:
        raise HTTPException(401, "This token is unknown, revoked or has run out; ask for a new one.", UNSIGNED)
    subject = f"token:{token.split('_')[1]}"  # its id, which is no secret
    return Person(email=bearer.email, access=Access(bearer.role), subject=subject)


def the_person(request: Request) -> Person:
    """Who asks. The gate has put it there."""
    person: Person = request.state.person
    return person


Asking = Annotated[Person, Depends(the_person)]
Inside = Annotated[House, Depends(the_house)]


def hang(app: FastAPI, doors: Iterable[Door]) -> None:
    """Add routes, each with its gate."""
    for door in doors:
        app.add_api_route(
            door.path,
            door.answer,
            methods=[door.method],
            status_code=door.status,
            dependencies=[Depends(Gate(door.access, pipelines=door.pipelines))],
            openapi_extra={"x-access": str(door.access or PUBLIC)},
        )


def gate_of(route: object) -> Gate | None:
    """The gate of a route, None where it has none."""
    if not isinstance(route, APIRoute):
        return None
    calls = (dependency.call for dependency in route.dependant.dependencies)
    return next((call for call in calls if isinstance(call, Gate)), None)


def check(app: FastAPI) -> None:
    """Undeclared for the first route, of any sort, that has no gate."""
    for route in app.routes:
        if gate_of(route) is None:
            raise Undeclared(f"The route {getattr(route, 'path', route)} does not say who may use it: make it a Door.")
