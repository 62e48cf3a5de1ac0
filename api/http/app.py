"""The FastAPI app: every door hung in its gate, every error a problem, and a porch around it all."""

from __future__ import annotations

from fastapi import FastAPI

from api import VERSION
from api.http import acting, audit, cases, drills, freezing, holds, impact, probes, reading, slack, slack_commands
from api.http.door import check, hang
from api.http.house import House
from api.http.porch import Porch
from api.http.problems import answer_errors
from api.metrics import registry_of

DOORS = (
    *probes.DOORS,
    *cases.DOORS,
    *acting.DOORS,
    *freezing.DOORS,
    *holds.DOORS,
    *drills.DOORS,
    *audit.DOORS,
    *reading.DOORS,
    *impact.DOORS,
    *slack.DOORS,
    *slack_commands.DOORS,
)
"""Every route there is."""


def create_app(house: House) -> FastAPI:
    """The app over a house. Undeclared when a route does not say who may use it.

    FastAPI's own pages are off: its Swagger page loads scripts from elsewhere, and its schema route would have no gate.
    """
    app = FastAPI(title="Sexton", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.house = house
    app.state.registry = registry_of(house.service)
    answer_errors(app)
    hang(app, DOORS)
    check(app)
    app.add_middleware(Porch)
    return app
