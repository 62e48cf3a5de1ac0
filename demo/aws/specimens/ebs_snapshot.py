"""A snapshot of a volume that is gone, in a region whose Recycle Bin keeps such for sixty days."""

from __future__ import annotations

from demo.aws.local import LocalAWS
from demo.aws.specimens import Specimen, ec2_tags, kept, owned


def make(aws: LocalAWS, number: int) -> str:
    """Encrypted with the account's own key."""
    kept(aws, "EBS_SNAPSHOT")
    ec2 = aws.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=20 + number, VolumeType="gp3", Encrypted=True)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume, Description="by hand", TagSpecifications=owned("snapshot"))["SnapshotId"]
    ec2.delete_volume(VolumeId=volume)
    template = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    ec2.create_launch_template(LaunchTemplateName=f"another-{number}", LaunchTemplateData=template)
    return str(snapshot)


def use(aws: LocalAWS, snapshot: str) -> None:
    """By a second version of a launch template, which is not its default."""
    ec2 = aws.client("ec2")
    made = ec2.create_launch_template(LaunchTemplateName="batch", LaunchTemplateData={"ImageId": "ami-12c6146b"})
    disk = {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": snapshot}}
    version = {"ImageId": "ami-12c6146b", "BlockDeviceMappings": [disk]}
    id = made["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(LaunchTemplateId=id, LaunchTemplateData=version)


SPECIMEN = Specimen(
    make=make,
    tag=ec2_tags,
    changes={"retagged": lambda aws, id: ec2_tags(aws, id, {"owner": "search"}), "used": use},
    listed_by=("ec2", "DescribeSnapshots"),
    evidence={"shared": ("ec2", "DescribeSnapshotAttribute")},
)
