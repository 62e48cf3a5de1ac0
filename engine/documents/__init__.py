"""Documents to values: one small file for each kind of document."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.documents import (
    budget,
    exemption,
    organization,
    ownership,
    policy_test,
    reap,
    shared_cost,
    sizing,
    team,
    ttl,
)
from engine.documents.draft import Draft, World
from engine.policy import (
    TTL,
    Budget,
    Exemption,
    Organization,
    Ownership,
    PolicyTest,
    Reap,
    SharedCost,
    Sizing,
    Team,
)

Value = Organization | Team | Ownership | TTL | Reap | Sizing | Budget | SharedCost | Exemption | PolicyTest

BUILDERS: Mapping[str, Callable[[Draft, World], Value]] = {
    "Organization": organization.build,
    "Team": team.build,
    "Ownership": ownership.build,
    "TTL": ttl.build,
    "Reap": reap.build,
    "Sizing": sizing.build,
    "Budget": budget.build,
    "SharedCost": shared_cost.build,
    "Exemption": exemption.build,
    "PolicyTest": policy_test.build,
}
"""Every kind of document, and what makes a value of one."""

__all__ = ["BUILDERS", "Draft", "Value", "World"]
