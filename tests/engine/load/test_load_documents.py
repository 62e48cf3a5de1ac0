"""Every kind of document as the contract shows it, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from engine.load import Loaded
from engine.model import Mode
from engine.policy import (
    ORGANIZATION_LIMITS,
    AccountRow,
    Approval,
    Duration,
    Environment,
    Expect,
    Grace,
    Hours,
    Limits,
    Meta,
    Organization,
    OwnerSource,
    PolicySet,
    Protect,
    Team,
    TTLRule,
)

Load = Callable[..., Loaded]

HEAD = "apiVersion: sexton/v1\n"


def _days(count: int) -> Duration:
    return Duration(hours=24 * count)


def _set(loaded: Loaded) -> PolicySet:
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    assert loaded.policies is not None
    return loaded.policies


ORGANIZATION = (
    HEAD
    + """\
kind: Organization
metadata: {name: acme, owner: platform}
spec:
  platform: [platform]
  accounts:
    - {match: {id: "111122223333"}, environment: sandbox, team: payments, mode: delete}
    - {match: {cloud: aws, ou: "ou-ab12-*"}, environment: prod, mode: notify}
    - {match: {cloud: gcp, folder: "folders/1", name: "x*"}}
  environments:
    prod: {approval: {stop: owner, delete: owner+platform}}
    sandbox: {silent_delete: true, approval: {delete: none}}
  protect: {tags: [keep], accounts: ["1"], resources: [vol-0abc]}
  hours: {days: "fri-mon, wed", from: "22:30", to: "24:00", closed: [2026-12-20/2027-01-06, 2026-05-01]}
  grace: {stop: 2bd, unowned: 1w}
  persistence: {scans: 2, over: 12h}
  min_age: 7d
  limits: {per_hour: 3, percent_per_day: 0.5, organization: {per_day: 100, dollars_per_day: 9000.5}}
  approvals: {approve_by: 10d, execute_by: 5bd}
  keep: {snooze: 7d, snoozes: 1, keep: 30d}
  undo: 14d
  exemptions: {longest: 180d}
  review: {resources: 50, dollars: 100}
"""
)


def test_organization(loading: Load) -> None:
    assert _set(loading({"organization.yaml": ORGANIZATION})).organization == Organization(
        meta=Meta(name="acme", owner="platform", file="organization.yaml", line=3),
        platform=("platform",),
        accounts=(
            AccountRow(match={"id": "111122223333"}, environment="sandbox", team="payments", mode=Mode.DELETE),
            AccountRow(match={"cloud": "aws", "ou": "ou-ab12-*"}, environment="prod", mode=Mode.NOTIFY),
            AccountRow(match={"cloud": "gcp", "folder": "folders/1", "name": "x*"}),
        ),
        environments={
            "prod": Environment(stop=Approval.OWNER, delete=Approval.OWNER_AND_PLATFORM),
            "sandbox": Environment(delete=Approval.NONE, silent_delete=True),
        },
        protect=Protect(tags=("keep",), accounts=("1",), resources=("vol-0abc",)),
        hours=Hours(
            days=(1, 3, 5, 6, 7),
            start=22 * 60 + 30,
            end=24 * 60,
            closed=((date(2026, 12, 20), date(2027, 1, 6)), (date(2026, 5, 1), date(2026, 5, 1))),
        ),
        grace=Grace(stop=Duration(working_days=2), unowned=_days(7)),
        persistence_scans=2,
        persistence_over=Duration(hours=12),
        min_age=_days(7),
        limits=Limits(per_hour=3, per_day=20, percent_per_day=Decimal("0.5"), dollars_per_day=Decimal(5000)),
        total=Limits(per_day=100, dollars_per_day=Decimal("9000.5")),
        approve_by=_days(10),
        execute_by=Duration(working_days=5),
        snooze=_days(7),
        snoozes=1,
        keep=_days(30),
        undo=_days(14),
        longest_exemption=_days(180),
        review_resources=50,
        review_dollars=Decimal(100),
    )


def test_organization_by_default(loading: Load) -> None:
    organization = _set(loading({})).organization
    assert organization.limits == ORGANIZATION_LIMITS
    assert organization.hours == Hours()
    assert organization.grace == Grace()
    assert organization.protect == Protect()
    assert (organization.min_age, organization.undo, organization.review_dollars) == (_days(14), _days(30), Decimal(10000))


def test_team(loading: Load) -> None:
    text = (
        HEAD
        + """\
