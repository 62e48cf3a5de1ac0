"""The two AWS accounts: what each team left behind, and what it still needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from demo.aws.local import LocalAWS
from demo.aws.metrics import whole_day

SANDBOX = "111122223333"
PROD = "444455556666"
ZONE = "us-east-1a"

DENIED = "acme-payments-exports"
"""The bucket whose tags cannot be read."""

DAYS_AHEAD = 120
"""Metrics are written for the whole story at once: CloudWatch does not wait for a clock that jumps."""


@dataclass(slots=True)
class Names:
    """What the story needs to find again: name -> id."""

    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """One account being furnished."""

    aws: LocalAWS
    id: str
    names: Names

    def client(self, service: str) -> Any:
        """A client in us-east-1."""
        return self.aws.client(service, self.id)

    def volume(self, name: str, size: int, age: int, kind: str = "gp3", **tags: str) -> str:
        """An EBS volume attached to nothing, so many days old."""
        with self.aws.ago(days=age):
            made = self.client("ec2").create_volume(
                AvailabilityZone=ZONE, Size=size, VolumeType=kind, TagSpecifications=_spec("volume", name, tags)
            )  # fmt: skip
        self.names.ids[name] = made["VolumeId"]
        return str(made["VolumeId"])

    def machine(self, name: str, kind: str, age: int, cpu: float | None, **tags: str) -> str:
        """An EC2 instance with its CPU's daily maximum in percent; None: no metrics at all."""
        ec2 = self.client("ec2")
        with self.aws.ago(days=age):
            (made,) = ec2.run_instances(
                ImageId="ami-12c6146b", InstanceType=kind, MinCount=1, MaxCount=1, TagSpecifications=_spec("instance", name, tags)
            )["Instances"]  # fmt: skip
        self.names.ids[name] = made["InstanceId"]
        if cpu is not None:
            traffic = cpu * 200_000  # a busy machine talks: 20 % is some 4 MB a day and more
            values = {"CPUUtilization": cpu, "NetworkIn": traffic, "NetworkOut": traffic}
            self._metrics("AWS/EC2", "InstanceId", made["InstanceId"], values)
        return str(made["InstanceId"])

    def stop(self, name: str, ago: int) -> None:
        """Stopped by hand, so many days ago."""
        with self.aws.ago(days=ago):
            self.client("ec2").stop_instances(InstanceIds=[self.names.ids[name]])

    def address(self, name: str, instance: str = "", **tags: str) -> None:
        """An elastic IP, of an instance or of nothing."""
        ec2 = self.client("ec2")
        made = ec2.allocate_address(Domain="vpc", TagSpecifications=_spec("elastic-ip", name, tags))
        self.names.ids[name] = made["AllocationId"]
        if instance:
            ec2.associate_address(AllocationId=made["AllocationId"], InstanceId=self.names.ids[instance])

    def database(self, name: str, kind: str, age: int, connections: float, protected: bool = False, **tags: str) -> None:
        """An RDS database with the daily maximum of its connections."""
        with self.aws.ago(days=age):
            self.client("rds").create_db_instance(
                DBInstanceIdentifier=name, DBInstanceClass=kind, Engine="postgres", EngineVersion="16.3", AllocatedStorage=50,
                StorageType="gp3", MasterUsername="app", MasterUserPassword="only-in-the-demo", DeletionProtection=protected,
                Tags=_tags(tags),
            )  # fmt: skip
        self.names.ids[name] = name
        self._metrics("AWS/RDS", "DBInstanceIdentifier", name, {"DatabaseConnections": connections})

    def bucket(self, name: str, age: int, **tags: str) -> None:
        """An S3 bucket."""
        s3 = self.client("s3")
        with self.aws.ago(days=age):
            s3.create_bucket(Bucket=name)
        if tags:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(tags)})

    def _metrics(self, namespace: str, dimension: str, id: str, values: Mapping[str, float]) -> None:
        """One value a day from 20 days ago until the story is over."""
        today = self.aws.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        days = [today + timedelta(days=day, hours=12) for day in range(-20, DAYS_AHEAD)]
        data = [whole_day(name, (dimension, id), day, value) for name, value in values.items() for day in days]
        cloudwatch = self.client("cloudwatch")
        for start in range(0, len(data), 1000):  # AWS: the most that one PutMetricData takes
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + 1000])


