"""How a key of Custodian's, which looks into a provider's raw answer, is a field of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.condition.tree import All, AnyOf, Compare, Expression, Has, Literal, Not, Ref


class Sort(StrEnum):
    """What the raw value is."""

    TEXT = "text"
    NUMBER = "number"
    DIGITS = "digits"
    """A whole number that the provider writes as a text (GCP)."""
    TRUTH = "truth"
    ID = "id"
    """A text of which we only keep whether there is one."""
    LIST = "list"
    """A list of which we keep whether it is empty, or its length."""
    MADE = "made"
    """The moment of creation."""


NONE: tuple[Any, ...] = (None,)
BLANK: tuple[Any, ...] = (None, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. `field` is what a condition names; `blanks` are the raw values that our kind reads as absent."""

    field: Ref
    sort: Sort
    blanks: tuple[Any, ...] = ()
    """() where the provider always says something (or the field is unknown to us, never absent)."""
    also: tuple[tuple[Any, Any], ...] = ()
    """(our value, raw value): raw values that our kind reads as another one: a default that the provider leaves out."""
    truths: tuple[bool, bool] = (True, False)
    """The raw values of our true and false."""
    ascii_only: bool = True
    """Whether values are printable ASCII by nature. Tags are not."""
    there: Expression | None = None
    """What is true where there is a value, if not has(field); of ID and LIST: where there is one, or an item."""
    gone: Expression | None = None
    """The opposite."""

    @property
    def present(self) -> Expression:
        """That there is a value."""
        return self.there or Has(self.field)

    @property
    def absent(self) -> Expression:
        """That there is none."""
        return self.gone or Not(Has(self.field))


def text(name: str, blanks: tuple[Any, ...] = (), *, free: bool = False, also: tuple[tuple[Any, Any], ...] = ()) -> Key:
    """A text; `free`: written by people."""
    return Key(field=Ref(name), sort=Sort.TEXT, blanks=blanks, ascii_only=not free, also=also)


def number(name: str, blanks: tuple[Any, ...] = (), also: tuple[tuple[Any, Any], ...] = ()) -> Key:
    """A number."""
    return Key(field=Ref(name), sort=Sort.NUMBER, blanks=blanks, also=also)


def truth(name: str, blanks: tuple[Any, ...] = (), also: tuple[tuple[Any, Any], ...] = ()) -> Key:
    """True or false."""
    return Key(field=Ref(name), sort=Sort.TRUTH, blanks=blanks, also=also)


def flag(name: str, sort: Sort, blanks: tuple[Any, ...] = NONE) -> Key:
    """An id or a list that we keep as a truth."""
    return Key(field=Ref(name), sort=sort, blanks=blanks, there=Ref(name), gone=Not(Ref(name)))


def having(name: str, sort: Sort, blanks: tuple[Any, ...] = BLANK) -> Key:
    """An id or a list of which another field's presence speaks."""
    return Key(field=Ref(name), sort=sort, blanks=blanks)


MADE = Key(field=Ref("age_days"), sort=Sort.MADE)
"""Creation that the provider always tells."""


def _state(sign: str, value: str) -> Compare:
    return Compare(sign, Ref("state"), Literal(value))


EC2: Mapping[str, Key] = {
    "InstanceId": text("id"),
    "InstanceType": text("type"),
    "ImageId": text("image"),
    "State.Name": text("state"),
    "InstanceLifecycle": text("lifecycle", NONE),
    "Placement.AvailabilityZone": text("zone"),
    "Placement.Tenancy": text("tenancy", also=(("default", None),)),
    "VpcId": text("vpc", BLANK),
    "SubnetId": text("subnet", BLANK),
    "PrivateIpAddress": text("private_ip", BLANK),
    "PublicIpAddress": text("public_ip", BLANK),
    "KeyName": text("key_name", BLANK, free=True),
    "RootDeviceType": text("root_device"),
    "IamInstanceProfile": having("profile", Sort.ID, NONE),
    "IamInstanceProfile.Arn": text("profile", NONE, free=True),
    "SourceDestCheck": Key(field=Ref("routes"), sort=Sort.TRUTH, truths=(False, True), also=((False, None),)),
}

EBS: Mapping[str, Key] = {
    "VolumeId": text("id"),
    "State": text("state"),
    "Size": number("size_gb"),
    "VolumeType": text("type"),
    "Iops": number("iops", NONE),
    "Throughput": number("throughput", NONE),
    "AvailabilityZone": text("zone"),
    "Encrypted": truth("encrypted"),
    "KmsKeyId": text("kms_key", NONE),
    "SnapshotId": text("from_snapshot", BLANK),
    "MultiAttachEnabled": truth("multi_attach", also=((False, None),)),
    "CreateTime": MADE,
    "Attachments": Key(
        field=Ref("attached_to"),
        sort=Sort.LIST,
        blanks=([],),
        # Both in one: what is attached for another service (a task's volume) names no instance.
        there=AnyOf((Has(Ref("attached_to")), _state("==", "in-use"))),
        gone=All((Not(Has(Ref("attached_to"))), _state("!=", "in-use"))),
    ),
    "Attachments[0].InstanceId": text("attached_to", NONE),
}