kind: Team
metadata: {name: search}
spec:
  aliases: [squad-search]
  people: [Cy@Example.com, dee@example.com]
  group: idp-search
  approvers: [CY@example.com]
  slack: "#search"
  email: search@example.com
  time_zone: Europe/Berlin
  holidays: DE-BE
  when_silent: [lead@example.com, platform]
"""
    )
    policies = _set(loading({"teams/search.yaml": text}))
    assert policies.teams["search"] == Team(
        meta=Meta(name="search", file="teams/search.yaml", line=3),
        aliases=("squad-search",),
        people=("cy@example.com", "dee@example.com"),
        group="idp-search",
        approvers=("cy@example.com",),
        slack="#search",
        email="search@example.com",
        time_zone="Europe/Berlin",
        holidays="DE-BE",
        when_silent=("lead@example.com", "platform"),
    )
    assert policies.team("Squad-Search") == policies.teams["search"]
    assert policies.teams["payments"].time_zone == "UTC"


def test_ownership(loading: Load) -> None:
    text = (
        HEAD
        + """\
kind: Ownership
metadata: {name: ownership, owner: platform}
spec:
  from:
    - tag: [owner, team]
    - tag: squad
    - map: owners.map
    - backstage: catalog/
    - iac: {}
    - creator: {}
    - account: {}
  counts: [tag, map]
"""
    )
    owners = """\
# who owns what
aws/*/*/s3_bucket/a-*  @acme/payments  # theirs

*  squad-payments
gcp/a\\ b/\\#c/** ann@example.com
x/**
"""
    catalog = {"org/catalog/x.yaml": "kind: Component\n---\nkind: API\n", "catalog/b.yaml": "spec: &a no\n"}
    loaded = loading({"org/ownership.yaml": text, "org/owners.map": owners, **catalog})
    ownership = _set(loaded).ownership
    assert ownership is not None
    assert ownership.sources == (
        OwnerSource(source="tag", tags=("owner", "team")),
        OwnerSource(source="tag", tags=("squad",)),
        OwnerSource(
            source="map",
            path="owners.map",
            rules=(
                ("aws/*/*/s3_bucket/a-*", "payments"),
                ("*", "payments"),
                ("gcp/a\\ b/\\#c/**", "payments"),
                ("x/**", ""),
            ),
        ),
        OwnerSource(source="backstage", path="catalog/"),
        OwnerSource(source="iac"),
        OwnerSource(source="creator"),
        OwnerSource(source="account"),
    )
    assert ownership.counts == ("tag", "map")
    assert loaded.documents == 4


def test_ownership_by_default_and_a_map_at_the_root(loading: Load) -> None:
    text = HEAD + "kind: Ownership\nmetadata: {name: o, owner: platform}\nspec: {from: [{map: maps/o}]}\n"
    ownership = _set(loading({"deep/o.yaml": text, "maps/o": "* platform"})).ownership
    assert ownership is not None
    assert ownership.sources[0].rules == (("*", "platform"),)
    assert ownership.counts == ("tag", "map", "backstage", "iac")