def furnish(aws: LocalAWS) -> Names:
    """Both accounts."""
    names = Names()
    _sandbox(Account(aws, SANDBOX, names))
    _prod(Account(aws, PROD, names))
    return names


def _sandbox(account: Account) -> None:
    """The sandbox of payments: much was tried there, little was cleared away."""
    account.machine("checkout-dev", "t3.large", 120, 38.0, owner="payments", env="dev")
    account.machine("fraud-model-trial", "m5.2xlarge", 90, 1.2, owner="payments")
    account.machine("invoice-batch", "m5.large", 200, 61.0, team="squad-payments")
    account.machine("jump-host-old", "t3.micro", 410, 0.8, owner="platform")
    account.machine("load-test-driver", "c5.xlarge", 75, 0.9, owner="payments")
    account.machine("perf-lab-1", "c5.xlarge", 60, None)
    account.machine("reports-2024", "m5.large", 400, None, owner="payments")
    account.stop("reports-2024", 80)
    account.machine("vpn-standby", "t3.small", 300, None, owner="platform", **{"do-not-delete": "failover"})
    account.stop("vpn-standby", 200)
    for number, size in enumerate((100, 200, 50, 500, 80), start=1):
        account.volume(f"ci-cache-{number}", size, 60 + number, owner="payments")
    account.volume("checkout-restore-drill", 300, 45, owner="payments")
    account.volume("ledger-export-2023", 1000, 500, "st1", owner="payments")
    account.volume("fraud-features", 250, 90, owner="payments")
    account.volume("jenkins-home-old", 120, 700, "gp2")
    account.volume("scratch-ann", 40, 30, owner="ann@acme.example", ttl="20d")
    account.volume("made-yesterday", 60, 1, owner="payments")
    account.volume("pvc-orders", 20, 120, owner="payments", **{"kubernetes.io/created-for/pvc/name": "orders"})
    account.address("checkout", "checkout-dev", owner="payments")
    account.address("old-demo-site", owner="payments")
    account.address("partner-allow-list", owner="payments", **{"sexton:keep": "ask Bo"})
    account.database("checkout-dev-db", "db.t3.medium", 150, 22.0, owner="payments")
    account.database("fraud-poc-db", "db.t3.medium", 80, 0.0, owner="payments")
    account.database("ledger-copy", "db.m5.large", 140, 0.0, protected=True, owner="payments")
    account.bucket("acme-checkout-assets", 400, owner="payments")
    account.bucket("acme-sandbox-uploads", 300)
    account.bucket(DENIED, 350, owner="payments")


def _prod(account: Account) -> None:
    """Production of search: nothing here goes without its owner and the platform."""
    for number in (1, 2, 3):
        account.machine(f"search-node-{number}", "r5.large", 250, 55.0 + number, owner="search", env="prod")
    account.machine("reindex-helper", "m5.xlarge", 100, 1.1, owner="search", env="prod")
    account.volume("search-node-4-data", 400, 65, owner="search")
    account.volume("reindex-2025-spill", 800, 180, owner="search")
    for shard in range(1, 5):
        account.volume(f"index-shard-{shard}-2024", 150, 150 + shard, owner="search")
    account.volume("suggest-backup", 100, 220, owner="search", terraform="true")
    account.address("search-edge", "search-node-1", owner="search")
    account.address("search-edge-old", owner="search")
    account.database("search-catalog", "db.m5.large", 300, 140.0, protected=True, owner="search")
    account.database("suggest-trial", "db.t3.medium", 90, 0.0, owner="search")
    account.bucket("acme-search-index", 500, owner="search")
    account.bucket("acme-search-logs", 500, owner="search")
    account.bucket("acme-search-crawl", 420, owner="search")


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _spec(kind: str, name: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": _tags({"Name": name, **tags})}]