ELASTIC_IP: Mapping[str, Key] = {
    "AllocationId": text("id"),
    "PublicIp": text("public_ip"),
    "AssociationId": flag("associated", Sort.ID),
    "InstanceId": text("attached_to", BLANK),
    "NetworkInterfaceId": text("interface", BLANK),
    "PrivateIpAddress": text("private_ip", BLANK),
    "PublicIpv4Pool": text("pool", BLANK),
    "NetworkBorderGroup": text("border_group", BLANK),
}

RDS: Mapping[str, Key] = {
    "DBInstanceIdentifier": text("id"),
    "DBInstanceStatus": text("state"),
    "DBInstanceClass": text("class"),
    "Engine": text("engine"),
    "EngineVersion": text("engine_version"),
    "LicenseModel": text("license", NONE),
    "AllocatedStorage": number("size_gb"),
    "StorageType": text("storage", NONE),
    "Iops": number("iops", NONE),
    "MultiAZ": truth("multi_az"),
    "AvailabilityZone": text("zone", NONE),
    "StorageEncrypted": truth("encrypted"),
    "PubliclyAccessible": truth("public"),
    "DeletionProtection": truth("deletion_protected"),
    "DBClusterIdentifier": text("cluster", NONE),
    "ReadReplicaSourceDBInstanceIdentifier": text("replica_of", BLANK),
    "ReadReplicaDBInstanceIdentifiers": Key(
        field=Ref("replicas"),
        sort=Sort.LIST,
        blanks=(None, []),
        there=Compare(">", Ref("replicas"), Literal(0)),
        gone=Compare("==", Ref("replicas"), Literal(0)),
    ),
    "BackupRetentionPeriod": number("backup_days", also=((0, None),)),
    # AWS leaves it out while the database is being made; its age then counts from when Sexton first saw it.
    "InstanceCreateTime": Key(
        field=Ref("age_days"),
        sort=Sort.MADE,
        blanks=NONE,
        there=_state("!=", "creating"),
        gone=_state("==", "creating"),
    ),
}

S3: Mapping[str, Key] = {
    "Name": text("id"),
    "CreationDate": MADE,
    "Versioning.Status": Key(
        field=Ref("versioning"),
        sort=Sort.TEXT,
        blanks=NONE,
        there=Compare("!=", Ref("versioning"), Literal("Off")),
        gone=Compare("==", Ref("versioning"), Literal("Off")),
    ),
}

# Google leaves empty lists out of its answers: none is the only way to be empty.
GCP_SHARED: Mapping[str, Key] = {
    "name": text("name"),
    "status": text("state"),
    "description": text("description", BLANK, free=True),
    "creationTimestamp": MADE,
}

GCP_INSTANCE: Mapping[str, Key] = {
    **GCP_SHARED,
    "deletionProtection": truth("deletion_protection", also=((False, None),)),
    "resourcePolicies": flag("scheduled", Sort.LIST),
}

GCP_DISK: Mapping[str, Key] = {
    **GCP_SHARED,
    "sizeGb": Key(field=Ref("size_gb"), sort=Sort.DIGITS),
    "users": flag("attached", Sort.LIST),
    "resourcePolicies": flag("scheduled", Sort.LIST),
    "sourceImage": having("from_image", Sort.ID),
    "sourceSnapshot": having("from_snapshot", Sort.ID),
}

GCP_ADDRESS: Mapping[str, Key] = {
    **GCP_SHARED,
    "address": text("address", NONE),
    "addressType": text("type", also=(("EXTERNAL", None),)),
    "purpose": text("purpose", NONE),
    "networkTier": text("tier", NONE),
    "ipVersion": text("version", also=(("IPV4", None),)),
    "users": having("used_by", Sort.LIST, NONE),
}

GCP_PROJECT: Mapping[str, Key] = {
    "projectId": text("id"),
    "projectNumber": text("number"),
    "lifecycleState": text("state"),
    "name": text("display_name", BLANK, free=True),
    "createTime": MADE,
}


def tag(key: str) -> Key:
    """A tag or label, as people wrote it."""
    return Key(field=Ref("tags", key), sort=Sort.TEXT, blanks=NONE, ascii_only=False)
