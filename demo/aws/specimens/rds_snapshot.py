"""A manual snapshot of a database that is still there."""

from __future__ import annotations

from collections.abc import Mapping

from demo.aws.local import LocalAWS
from demo.aws.specimens import OWNED, Specimen, pairs
from demo.aws.specimens.rds_instance import make as make_database


def make(aws: LocalAWS, number: int) -> str:
    """Made by hand."""
    database, name = make_database(aws, number), f"before-upgrade-{number}"
    aws.client("rds").create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=name, Tags=pairs(OWNED))
    return name


def tag(aws: LocalAWS, snapshot: str, tags: Mapping[str, str]) -> None:
    """By its ARN."""
    rds = aws.client("rds")
    arn = rds.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"][0]["DBSnapshotArn"]
    rds.add_tags_to_resource(ResourceName=arn, Tags=pairs(tags))


SPECIMEN = Specimen(
    make=make,
    tag=tag,
    changes={"retagged": lambda aws, id: tag(aws, id, {"owner": "search"})},
    listed_by=("rds", "DescribeDBSnapshots"),
    evidence={"shared": ("rds", "DescribeDBSnapshotAttributes")},
)
