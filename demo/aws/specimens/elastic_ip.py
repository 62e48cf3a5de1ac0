"""An address that belongs to nothing."""

from __future__ import annotations

from demo.aws.local import LocalAWS
from demo.aws.specimens import Specimen, ec2_tags, owned


def make(aws: LocalAWS, _: int) -> str:
    """From Amazon's pool."""
    return str(aws.client("ec2").allocate_address(Domain="vpc", TagSpecifications=owned("elastic-ip"))["AllocationId"])


def associate(aws: LocalAWS, allocation: str) -> None:
    """With a new instance."""
    ec2 = aws.client("ec2")
    started = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro")
    ec2.associate_address(AllocationId=allocation, InstanceId=started["Instances"][0]["InstanceId"])


SPECIMEN = Specimen(
    make=make,
    tag=ec2_tags,
    changes={"associated": associate, "retagged": lambda aws, id: ec2_tags(aws, id, {"owner": "search"})},
    listed_by=("ec2", "DescribeAddresses"),
)
