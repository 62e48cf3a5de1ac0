"""One Terraform state file: where in it each resource is. The file is hostile until parsed, and its secrets are never kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LARGEST = 64 * 1024 * 1024
"""Bytes of a state. Terraform itself takes minutes over less."""

LONGEST = 1000
"""Characters of an address."""

IDENTITIES = ("id", "arn", "self_link", "db_instance_arn", "db_snapshot_arn", "spot_instance_id")
"""The attributes that name what a state's resource is. No other one is looked at, but for those in INSIDE."""

KNOWN = frozenset({
    "aws_ami", "aws_ami_copy", "aws_ami_from_instance", "aws_db_instance", "aws_db_snapshot", "aws_db_snapshot_copy",
    "aws_ebs_snapshot", "aws_ebs_snapshot_copy", "aws_ebs_snapshot_import", "aws_ebs_volume", "aws_eip", "aws_instance",
    "aws_rds_cluster_instance", "aws_s3_bucket", "google_compute_address", "google_compute_disk", "google_compute_global_address",
    "google_compute_instance", "google_compute_machine_image", "google_compute_region_disk", "google_compute_snapshot",
    "google_project",
})  # fmt: skip
"""Types that are of a kind of ours. What only refers to such a resource, as a bucket's policy does, may have the same id."""

_DISKS = (("root_block_device", "volume_id"), ("ebs_block_device", "volume_id"))
_IMAGE = (("ebs_block_device", "snapshot_id"),)
INSIDE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "aws_instance": _DISKS,
    "aws_spot_instance_request": _DISKS,
    "aws_ami": _IMAGE,
    "aws_ami_copy": _IMAGE,
    "aws_ami_from_instance": _IMAGE,
    "google_compute_instance": (("boot_disk", "source"),),
}
"""What a resource makes along with itself, in blocks of its own: a machine's disks, an image's snapshots."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class StateError(Exception):
    """A state cannot be read for certain. The text continues "The Terraform state X …"; nothing of the content is in it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a resource is managed: the state as people know it, the module's path ("" for the root) and the whole address."""

    state: str
    module: str
    address: str

    def __str__(self) -> str:
        return f"{self.address} in {self.state}"


def addresses(content: bytes, state: str) -> dict[str, Address]:
    """Identity (see `identity`) -> address, of everything that a state manages. StateError where any part is not understood.

    Two resources of one identity: one of a kind that we know goes before what it makes along, and that before what refers to it.
    """
    known: dict[str, Address] = {}
    inside: dict[str, Address] = {}
    others: dict[str, Address] = {}
    for resource in _resources(content):
        for instance in _instances(resource):
            address = _address(resource, instance, state)
            attributes = _attributes(instance)
            names = [identity(text) for name in IDENTITIES if (text := _text(attributes.get(name)))]
            if not names and resource["type"] in KNOWN:
                raise StateError("holds a resource that it gives no id, so that it could be any")
            (known if resource["type"] in KNOWN else others).update(dict.fromkeys(names, address))
            inside.update(dict.fromkeys(_inside(resource["type"], attributes), address))
    return {**others, **inside, **known}


def identity(text: str) -> str:
    """An ARN without its partition, a link or path of Google's from `projects/` on, any other id as it is."""
    if text.startswith("arn:"):
        return text.split(":", 2)[-1]
    place = text.find("/projects/") if text.startswith("https://") else -1
    return text[place + 1 :] if place >= 0 else text


def _resources(content: bytes) -> Iterator[dict[str, Any]]:
    """The managed resources. What a state only reads (`data`) it does not manage."""
    for resource in _read(content):
        if not isinstance(resource, dict) or resource.get("mode") not in ("managed", "data"):
            raise StateError("holds a resource of an unknown shape")
        if resource["mode"] == "managed":
            if not all(isinstance(name := resource.get(part), str) and _WORD.fullmatch(name) for part in ("type", "name")):
                raise StateError("holds a resource without a type and name")
            yield resource


def _read(content: bytes) -> list[Any]:
    import orjson

    if len(content) > LARGEST:
        raise StateError(f"is larger than {LARGEST // 1024 // 1024} MiB")
    try:
        said = orjson.loads(content)  # refuses what is nested too deeply
    except orjson.JSONDecodeError:
        raise StateError("is not JSON") from None  # the parser's own words could quote a secret
    if not isinstance(said, dict) or type(said.get("version")) is not int or said["version"] != 4:
        raise StateError("is not of format version 4, which Terraform writes since 0.12 (an encrypted one cannot be read)")
    resources = said.get("resources")
    if not isinstance(resources, list):
        raise StateError("has no list of resources")
    return resources


def _instances(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    instances = resource.get("instances")
    if not isinstance(instances, list) or not all(isinstance(one, dict) for one in instances):
        raise StateError("holds a resource without a list of instances")
    return instances


def _attributes(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    """`attributes_flat` is how a provider older than the format left them."""
    found = instance.get("attributes", instance.get("attributes_flat"))
    if not isinstance(found, dict):
        raise StateError("holds a resource without attributes")
    return found


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any], state: str) -> Address:
    module, index = resource.get("module", ""), instance.get("index_key")
    if not isinstance(module, str) or not (index is None or isinstance(index, int | str)):
        raise StateError("holds a resource whose address is of an unknown shape")
    place = "" if index is None else f"[{json.dumps(index, ensure_ascii=False)}]"
    address = f"{module}.{resource['type']}.{resource['name']}{place}".removeprefix(".")
    if len(address) > LONGEST or not address.isprintable():
        raise StateError("holds a resource whose address is no text for people")
    return Address(state, module, address)


def _inside(kind: str, attributes: Mapping[str, Any]) -> Iterator[str]:
    for block, name in INSIDE.get(kind, ()):
        written = attributes.get(block)
        for one in written if isinstance(written, list) else ():
            if isinstance(one, dict) and (text := _text(one.get(name))):
                yield identity(text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
