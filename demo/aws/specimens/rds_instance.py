"""A running database."""

from __future__ import annotations

from collections.abc import Mapping

from demo.aws.local import LocalAWS
from demo.aws.specimens import OWNED, Specimen, pairs


def make(aws: LocalAWS, number: int) -> str:
    """PostgreSQL, encrypted with a key of the account's own."""
    key = aws.client("kms").create_key(Description="databases")["KeyMetadata"]["Arn"]
    made = aws.client("rds").create_db_instance(
        DBInstanceIdentifier=f"payments-{number}",
        DBInstanceClass="db.m5.large",
        Engine="postgres",
        AllocatedStorage=100,
        StorageType="gp2",
        StorageEncrypted=True,
        KmsKeyId=key,
        MasterUsername="local",
        MasterUserPassword="not-a-secret",
        Tags=pairs(OWNED),
    )
    return str(made["DBInstance"]["DBInstanceIdentifier"])


def tag(aws: LocalAWS, database: str, tags: Mapping[str, str]) -> None:
    """By its ARN."""
    rds = aws.client("rds")
    arn = rds.describe_db_instances(DBInstanceIdentifier=database)["DBInstances"][0]["DBInstanceArn"]
    rds.add_tags_to_resource(ResourceName=arn, Tags=pairs(tags))


def replicate(aws: LocalAWS, database: str) -> None:
    """A read replica: whoever reads there uses it."""
    aws.client("rds").create_db_instance_read_replica(
        DBInstanceIdentifier=f"{database}-replica", SourceDBInstanceIdentifier=database, DBInstanceClass="db.m5.large"
    )


def modify(aws: LocalAWS, database: str, **changes: object) -> None:
    """At once."""
    aws.client("rds").modify_db_instance(DBInstanceIdentifier=database, ApplyImmediately=True, **changes)


SPECIMEN = Specimen(
    make=make,
    tag=tag,
    changes={
        "retagged": lambda aws, id: tag(aws, id, {"owner": "search"}),
        "replicated": replicate,
        "protected": lambda aws, id: modify(aws, id, DeletionProtection=True),
        "resized": lambda aws, id: modify(aws, id, DBInstanceClass="db.m5.xlarge"),
    },
    listed_by=("rds", "DescribeDBInstances"),
    evidence={"connections_max_14d": ("cloudwatch", "GetMetricData"), "started_by": ("rds", "DescribeEvents")},
)
