"""A small estate and small policies to judge: values made by hand, so that each test shows all that it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.case import Case, State
from engine.condition import compile_condition
from engine.condition.common import table_of
from engine.events import Delivered, Judged
from engine.follow import event_of, in_order
from engine.judge import judge_one
from engine.life import advance
from engine.model import Account, CellRead, Field, Inventory, Key, KindTable, Mode, Outcome, Resource, Verb
from engine.money import Money
from engine.policy import AccountRow, Duration, Meta, Organization, PolicySet, Reap, Selection, Team
from engine.scanned import Scanned
from engine.schedule import Rules, case_id, promise
from engine.view import Context, view

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""A Monday."""

VOLUME = KindTable(
    name="aws.ebs_volume",
    title="EBS volume",
    fields={
        "state": Field(type="string", doc="", enum=("available", "in-use")),
        "size_gb": Field(type="int", doc=""),
        "idle_since_metric": Field(type="double", doc="", optional=True, price="paid"),
        "deletion_protected": Field(type="bool", doc="", optional=True),
    },
    acts=frozenset({Verb.BACKUP, Verb.DELETE, Verb.RESTORE}),
    main_fact="detached",
    links=lambda disk: (Key("aws.ec2_instance", "111122223333", "us-east-1", str(disk.fields.get("attached_to", "none"))),),
)
MACHINE = KindTable(
    name="aws.ec2_instance",
    title="EC2 instance",
    fields={"state": Field(type="string", doc="", enum=("running", "stopped"))},
    acts=frozenset(Verb),
    main_fact="stopped",
    stopped=frozenset({"stopped"}),
)
BUCKET = KindTable(name="aws.s3_bucket", title="S3 bucket", fields={}, max_mode=Mode.NOTIFY)
KINDS = {kind.name: kind for kind in (VOLUME, MACHINE, BUCKET)}

PAYMENTS = Team(meta=Meta(name="payments"), aliases=("squad-payments",), people=("ann@x.example",), time_zone="Europe/Berlin")
PLATFORM = Team(meta=Meta(name="platform"), people=("pia@x.example", "quinn@x.example"))


def days(count: int) -> Duration:
    """So many days."""
    return Duration(hours=24 * count)


def selection(*lines: str, kinds: tuple[str, ...] = ("aws.ebs_volume",)) -> Selection:
    """A condition over kinds."""
    tables = [table_of(KINDS[name]) for name in kinds]
    return Selection(kinds=frozenset(kinds), when=compile_condition(lines, tables) if lines else None)


def reap(name: str = "unattached", *lines: str, kinds: tuple[str, ...] = ("aws.ebs_volume",), **more: Any) -> Reap:
    """A policy that notifies at once and deletes after 14 days, unless said otherwise."""
    after = more.pop("after", {Mode.NOTIFY: days(0), Mode.DELETE: days(14)})
    return Reap(
        meta=Meta(name=name, owner="platform"),
        selects=selection(*(lines or ("state == 'available'",)), kinds=kinds),
        after=after,
        **more,
    )


def policies(*reaps: Reap, **more: Any) -> PolicySet:
    """A set with one account in which everything is allowed, and the organization's defaults but for the age."""
    organization = more.pop(
        "organization",
        Organization(platform=("platform",), accounts=(AccountRow(match={"cloud": "aws"}, environment="dev", mode=Mode.DELETE),)),
    )
    return PolicySet(
        organization=organization,
        teams={"payments": PAYMENTS, "platform": PLATFORM},
        reaps={each.meta.name: each for each in (reaps or (reap(),))},
        kinds=KINDS,
        commit="c0ffee",
        **more,
    )


def resource(kind: str = "aws.ebs_volume", id: str = "vol-1", **more: Any) -> Resource:
    """A detached volume of the payments team, a hundred days old."""
    fields: Mapping[str, Any] = more.pop("fields", {"state": "available", "size_gb": 10})
    return replace(
        Resource(
            key=Key(kind, "111122223333", "us-east-1", id, f"born-{id}"),
            name=id,
            created=NOW - timedelta(days=100),
            tags={"owner": "payments"},
            fields=fields,
            seen_at=NOW,
            monthly_cost=Money.of(8),
            fingerprint="f1",
            since={"seen": NOW - timedelta(days=90), "detached": NOW - timedelta(days=30)},
        ),
        **more,
    )


def inventory(*resources: Resource, as_of: datetime = NOW, **more: Any) -> Inventory:
    """An inventory of these."""
    return Inventory(id="i1", as_of=as_of, resources=resources, accounts=(Account("aws", "111122223333"),), **more)


def scanned(of: PolicySet, *resources: Resource, as_of: datetime = NOW) -> Scanned:
    """An inventory of these as acts ask it: scanned every hour, every list of the place read to its end."""
    cells = tuple(CellRead(kind, "111122223333", "us-east-1", Outcome.OK) for kind in KINDS)
    return Scanned.of(inventory(*resources, as_of=as_of, cells=cells), of, timedelta(hours=1))


def context(of: PolicySet, server: Mode = Mode.DELETE) -> Context:
    """The policies with the one account."""
    return Context(policies=of, accounts={"111122223333": Account("aws", "111122223333")}, server=server)


def opened(of: PolicySet | None = None, thing: Resource | None = None, **more: Any) -> Case:
    """A case of a resource as `openings` makes it."""
    of, thing = of or policies(), thing or resource()
    judged = judge_one(view(thing, context(of), NOW), context(of), NOW)
    case = Case(
        id=case_id(thing.key, NOW),
        key=thing.key,
        name=thing.name,
        opened=NOW,
        state=State.DETECTED,
        findings=in_order(judged.findings),
        team=judged.view.owner.team,
        owner=str(judged.view.owner.owner or ""),
        monthly=thing.monthly_cost,
        fingerprint=str(thing.fingerprint),
        agreed=1,
        agreed_since=NOW,
        agreed_as_of=NOW,
    )
    return replace(case, **more)


def seen(case: Case, at: datetime, of: PolicySet, thing: Resource | None = None) -> Judged:
    """What a later scan says of a case."""
    from engine.follow import Sight

    thing = thing or resource()
    judged = judge_one(view(thing, context(of), at), context(of), at)
    return event_of(case, judged.view, judged.verdicts, Sight.of(inventory(thing, as_of=at), [judged], context(of)))


def in_grace(of: PolicySet | None = None, thing: Resource | None = None) -> Case:
    """A case whose owner was told on Monday at nine."""
    of = of or policies()
    agreed = {"agreed": 3, "agreed_since": NOW - timedelta(days=1)}
    case = replace(opened(of, thing), state=State.NOTIFIED, tell="found", **agreed)
    promised = promise(case, Rules(policies=of), NOW)
    delivered = Delivered(channel="#payments", receipt="1.0", promised=promised, mode=case.lead.mode)
    return advance(case, delivered, Rules(policies=of), NOW)
