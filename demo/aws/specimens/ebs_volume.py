"""A volume that nothing is attached to."""

from __future__ import annotations

from demo.aws.local import LocalAWS
from demo.aws.specimens import Specimen, ec2_tags, owned


def make(aws: LocalAWS, number: int) -> str:
    """One of each size."""
    asked = {"AvailabilityZone": "us-east-1a", "Size": 20 + number, "VolumeType": "gp3", "Iops": 4000, "Encrypted": True}
    return str(aws.client("ec2").create_volume(TagSpecifications=owned("volume"), **asked)["VolumeId"])


def attach(aws: LocalAWS, volume: str) -> None:
    """To a new instance."""
    ec2 = aws.client("ec2")
    placement = {"AvailabilityZone": "us-east-1a"}
    started = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro", Placement=placement)
    ec2.attach_volume(VolumeId=volume, InstanceId=started["Instances"][0]["InstanceId"], Device="/dev/sdf")


SPECIMEN = Specimen(
    make=make,
    tag=ec2_tags,
    changes={
        "attached": attach,
        "retagged": lambda aws, id: ec2_tags(aws, id, {"owner": "search"}),
        "grown": lambda aws, id: aws.client("ec2").modify_volume(VolumeId=id, Size=500),
    },
    listed_by=("ec2", "DescribeVolumes"),
)