def test_ttl(loading: Load) -> None:
    text = (
        HEAD
        + """\
kind: TTL
metadata: {name: lifetimes, owner: platform}
spec:
  tag: [ttl, expires]
  rules:
    - {environment: [sandbox], default: 14d, longest: 60d}
    - {environment: dev, resource: "aws.*", team: payments, longest: 4w}
    - {resource: [gcp.disk, aws.s3_bucket], default: 12h}
"""
    )
    ttl = _set(loading({"ttl.yaml": text})).ttl
    assert ttl is not None
    assert ttl.tags == ("ttl", "expires")
    assert ttl.rules == (
        TTLRule(environment=("sandbox",), default=_days(14), longest=_days(60)),
        TTLRule(environment=("dev",), resource=("aws.ebs_volume", "aws.s3_bucket"), team=("payments",), longest=_days(28)),
        TTLRule(resource=("aws.s3_bucket", "gcp.disk"), default=Duration(hours=12)),
    )
    short = HEAD + "kind: TTL\nmetadata: {name: t, owner: platform}\nspec: {}\n"
    found = _set(loading({"ttl.yaml": short})).ttl
    assert found is not None
    assert (found.tags, found.rules) == (("ttl", "expires"), ())


REAP = (
    HEAD
    + """\
kind: Reap
metadata: {name: ebs-unattached, owner: platform}
spec:
  resource: [aws.ebs_volume, gcp.disk]
  when:
    - state == 'available'
    - |
      idle_days > 14 &&
      !has(tags.keep)
  after: {delete: 14d, notify: 1h, stop: 3bd}
  before_delete: []
  approval: {stop: owner}
  mode: notify
  limits: {per_day: 10, percent_per_day: 0.5}
"""
)


def test_reap(loading: Load) -> None:
    reap = _set(loading({"reap/x.yaml": REAP})).reaps["ebs-unattached"]
    assert reap.meta == Meta(name="ebs-unattached", owner="platform", file="reap/x.yaml", line=3)
    assert reap.selects.kinds == {"aws.ebs_volume", "gcp.disk"}
    assert [(line.line, line.column) for line in reap.selects.lines] == [(7, 7), (9, 7)]
    assert reap.selects.when is not None
    assert reap.selects.when.normal == ("state == 'available'", "idle_days > 14 && !has(tags.keep)")
    assert list(reap.after.items()) == [
        (Mode.NOTIFY, Duration(hours=1)),
        (Mode.STOP, Duration(working_days=3)),
        (Mode.DELETE, _days(14)),
    ]
    assert reap.before_delete == ()
    assert reap.approval == {Mode.STOP: Approval.OWNER, Mode.DELETE: Approval.OWNER_AND_PLATFORM}
    assert reap.mode is Mode.NOTIFY
    assert reap.limits == Limits(per_day=10, percent_per_day=Decimal("0.5"))
    assert reap.only_team == ""


def test_reap_by_default(loading: Load) -> None:
    text = (
        HEAD
        + "kind: Reap\nmetadata: {name: x, owner: payments}\nspec: {resource: '*', when: '!has(owner)', after: {notify: 0d}}\n"
    )
    reap = _set(loading({"x.yaml": text})).reaps["x"]
    assert reap.selects.kinds == {"aws.ebs_volume", "gcp.disk", "aws.s3_bucket"}
    assert reap.selects.lines[0].text == "!has(owner)"
    assert reap.before_delete == ("backup",)
    assert reap.approval == {Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER}
    assert reap.mode is Mode.DELETE
    assert reap.limits == Limits()
    assert reap.only_team == "payments"


def test_exemption(loading: Load) -> None:
    text = (
        HEAD
        + """\
kind: Exemption
metadata: {name: atlas, owner: payments}
spec:
  of: [ebs-unattached]
  resource: aws.ebs_volume
  when: ["tags.project == 'atlas'"]
  until: 2026-12-31
  reason: OPS-123
"""
    )
    policies = _set(loading({"reap.yaml": REAP, "exempt.yaml": text}))
    (exemption,) = policies.exemptions
    assert (exemption.of, exemption.until, exemption.reason) == (("ebs-unattached",), date(2026, 12, 31), "OPS-123")
    assert exemption.only_team == "payments"
    whole = (
        text.replace("ebs-unattached", "'*'")
        .replace("  when: [\"tags.project == 'atlas'\"]\n", "")
        .replace("payments", "platform")
    )
    (exemption,) = _set(loading({"exempt.yaml": whole})).exemptions
    assert (exemption.of, exemption.selects.when, exemption.selects.lines, exemption.only_team) == (("*",), None, (), "")


