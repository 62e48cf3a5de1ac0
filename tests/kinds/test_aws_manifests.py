"""Restore manifests name parameters that the API has: a wrong name would show only on the day somebody wants something back."""

from __future__ import annotations

from collections.abc import Iterable

import botocore.session
import pytest

from engine.model import Key
from reapers.kind import Order
from reapers.kinds import aws_database_snapshots, aws_instance_images
from reapers.kinds.aws import ebs_volume, ec2_instance, rds_instance
from reapers.kinds.aws_tags import MOST, backup_tags, own

SESSION = botocore.session.Session()


def assert_parameters(service: str, operation: str, names: Iterable[str]) -> None:
    known = SESSION.get_service_model(service).operation_model(operation).input_shape.members
    assert set(names) <= set(known)


def test_volumes() -> None:
    manifest = ebs_volume._manifest(ebs_volume.KIND.example)
    assert {"AvailabilityZone", "VolumeType", "Size", "Iops", "Throughput", "Encrypted", "KmsKeyId"} == set(manifest["create"])
    assert_parameters("ec2", "CreateVolume", manifest["create"])
    assert manifest["tags"] == {"Name": "old-build-cache", "owner": "payments"}


@pytest.mark.parametrize(("sort", "kept"), [("gp2", set()), ("io1", {"Iops"}), ("st1", set()), ("gp3", {"Iops", "Throughput"})])
def test_performance_goes_only_to_types_that_take_it(sort: str, kept: set[str]) -> None:
    create = ebs_volume._manifest({**ebs_volume.KIND.example, "VolumeType": sort})["create"]
    assert {"Iops", "Throughput"} & set(create) == kept


def test_instances() -> None:
    example = {
        **ec2_instance.KIND.example,
        "SecurityGroups": [{"GroupId": "sg-1", "GroupName": "x"}],
        "IamInstanceProfile": {"Arn": "arn:x", "Id": "y"},
        "MetadataOptions": {"State": "applied", "HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "EbsOptimized": True,
        "Monitoring": {"State": "enabled"},
    }
    run = aws_instance_images._manifest(example)["run"]
    assert_parameters("ec2", "RunInstances", run)
    assert run["SecurityGroupIds"] == ["sg-1"]
    assert run["IamInstanceProfile"] == {"Arn": "arn:x"}
    assert run["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}


def test_databases() -> None:
    example = {
        **rds_instance.KIND.example,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
        "DBSubnetGroup": {"DBSubnetGroupName": "inner"},
        "Endpoint": {"Address": "x", "Port": 5433},
        "DBParameterGroups": [{"DBParameterGroupName": "ours"}],
        "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-16"}],
        "StorageType": "io1",
        "MaxAllocatedStorage": 500,
    }
    manifest = aws_database_snapshots._manifest(example)
    assert_parameters("rds", "RestoreDBInstanceFromDBSnapshot", manifest["restore"])
    assert {"DBSubnetGroupName", "Port", "DBParameterGroupName", "VpcSecurityGroupIds", "Iops"} <= set(manifest["restore"])
    assert "OptionGroupName" not in manifest["restore"], "AWS's own defaults come back by themselves"
    assert manifest["lost"]["MaxAllocatedStorage"] == 500


def test_a_backup_of_a_resource_full_of_tags_can_be_tagged() -> None:
    order = Order(case="c-1", generation=0, key=Key("aws.ebs_volume", "1", "r", "v"))
    tags = backup_tags(order, {f"k{number}": "v" for number in range(50)})
    assert len(tags) == MOST
    assert tags["sexton:case"] == "c-1"


def test_what_only_aws_may_write_is_not_written() -> None:
    tags = {"aws:cloudformation:stack-name": "x", "sexton:case": "c-0", "sexton:keep": "yes", "owner": "payments"}
    assert own(tags) == {"sexton:keep": "yes", "owner": "payments"}
