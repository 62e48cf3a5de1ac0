"""A running instance with one volume."""

from __future__ import annotations

from demo.aws.local import LocalAWS
from demo.aws.specimens import Specimen, ec2_tags, owned

METRICS = ("cloudwatch", "GetMetricData")
ATTRIBUTE = ("ec2", "DescribeInstanceAttribute")


ROOT = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 15, "Encrypted": True, "DeleteOnTermination": True}}


def make(aws: LocalAWS, _: int) -> str:
    """In the default VPC."""
    asked = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "InstanceType": "m5.large", "BlockDeviceMappings": [ROOT]}
    tags = owned("instance")
    return str(aws.client("ec2").run_instances(TagSpecifications=tags, **asked)["Instances"][0]["InstanceId"])


def resize(aws: LocalAWS, instance: str) -> None:
    """Stopped, changed, started."""
    ec2 = aws.client("ec2")
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "m5.xlarge"})
    ec2.start_instances(InstanceIds=[instance])


def attach(aws: LocalAWS, instance: str) -> None:
    """A second volume: a backup taken before would not hold it."""
    ec2 = aws.client("ec2")
    zone = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["Placement"]["AvailabilityZone"]
    volume = ec2.create_volume(AvailabilityZone=zone, Size=10)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")


SPECIMEN = Specimen(
    make=make,
    tag=ec2_tags,
    changes={"resized": resize, "attached": attach, "retagged": lambda aws, id: ec2_tags(aws, id, {"owner": "search"})},
    listed_by=("ec2", "DescribeInstances"),
    evidence={
        "termination_protected": ATTRIBUTE,
        "stop_protected": ATTRIBUTE,
        "cpu_max_14d": METRICS,
        "network_mb_day_14d": METRICS,
    },
)
