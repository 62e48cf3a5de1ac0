"""Recycle Bin as the way back: a deleted snapshot or image stays there as long as a retention rule of its region says.

The backup of such a resource makes nothing: it sees to it that a rule covers the resource for as long as an undo is promised.
Where none does, the delete waits for a person. This was verified against a double only, made after AWS's documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.model import Unknown, Verb
from reapers.kind import Order, Progress, Unusable
from reapers.kinds.aws_condemn import EC2
from reapers.kinds.progress import sent

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """What the bin calls one sort of resource."""

    sort: str
    """ResourceType of a rule."""
    noun: str
    """Of the operations: Snapshot or Image."""

    @property
    def needs(self) -> frozenset[str]:
        """Permissions of the acts below."""
        name = self.noun
        return frozenset({
            "rbin:ListRules", "rbin:GetRule", f"ec2:List{name}sInRecycleBin", f"ec2:Restore{name}FromRecycleBin",
        })  # fmt: skip

    def promise(self, cell: AWSCell, order: Order) -> dict[str, Any]:  # noqa: ARG002 - every act's signature
        """Sends nothing: `promised` looks whether a rule covers it."""
        return sent(cell.now)

    def promised(self, cell: AWSCell, order: Order) -> Progress:
        """Done when a rule will keep the resource until the undo ends. Unusable says that none does."""
        tags = order.resource.tags if order.resource is not None else Unknown("it was not read")
        if isinstance(tags, Unknown):
            raise Unusable(f"whether a Recycle Bin rule covers {order.key.id} is not known, as its tags are not: {tags.why}")
        wanted = max((order.until - cell.now) / DAY, 1) if order.until else 1
        longest = max((_days(rule) for rule in self._rules(cell) if covers(rule, tags)), default=0)
        if longest >= wanted:
            return Progress.DONE
        kept = f"keeps it for {longest} days only" if longest else "covers it"
        raise Unusable(
            f"{'a' if longest else 'no'} Recycle Bin rule for {self.sort} in {cell.region} {kept}, and {order.key.id} must be "
            f"restorable for {wanted:.0f} days: make such a rule, or write `before_delete: []` and let platform agree"
        )

    def bring_back(self, cell: AWSCell, order: Order) -> dict[str, Any]:
        """Out of the bin, under its own id and with its tags but the one that condemned it; nothing where it is not there."""
        if self._kept(cell, order.key.id):
            cell.call("ec2", f"restore_{self.noun.lower()}_from_recycle_bin", **{f"{self.noun}Id": order.key.id})
        EC2[Verb.SPARE].do(cell, order)
        return {**order.memory, **sent(cell.now, key=order.key.ref)}

    def _kept(self, cell: AWSCell, id: str) -> bool:
        """Whether it is in the bin."""
        asked = {f"{self.noun}Ids": [id]}
        gone = ("InvalidSnapshot.NotFound", "InvalidAMIID.NotFound")
        answer = cell.find("ec2", f"list_{self.noun.lower()}s_in_recycle_bin", gone, **asked)
        return bool(answer and answer[f"{self.noun}s"])

    def _rules(self, cell: AWSCell) -> Sequence[Mapping[str, Any]]:
        """Every rule of the sort, with its tags."""
        listed = cell.pages("rbin", "list_rules", "Rules", ResourceType=self.sort)
        return [cell.call("rbin", "get_rule", Identifier=rule["Identifier"]) for rule in listed]


def covers(rule: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Whether a rule keeps what has these tags: one with tags what has any of them, one without all that it does not exclude."""
    if rule.get("Status") != "available":
        return False
    only = rule.get("ResourceTags") or ()
    return _any(only, tags) if only else not _any(rule.get("ExcludeResourceTags") or (), tags)


def _any(wanted: Sequence[Mapping[str, str]], tags: Mapping[str, str]) -> bool:
    return any(tags.get(tag["ResourceTagKey"]) == tag.get("ResourceTagValue", "") for tag in wanted)


def _days(rule: Mapping[str, Any]) -> int:
    return int(rule["RetentionPeriod"]["RetentionPeriodValue"])
