"""An image that nothing uses, in a region whose Recycle Bin keeps such for sixty days."""

from __future__ import annotations

from demo.aws.local import LocalAWS
from demo.aws.specimens import Specimen, ec2_tags, kept, owned


def make(aws: LocalAWS, number: int) -> str:
    """Of an instance that runs from another image."""
    kept(aws, "EC2_IMAGE")
    ec2 = aws.client("ec2")
    started = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro")
    source = started["Instances"][0]["InstanceId"]
    ec2.create_launch_template(LaunchTemplateName=f"elsewhere-{number}", LaunchTemplateData={"ImageId": "ami-12c6146b"})
    made = ec2.create_image(InstanceId=source, Name=f"base-{number}", TagSpecifications=owned("image"))
    return str(made["ImageId"])


def start_from(aws: LocalAWS, image: str) -> None:
    """A new instance."""
    aws.client("ec2").run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")


def publish(aws: LocalAWS, image: str) -> None:
    """For everybody."""
    aws.client("ec2").modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})


SPECIMEN = Specimen(
    make=make,
    tag=ec2_tags,
    changes={
        "retagged": lambda aws, id: ec2_tags(aws, id, {"owner": "search"}),
        "used": start_from,
        "published": publish,
    },
    listed_by=("ec2", "DescribeImages"),
    evidence={"shared": ("ec2", "DescribeImageAttribute"), "fast_launch": ("ec2", "DescribeFastLaunchImages")},
)
