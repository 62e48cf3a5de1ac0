"""Policies as if everything were allowed: for rolling out, where every account still only observes."""

from __future__ import annotations

from dataclasses import replace

from engine.model import Mode
from engine.policy import PolicySet


def at_full_reach(policies: PolicySet) -> PolicySet:
    """Every account that the Organization names, and every policy, in mode delete; what protects and delays stays as it is."""
    rows = tuple(replace(row, mode=Mode.DELETE) for row in policies.organization.accounts)
    reaps = {name: replace(reap, mode=Mode.DELETE) for name, reap in policies.reaps.items()}
    return replace(policies, organization=replace(policies.organization, accounts=rows), reaps=reaps)
