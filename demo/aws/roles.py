"""The roles of a furnished account: whoever signs as one may do what its policy allows, with the conditions, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.aws.asks import asks
from demo.aws.calls import Call
from demo.aws.iam import allows
from demo.aws.refusals import Refusal, role_taken
from engine.model import Role
from reapers.permissions import Wish, role_of

CALLER: Mapping[str, Any] = {
    "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "organizations:List*"], "Resource": "*"}]
}
"""What Sexton's own credentials may do: take on a role. Whoever works in the account by hand is not held to it."""

ANYBODY = ("sts:GetCallerIdentity",)
"""What AWS asks no permission for."""


class Roles:
    """Role name -> policy document. Empty: nobody is held to anything."""

    def __init__(self) -> None:
        self.policies: dict[str, Mapping[str, Any]] = {}
        self.denied: list[str] = []
        """What was refused for want of a permission, as sentences."""

    def furnish(self, wish: Wish | None = None, pattern: str = "sexton-{role}") -> None:
        """The four roles in every account, as `sexton permissions aws` writes them."""
        self.policies |= {pattern.format(role=role): role_of("aws", role, wish) for role in Role}

    def refusal(self, call: Call) -> Refusal | None:
        """Why AWS refuses a call of Sexton's; None where it does not."""
        found = self._refusal(call)
        if found is not None:
            self.denied.append(f"{call}: {found.message}")
        return found

    def _refusal(self, call: Call) -> Refusal | None:
        if not self.policies or not call.ours or call.iam in ANYBODY:
            return None
        if call.iam == "sts:AssumeRole" and role_taken(call) not in self.policies:
            return _denied(call, call.iam, "the role does not exist, or does not trust the caller")
        role = assumed(call)
        policy = self.policies[role] if role else CALLER
        missing = next((ask.action for ask in asks(call) if not allows(policy, ask)), None)
        return (
            None if missing is None else _denied(call, missing, f"no identity-based policy of {role or 'the caller'} allows it")
        )


def assumed(call: Call) -> str:
    """The name of the role whose session signed a call; "" where a user did."""
    from moto.sts.models import sts_backends

    session = sts_backends[call.account]["aws"].get_assumed_role_from_access_key(call.key)
    return "" if session is None else str(session.role_arn).rsplit("/", 1)[-1]


def _denied(call: Call, action: str, why: str) -> Refusal:
    code = "UnauthorizedOperation" if call.service == "ec2" else "AccessDenied"
    return Refusal(code, f"User is not authorized to perform: {action} because {why}", 403)
