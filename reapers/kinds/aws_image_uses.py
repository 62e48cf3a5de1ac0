"""What uses images and their snapshots: instances, launch templates in every version, launch configurations, images.

A template that is on no auto scaling group may be used tomorrow (c7n#6554 took production down), and a disabled image still holds
its snapshots (c7n#9138). AWS itself refuses only to delete a snapshot that an image holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Unknown
from reapers.kinds.aws_instance_images import snapshots_of

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

_TEMPLATES = frozenset({
    "ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions", "ssm:GetParameters",
    "autoscaling:DescribeLaunchConfigurations",
})  # fmt: skip
IMAGES = _TEMPLATES | {"ec2:DescribeInstances"}
"""Permissions for `images_in_use`."""
SNAPSHOTS = _TEMPLATES | {"ec2:DescribeImages"}
"""Permissions for `snapshots_in_images` and `snapshots_in_templates`."""


def images_in_use(cell: AWSCell) -> frozenset[str] | Unknown:
    """Ids of images that something in this region of the account starts, or was started, from; Unknown when a part is unread."""
    return cell.attempt(lambda: frozenset(_images(cell)))


def snapshots_in_images(cell: AWSCell) -> frozenset[str] | Unknown:
    """Ids of snapshots that an image of the account is made of; Unknown when a part is unread."""
    return cell.attempt(lambda: _held_by(own_images(cell)))


def snapshots_in_templates(cell: AWSCell) -> frozenset[str] | Unknown:
    """Ids of snapshots that a template holds; Unknown when a part is unread."""
    return cell.attempt(lambda: _held_by(_templates(cell)))


def used(id: str, uses: frozenset[str] | Unknown) -> bool | Unknown:
    """Whether one is among those in use."""
    return uses if isinstance(uses, Unknown) else id in uses


def own_images(cell: AWSCell) -> Iterator[dict[str, Any]]:
    """Every image that the account owns, the disabled too."""
    return cell.pages("ec2", "describe_images", "Images", Owners=["self"], IncludeDisabled=True)


def _images(cell: AWSCell) -> Iterator[str]:
    for instance in cell.pages("ec2", "describe_instances", "Reservations.Instances"):
        if instance["State"]["Name"] != "terminated":
            yield instance["ImageId"]
    yield from (template["ImageId"] for template in _templates(cell) if template.get("ImageId"))


def _held_by(holders: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(snapshot for holder in holders for snapshot in snapshots_of(holder))


def _templates(cell: AWSCell) -> Iterator[Mapping[str, Any]]:
    """What every version of every launch template says, and every launch configuration."""
    for template in cell.pages("ec2", "describe_launch_templates", "LaunchTemplates"):
        asked = {"LaunchTemplateId": template["LaunchTemplateId"], "ResolveAlias": True}  # an SSM parameter may name the image
        for version in cell.pages("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", **asked):
            yield version["LaunchTemplateData"]
    yield from cell.pages("autoscaling", "describe_launch_configurations", "LaunchConfigurations")
