"""What stands behind the doors: the service with its ledger and clock, and the desk that takes people's word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request

from api.shown import Shown
from reapers.clock import Clock
from reapers.desk import Desk

if TYPE_CHECKING:
    from api.http.slack import Buttons
    from api.identity import Identity
    from api.pipelines import Pipelines
    from api.reviewing import Reviews
    from reapers.service import Service
    from reapers.store.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that a route may ask. All of it is safe from several threads at once."""

    service: Service
    desk: Desk
    buttons: Buttons | None = None
    """Slack's buttons; None where Slack is not configured."""
    reviews: Reviews | None = None
    """What a change would do; None where the policies come from no repository that changes can be fetched from."""
    pipelines: Pipelines | None = None
    """Pipelines that may ask for it; None where the settings know none."""
    identity: Identity | None = None
    """The identity provider that people may sign in with; None where the settings name none."""
    shown: Shown = field(default_factory=Shown)
    """Plans that people have seen."""

    @property
    def ledger(self) -> Ledger:
        """Cases, tokens, freeze."""
        return self.service.ledger

    @property
    def clock(self) -> Clock:
        """The calendar."""
        return self.service.clock


def house_of(
    service: Service,
    buttons: Buttons | None = None,
    pipelines: Pipelines | None = None,
    identity: Identity | None = None,
) -> House:
    """The house of a service. What people say at the desk begins its next round."""
    desk = Desk(service.ledger, service.clock, lambda: service.situation, service.wake)
    reviews = _reviews_of(service)
    return House(service=service, desk=desk, buttons=buttons, reviews=reviews, pipelines=pipelines, identity=identity)


def _reviews_of(service: Service) -> Reviews | None:
    from api.reviewing import Reviews
    from reapers.sources.git import Repository

    repository = service.world.watch.repository
    if not isinstance(repository, Repository):
        return None
    return Reviews(repository=repository, situation=lambda: service.situation, clock=service.clock)


def the_house(request: Request) -> House:
    """For routes: what stands behind them."""
    house: House = request.app.state.house
    return house
