"""A bucket with tags."""

from __future__ import annotations

from collections.abc import Mapping

from demo.aws.local import LocalAWS
from demo.aws.specimens import OWNED, Specimen, pairs


def make(aws: LocalAWS, number: int) -> str:
    """Named by its number."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=f"acme-exports-{number}")
    s3.put_bucket_tagging(Bucket=f"acme-exports-{number}", Tagging={"TagSet": pairs(OWNED)})
    return f"acme-exports-{number}"


def tag(aws: LocalAWS, bucket: str, tags: Mapping[str, str]) -> None:
    """S3 replaces all tags of a bucket at once."""
    aws.client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs({**OWNED, **tags})})


SPECIMEN = Specimen(
    make=make,
    tag=tag,
    changes={"retagged": lambda aws, id: tag(aws, id, {"owner": "search"})},
    listed_by=("s3", "ListBuckets"),
    tagged_by=("s3", "GetBucketTagging"),
    evidence={
        "versioning": ("s3", "GetBucketVersioning"),
        "standard_gb": ("cloudwatch", "GetMetricData"),
        "objects": ("cloudwatch", "GetMetricData"),
    },
)
