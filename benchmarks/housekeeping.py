"""Ten housekeeping rules, each in Cloud Custodian's words and in ours: what policies look like, not the shortest one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEAM = "apiVersion: sexton/v1\nkind: Team\nmetadata: {name: platform}\nspec: {people: [a@example.com]}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, twice."""

    name: str
    resource: str
    filters: str
    """Custodian's, as YAML."""
    kind: str
    when: tuple[str, ...]

    def theirs(self, number: int) -> str:
        """One policy of many, in a list."""
        return f"- {{name: {self.name}-{number}, resource: {self.resource}, filters: {self.filters}}}"

    def ours(self, number: int) -> str:
        """One document."""
        lines = "\n".join(f'    - "{line}"' for line in self.when)
        return (
            f"apiVersion: sexton/v1\nkind: Reap\nmetadata: {{name: {self.name}-{number}, owner: platform}}\n"
            f"spec:\n  resource: {self.kind}\n  when:\n{lines}\n  after: {{notify: 0d}}\n  mode: notify\n"
        )


LARGE = ("m5.2xlarge", "m5.4xlarge", "r5.2xlarge")

RULES = (
    Rule(
        name="no-owner",
        resource="aws.ec2",
        filters='[{"State.Name": running}, {"tag:Owner": absent}, {"tag:Team": absent}]',
        kind="aws.ec2_instance",
        when=("state == 'running'", "!has(tags.Owner)", "!has(tags.Team)"),
    ),
    Rule(
        name="long-stopped",
        resource="aws.ec2",
        filters='[{"State.Name": stopped}, {type: state-age, op: ge, days: 30}]',
        kind="aws.ec2_instance",
        when=("state == 'stopped'", "idle_days >= 30"),
    ),
    Rule(
        name="large-in-dev",
        resource="aws.ec2",
        filters=f'[{{"tag:Env": dev}}, {{type: value, key: InstanceType, op: in, value: [{", ".join(LARGE)}]}}]',
        kind="aws.ec2_instance",
        when=("tags.Env == 'dev'", f"type in [{', '.join(map(repr, LARGE))}]"),
    ),
    Rule(
        name="ended",
        resource="aws.ec2",
        filters='[{type: value, key: "tag:expires", value_type: expiration, op: lt, value: 0}]',
        kind="aws.ec2_instance",
        when=("ttl_days_left < 0",),
    ),
    Rule(
        name="unattached",
        resource="aws.ebs",
        filters="[{State: available}, {type: value, key: CreateTime, value_type: age, op: gt, value: 14}]",
        kind="aws.ebs_volume",
        when=("state == 'available'", "age_days > 14"),
    ),
    Rule(name="gp2", resource="aws.ebs", filters="[{VolumeType: gp2}]", kind="aws.ebs_volume", when=("type == 'gp2'",)),
    Rule(
        name="not-prod",
        resource="aws.ebs",
        filters='[{type: value, key: Size, op: gt, value: 500}, {not: [{"tag:Env": prod}]}]',
        kind="aws.ebs_volume",
        when=("size_gb > 500", "!has(tags.Env) || tags.Env != 'prod'"),
    ),
    Rule(
        name="unassociated",
        resource="aws.elastic-ip",
        filters="[{AssociationId: absent}]",
        kind="aws.elastic_ip",
        when=("!associated",),
    ),
    Rule(
        name="no-owner-database",
        resource="aws.rds",
        filters='[{"tag:Owner": absent}]',
        kind="aws.rds_instance",
        when=("!has(tags.Owner)",),
    ),
    Rule(
        name="old-database",
        resource="aws.rds",
        filters="[{type: value, key: InstanceCreateTime, value_type: age, op: gt, value: 365}, {Engine: mysql}]",
        kind="aws.rds_instance",
        when=("age_days > 365", "engine == 'mysql'"),
    ),
)


def write(folder: Path, many: int) -> tuple[Path, Path]:
    """Each rule in turn under `many` names: a folder of our documents, and one file of theirs, as each wants them."""
    ours, theirs = folder / "policies", folder / "custodian.yml"
    ours.mkdir()
    (ours / "platform.yaml").write_text(TEAM)
    for number, rule in _taken(many):
        (ours / f"{rule.name}-{number}.yaml").write_text(rule.ours(number))
    theirs.write_text("policies:\n" + "\n".join(rule.theirs(number) for number, rule in _taken(many)) + "\n")
    return ours, theirs


def _taken(many: int) -> Iterator[tuple[int, Rule]]:
    return ((number, RULES[number % len(RULES)]) for number in range(many))
