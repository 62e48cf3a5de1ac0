"""Guards that only time lifts: the hours for acts and the limits on how many."""

from __future__ import annotations

from engine.calendar import is_open
from engine.guards.guard import Asked, Guard
from engine.limits import act_of, hits
from engine.schedule import Rules


def _window(asked: Asked) -> bool:
    policies = asked.standing.policies
    return not is_open(policies.organization.hours, Rules(policies=policies).calendar(asked.case.team), asked.now)


def met_limits(asked: Asked) -> tuple[str, ...]:
    """The names of the limits that one act more would break."""
    if asked.action is None:
        return ()
    by_platform = any(agreement.role == "platform" for agreement in asked.case.agreements)
    act = act_of(asked.case, asked.action, asked.now)
    met = hits(act, asked.usage, asked.standing.population, asked.standing.policies, priced_by_platform=by_platform)
    return tuple(sorted({hit.limit for hit in met}))


TIMING = (
    Guard(
        number=15,
        name="caps",
        sentence="One act more would break a limit of the account, the policy, the team or the organization.",
        blocks=lambda asked: bool(met_limits(asked)),
        patient=True,
    ),
    Guard(
        number=17,
        name="window",
        sentence="It is outside the hours in which acts may run, in the time zone of the owning team.",
        blocks=_window,
        patient=True,
    ),
)
