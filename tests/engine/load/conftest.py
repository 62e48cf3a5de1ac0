"""Two kinds of volume and a bucket, an organization with two teams, and a loader for texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from engine.load import Loaded, load
from engine.model import Field, KindTable, Verb

TODAY = date(2026, 11, 1)

ACTS = frozenset({Verb.BACKUP, Verb.DELETE, Verb.RESTORE})

KINDS = {
    kind.name: kind
    for kind in (
        KindTable(
            name="aws.ebs_volume",
            title="EBS volume",
            fields={
                "state": Field(type="string", doc="", enum=("available", "in-use")),
                "size_gb": Field(type="int", doc=""),
                "iops": Field(type="int", doc="", optional=True),
                "cpu": Field(type="double", doc="", optional=True),
                "encrypted": Field(type="bool", doc=""),
            },
            acts=ACTS,
            main_fact="detached",
        ),
        KindTable(
            name="gcp.disk",
            title="disk",
            fields={"state": Field(type="string", doc=""), "size_gb": Field(type="int", doc="")},
            acts=ACTS,
            main_fact="detached",
        ),
        KindTable(name="aws.s3_bucket", title="S3 bucket", fields={}),
    )
}

BASE = {
    "organization.yaml": """\
apiVersion: sexton/v1
kind: Organization
metadata: {name: acme, owner: platform}
spec:
  platform: [platform]
  accounts:
    - {match: {id: "111122223333"}, environment: sandbox, team: payments, mode: delete}
    - {match: {cloud: gcp}, environment: dev}
""",
    "teams/platform.yaml": """\
apiVersion: sexton/v1
kind: Team
metadata: {name: platform}
spec: {people: [pia@example.com]}
""",
    "teams/payments.yaml": """\
apiVersion: sexton/v1
kind: Team
metadata: {name: payments}
spec: {people: [Ann@example.com], aliases: [squad-payments]}
""",
}

Load = Callable[..., Loaded]


@pytest.fixture(scope="session")
def kinds() -> Mapping[str, KindTable]:
    """The kinds' tables."""
    return KINDS


@pytest.fixture(scope="session")
def base() -> Mapping[str, str]:
    """The files that every complete set has."""
    return BASE


@pytest.fixture(scope="session")
def loading() -> Load:
    """Load some files beside an organization and its teams (or alone=True)."""

    def loads(files: Mapping[str, str], *, alone: bool = False, today: date | None = TODAY) -> Loaded:
        return load({**({} if alone else BASE), **files}, KINDS, "c0ffee", today=today)

    return loads


@pytest.fixture(scope="session")
def problems(loading: Load) -> Callable[..., list[str]]:
    """The problems of one file beside the base, as `line:col code: message; hint`."""

    def told(text: str, path: str = "x.yaml", **more: str) -> list[str]:
        found = loading({path: text, **more}).problems
        return [f"{problem.line}:{problem.col} {problem.code}: {problem.sentence}" for problem in found if problem.file == path]

    return told