def _document(kind: str, name: str, owner: str, spec: str) -> str:
    return f"{HEAD}kind: {kind}\nmetadata: {{name: {name}, owner: {owner}}}\nspec: {spec}\n"


def test_sizing(loading: Load) -> None:
    spec = "{resource: gcp.disk, default: small, max: {vcpus: 2, memory_gib: 0.5}, allow: ['t3.*']}"
    (sizing,) = _set(loading({"s.yaml": _document("Sizing", "s", "platform", spec)})).sizings
    assert (sizing.default, sizing.allow) == ("small", ("t3.*",))
    assert sizing.max == {"vcpus": Decimal(2), "memory_gib": Decimal("0.5")}
    assert sizing.selects.when is None


def test_budget(loading: Load) -> None:
    spec = "{team: payments, monthly: {amount: '42000.50'}, alert: {actual: [100, 80]}, slack: '#x'}"
    (budget,) = _set(loading({"b.yaml": _document("Budget", "b", "payments", spec)})).budgets
    assert (budget.team, budget.amount, budget.currency, budget.slack) == ("payments", Decimal("42000.50"), "USD", "#x")
    assert (budget.actual, budget.projected) == ((80, 100), (100, 120))


def test_shared_cost(loading: Load) -> None:
    fixed = """{when: ["account == '4'"], split: fixed, shares: {payments: 60.5, platform: 39.5}}"""
    even = """{when: "service == 'AmazonEKS'", split: even}"""
    files = {"c.yaml": _document("SharedCost", "c", "platform", fixed), "d.yaml": _document("SharedCost", "d", "platform", even)}
    one, other = _set(loading(files)).shared_costs
    assert (one.split, one.shares) == ("fixed", {"payments": Decimal("60.5"), "platform": Decimal("39.5")})
    assert one.when.judge({"account": "4"}).outcome is True
    assert (other.split, other.shares) == ("even", {})


def test_policy_test(loading: Load) -> None:
    text = (
        HEAD
        + """\
kind: PolicyTest
metadata: {name: t, owner: platform}
spec:
  policies: [../reap.yaml]
  as_of: 2026-11-01T00:00:00Z
  resources:
    - {kind: aws.ebs_volume, id: vol-1, idle_days: 20, tags: {a: b}, encrypted: true, size_gb: 3, cpu: 1}
    - {kind: aws.ebs_volume, id: vol-2, unknown: [tags, cpu]}
  expect:
    - {policy: ebs-unattached, id: vol-1, verdict: match}
    - {policy: ebs-unattached, id: vol-1, verdict: spared, reason: too_young}
    - {policy: ebs-unattached, id: vol-2, verdict: undecided, missing: [tags]}
"""
    )
    (test,) = _set(loading({"reap.yaml": REAP, "tests/x.test.yaml": text})).tests
    assert test.policies == ("reap.yaml",)
    assert test.as_of == datetime(2026, 11, 1, tzinfo=UTC)
    assert test.resources[1] == {"kind": "aws.ebs_volume", "id": "vol-2", "unknown": ["tags", "cpu"]}
    assert test.expect == (
        Expect(policy="ebs-unattached", id="vol-1", verdict="match"),
        Expect(policy="ebs-unattached", id="vol-1", verdict="spared", reason="too_young"),
        Expect(policy="ebs-unattached", id="vol-2", verdict="undecided", missing=("tags",)),
    )


def test_the_set_knows_its_commit_and_kinds(loading: Load, kinds: Mapping[str, object]) -> None:
    policies = _set(loading({}))
    assert (policies.commit, policies.kinds) == ("c0ffee", kinds)
