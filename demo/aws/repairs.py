"""What moto leaves out of an answer or cannot take in a request, and AWS can.

CreateImage: tags for the snapshots. Snapshots and images: the encryption of the volume. RunInstances: what a device of the image
leaves unsaid. ListBuckets: each bucket's region. RDS: a resource id for each database's life, where moto
gives all the same.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from demo.aws.calls import Call, Environ, form, replace_body

_EVERYBODYS = "db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U"
"""The DbiResourceId of every database in moto."""

Repair = Callable[[bytes], bytes]
"""Of the body of an answer that says 200."""

_S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def before(call: Call, environ: Environ) -> Repair:
    """Change the request where moto could not take it, and say how to change the answer."""
    if (call.service, call.action) == ("ec2", "CreateImage"):
        return _tagged_image(call, environ)
    if (call.service, call.action) == ("ec2", "CreateSnapshot"):
        return lambda body: _with_its_key(call, body)
    if (call.service, call.action) == ("ec2", "RunInstances"):
        _whole_devices(call, environ)
    if (call.service, call.action) == ("s3", "ListBuckets"):
        return lambda body: _with_regions(call.account, body)
    if call.service == "rds" and call.mutating:
        return lambda body: _with_a_life(call, body)
    return lambda body: body


def _tagged_image(call: Call, environ: Environ) -> Repair:
    """moto tags the image only: take the snapshots' tags out of the request, and put them on afterwards."""
    asked = form(environ)
    kept, tags = dict(asked), {}
    for name, value in asked.items():
        index = re.fullmatch(r"TagSpecification\.(\d+)\.ResourceType", name)
        if index and value == "snapshot":
            prefix = f"TagSpecification.{index[1]}."
            tags = _tags(asked, prefix)
            kept = {other: text for other, text in kept.items() if not other.startswith(prefix)}
    replace_body(environ, urlencode(kept).encode())

    def tag(body: bytes) -> bytes:
        ec2 = _backend(call.account, "ec2", call.region)
        image = re.search(rb"<imageId>(ami-[0-9a-f]+)</imageId>", body)
        for snapshot in ec2.snapshots.values() if image else ():
            if image and image[1].decode() in (snapshot.description or ""):
                snapshot.add_tags(tags)
                root = next(iter(ec2.get_instance(asked["InstanceId"]).block_device_mapping.values()), None)
                _encrypt(ec2, snapshot, root.volume_id if root else "")
        return body

    return tag


def _encrypt(ec2: Any, snapshot: Any, volume: str) -> None:
    """A snapshot is encrypted as its volume is, with the same key."""
    source = ec2.volumes.get(volume)
    if source is not None:
        snapshot.encrypted, snapshot.kms_key_id = source.encrypted, source.kms_key_id


def _with_its_key(call: Call, body: bytes) -> bytes:
    ec2 = _backend(call.account, "ec2", call.region)
    made = re.search(rb"<snapshotId>(snap-[0-9a-f]+)</snapshotId>", body)
    if made:
        snapshot = ec2.snapshots[made[1].decode()]
        _encrypt(ec2, snapshot, snapshot.volume.id)
    return body


def _whole_devices(call: Call, environ: Environ) -> None:
    """A device that names neither size nor snapshot has those of the image's."""
    asked = form(environ)
    image = _backend(call.account, "ec2", call.region).amis.get(asked.get("ImageId", ""))
    for name, device in list(asked.items()):
        said = re.fullmatch(r"(BlockDeviceMapping\.\d+\.)DeviceName", name)
        if said is None or image is None or {f"{said[1]}Ebs.SnapshotId", f"{said[1]}Ebs.VolumeSize"} & set(asked):
            continue
        for mapping in image.block_device_mappings:
            if mapping["DeviceName"] == device:
                asked[f"{said[1]}Ebs.SnapshotId"] = mapping["Ebs"]["SnapshotId"]
    replace_body(environ, urlencode(asked).encode())


def _tags(asked: Mapping[str, str], prefix: str) -> dict[str, str]:
    keys = {name: value for name, value in asked.items() if name.startswith(f"{prefix}Tag.") and name.endswith(".Key")}
    return {key: asked.get(name.removesuffix("Key") + "Value", "") for name, key in keys.items()}


def _with_regions(account: str, body: bytes) -> bytes:
    root = ET.fromstring(body)  # noqa: S314  # written by moto, in this process
    buckets = _backend(account, "s3", "aws").buckets
    for bucket in root.iter(f"{_S3}Bucket"):
        name = bucket.findtext(f"{_S3}Name", "")
        if name in buckets and bucket.find(f"{_S3}BucketRegion") is None:
            ET.SubElement(bucket, f"{_S3}BucketRegion").text = buckets[name].region_name
    ET.register_namespace("", _S3.strip("{}"))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _with_a_life(call: Call, body: bytes) -> bytes:
    """A call makes one database at most."""
    from moto.moto_api._internal import mock_random

    for database in _backend(call.account, "rds", call.region).databases.values():
        if database.dbi_resource_id == _EVERYBODYS:
            database.dbi_resource_id = "db-" + mock_random.get_random_hex(26).upper()
            body = body.replace(_EVERYBODYS.encode(), database.dbi_resource_id.encode())
    return body


def _backend(account: str, service: Any, region: str) -> Any:
    from moto.backends import get_backend

    return get_backend(service)[account][region]
