"""A small world with real parts: a local AWS account, a Slack, a policy repository, a ledger, and the real service."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.settings import Settings
from api.wiring import open_the_ledger, the_service
from demo.aws.calls import Call
from demo.aws.local import LocalAWS
from demo.clock import StoryClock
from demo.slack.server import LocalSlack
from demo.slack.workspace import Person
from demo.witness import unexplained
from engine.case import Case, State
from engine.model import Verb
from engine.schedule import action_of
from engine.teams import Access
from engine.teams import Person as SignedIn
from makers.seasoned import PAST, season
from reapers.desk import Desk
from reapers.execute import Report
from reapers.service import Service
from reapers.store import Intent
from reapers.store.ledger import Ledger

ACCOUNT = "111122223333"
REGION = "us-east-1"
ZONE = "us-east-1a"
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)

DELETES = frozenset({"DeleteVolume", "TerminateInstances", "DeleteDBInstance", "ReleaseAddress"})
"""The calls after which something is gone."""

FILES: Mapping[str, str] = {
    "organization.yaml": """
kind: Organization
metadata: {name: acme, owner: platform}
spec:
  platform: [platform]
  accounts: [{match: {cloud: aws}, environment: sandbox, team: platform, mode: delete}]
  environments: {sandbox: {silent_delete: true}}
  protect: {tags: [do-not-delete]}
  hours: {days: mon-sun, from: "00:00", to: "23:59"}
  grace: {stop: 1h, delete: 2h, unowned: 1h}
  persistence: {scans: 1, over: 0h}
  min_age: 1d
  limits: {per_hour: 100, per_day: 100, percent_per_day: 100, dollars_per_day: 100000}
  undo: 30d
""",
    "ownership.yaml": """
kind: Ownership
metadata: {name: ownership, owner: platform}
spec: {from: [{tag: [owner]}], counts: [tag]}
""",
    "platform.yaml": """
kind: Team
metadata: {name: platform}
spec: {people: [pia@acme.example, quinn@acme.example], slack: "#platform"}
""",
    "payments.yaml": """
kind: Team
metadata: {name: payments}
spec: {people: [ann@acme.example, bo@acme.example], slack: "#payments"}
""",
    "search.yaml": """
kind: Team
metadata: {name: search}
spec: {people: [cy@acme.example], slack: "#search"}
""",
    "volumes.yaml": """
kind: Reap
metadata: {name: volumes, owner: platform}
spec:
  resource: aws.ebs_volume
  when: [state == 'available']
  after: {notify: 0h, delete: 24h}
  before_delete: [backup]
""",
    "machines.yaml": """
kind: Reap
metadata: {name: machines, owner: platform}
spec:
  resource: aws.ec2_instance
  when: ["state == 'running' && has(tags.idle)"]
  after: {notify: 0h, stop: 24h, delete: 48h}
  before_delete: [backup]
""",
    "addresses.yaml": """
kind: Reap
metadata: {name: addresses, owner: platform}
spec:
  resource: aws.elastic_ip
  when: ["!associated"]
  after: {notify: 0h, delete: 24h}
  before_delete: []
  approval: {delete: owner+platform}
""",
}


def commit(repository: Path, files: Mapping[str, str | None], *more: str) -> str:
    """The files below policies/ as one commit on main, which None removes; `more` are options of git commit. Its id."""
    for name, text in files.items():
        file = repository / "policies" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("apiVersion: sexton/v1\n" + text.lstrip()) if text is not None else file.unlink()
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--allow-empty", "-m", "Policies", *more)
    return git(repository, "rev-parse", "HEAD")


def git(repository: Path, *words: str) -> str:
    """git in the repository, with nobody's own settings."""
    who = {f"GIT_{role}_{what}": "tests@acme.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    ran = subprocess.run(
        ["git", "-C", str(repository), *words], check=True, env={**os.environ, **who, **alone}, capture_output=True, text=True
    )
    return ran.stdout.strip()


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that runs, and short words for what tests do with it."""

    folder: Path
    clock: StoryClock
    aws: LocalAWS
    slack: LocalSlack
    written: Mapping[str, Any]
    """The settings as they are written."""
    settings: Settings
    ledger: Ledger
    service: Service
    reports: list[Report] = field(default_factory=list)
    """What the executor said, oldest first."""
    witnessed: bool = True
    """At the end, every change that AWS was asked for must be in the trail; not where a test tampers with the ledger."""

    # --- the estate -----------------------------------------------------------------------------------------------------

    @property
    def ec2(self) -> Any:
        """A client of somebody who works in the account."""
        return self.aws.client("ec2", ACCOUNT)

    def volume(self, name: str = "scratch", age: int = 40, **tags: str) -> str:
        """A detached EBS volume of payments, so many days old; its id."""
        with self.aws.ago(days=age):
            made = self.ec2.create_volume(
                AvailabilityZone=ZONE, Size=10, VolumeType="gp3", TagSpecifications=_tagged("volume", name, tags)
            )
        return str(made["VolumeId"])

    def machine(self, name: str = "batch", age: int = 40, **tags: str) -> str:
        """A running EC2 instance of payments, tagged idle; its id."""
        asked = {"ImageId": "ami-12c6146b", "InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1}
        tags = {"idle": "yes"} | tags
        with self.aws.ago(days=age):
            (made,) = self.ec2.run_instances(**asked, TagSpecifications=_tagged("instance", name, tags))["Instances"]
        return str(made["InstanceId"])

    def address(self, name: str = "old-site", **tags: str) -> str:
        """An elastic IP of nothing; its allocation id."""
        return str(self.ec2.allocate_address(Domain="vpc", TagSpecifications=_tagged("elastic-ip", name, tags))["AllocationId"])

    def tag(self, id: str, **tags: str) -> None:
        """Add or change tags, as a person would. `_` stands for `-` in keys."""
        pairs = [{"Key": key.replace("_", "-"), "Value": value} for key, value in tags.items()]
        self.ec2.create_tags(Resources=[id], Tags=pairs)

    def attach(self, volume: str) -> None:
        """Somebody uses the volume: a machine of theirs that no policy speaks of."""
        asked = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        (made,) = self.ec2.run_instances(**asked, Placement={"AvailabilityZone": ZONE})["Instances"]
        self.ec2.attach_volume(VolumeId=volume, InstanceId=made["InstanceId"], Device="/dev/sdf")

    def volumes(self) -> set[str]:
        """The ids of the volumes that there are, whatever is denied."""
        from moto.backends import get_backend

        return set(get_backend("ec2")[ACCOUNT][REGION].volumes)

    def state_of(self, machine: str) -> str:
        """The state of a machine."""
        (group,) = self.ec2.describe_instances(InstanceIds=[machine])["Reservations"]
        return str(group["Instances"][0]["State"]["Name"])

    # --- what was asked of AWS ------------------------------------------------------------------------------------------

    def called(self, *actions: str) -> list[Call]:
        """The calls of these operations so far; of no operation: of all that change something."""
        return [call for call in self.aws.calls if (call.action in actions if actions else call.mutating)]

    def deletes(self) -> int:
        """How many delete calls AWS received."""
        return len(self.called(*DELETES))

    # --- the service ----------------------------------------------------------------------------------------------------

    def tick(self, rounds: int = 1) -> None:
        """Rounds of the service at this moment."""
        for _ in range(rounds):
            self.service.tick()

    def later(self, **span: float) -> None:
        """The clock goes ahead."""
        self.clock.jump(self.clock.now() + timedelta(**span))

    def go(self, until: Callable[[], object], **longest: float) -> None:
        """Rounds, with jumps to the next moment in between, until it is so; at longest a week. Fails when it never is."""
        end = self.clock.now() + timedelta(**(longest or {"days": 7}))
        while not until():
            assert self.clock.now() < end, f"it did not come to be: {[_told(case) for case in self.cases()]}"
            self.tick()
            if not until():
                self.clock.jump(self.service.next_moment())

    def restart(self, **changes: Any) -> Service:
        """Another process goes on from the same ledger, snapshots and repository."""
        self.service = eager(the_service(self.settings, self.ledger, self.clock))
        self.service.reported = self.reports.append
        return self.service

    def scan(self) -> None:
        """A scan now, whether due or not."""
        self.service.scan()

    # --- cases and people -----------------------------------------------------------------------------------------------

    def cases(self) -> list[Case]:
        """Every case there ever was, oldest first."""
        return [case for case in self.ledger.cases(limit=1000)[0] if not case.id.startswith(PAST)]

    def case(self, id: str) -> Case:
        """The newest case of a resource."""
        return max((case for case in self.cases() if case.key.id == id), key=lambda case: case.opened)

    def state(self, id: str) -> State | None:
        """Where its case stands; None where it has none."""
        return self.case(id).state if any(case.key.id == id for case in self.cases()) else None

    def intents(self, id: str, verb: Verb | None = None) -> list[Intent]:
        """The intents of all its cases."""
        found = [intent for case in self.cases() if case.key.id == id for intent in self.ledger.intents(case.id)]
        return [intent for intent in found if verb in (None, intent.verb)]

    @property
    def desk(self) -> Desk:
        """Where people say what they want."""
        return Desk(self.ledger, self.clock, lambda: self.service.situation)

    def approve(self, id: str, *people: str) -> None:
        """People agree to what is asked of them now; ann unless somebody else is named."""
        for person in people or ("ann",):
            case = self.case(id)
            action = action_of(case)
            assert action, f"nothing to approve: {_told(case)}"
            self.desk.approve(case.id, somebody(person), action.hash)

    def to(self, id: str, state: State) -> Case:
        """Until the case of a resource stands there, with the approvals that it takes; stops before any act is done."""
        self.go(lambda: self._stands(id, state) or self._stands(id, State.AWAITING_APPROVAL))
        if self.state(id) is State.AWAITING_APPROVAL and state is not State.AWAITING_APPROVAL:
            self.go(lambda: not self.case(id).tell)
            people = ("pia", "quinn") if not self.case(id).owner else ("ann", "pia")
            self.approve(id, *people[: 1 + (str(self.case(id).terms.approval.get(_rung(self.case(id)))) == "owner+platform")])
            if state is not State.APPROVED:
                self.go(lambda: self._stands(id, state))
        return self.case(id)

    def _stands(self, id: str, state: State) -> bool:
        return any(case.key.id == id and case.state is state for case in self.cases())

    def messages(self, channel: str = "#payments") -> Sequence[Any]:
        """What was posted there."""
        return self.slack.messages(channel)

    def results(self, verb: Verb | None = None) -> list[str]:
        """How the executor's attempts ended, oldest first."""
        return [str(report.result) for report in self.reports if verb in (None, report.verb)]

    # --- behind the service's back --------------------------------------------------------------------------------------

    def commit(self, files: Mapping[str, str | None], *more: str) -> str:
        """A new commit on the policy branch."""
        return commit(self.folder / "repository", files, *more)

    def pass_database_time(self, seconds: float = 600) -> None:
        """The database's own clock goes ahead: leases and taken messages run out, no call can be under way any more."""
        from sqlalchemy import update

        from reapers.store.tables import cases, intents, outbox

        with self.ledger.database.writing() as connection:
            connection.execute(update(cases).values(lease_until=cases.c.lease_until - seconds))
            connection.execute(update(intents).values(not_after=intents.c.not_after - seconds))
            connection.execute(update(outbox).values(taken_until=outbox.c.taken_until - seconds))


def eager(service: Service) -> Service:
    """A service that asks the repository in every round."""
    service.options = replace(service.options, poll_every=timedelta(0))
    return service


def somebody(name: str, access: Access = Access.ADMIN) -> SignedIn:
    """A person of acme who has signed in."""
    return SignedIn(email=f"{name}@acme.example", access=access)


def _rung(case: Case) -> Any:
    from engine.schedule import next_rung

    return next_rung(case)


def _told(case: Case) -> str:
    return f"{case.name} {case.state} due {case.due} tell {case.tell!r} stuck {case.stuck!r} missing {case.missing}"


def _tagged(what: str, name: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    pairs = {"Name": name, "owner": "payments"} | {key.replace("_", "-"): value for key, value in tags.items()}
    return [{"ResourceType": what, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items() if value]}]


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for as long as it lasts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def written_of(folder: Path, slack: LocalSlack | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """The server's settings for the small world."""
    told = {"slack": {"token": "xoxb-tests", "base_url": slack.api_url}} if slack else {}
    return {
        "policies": {"repository": str(folder / "repository"), "poll": "1s"},
        "aws": {"regions": [REGION]},
        "inventory": {"store": str(folder / "inventory"), "every": "6h"},
        "ledger": {"url": f"sqlite:///{folder}/ledger.db"},
        "mode": "delete",
        **told,
        **more,
    }


PEOPLE = [Person(id=f"U{name.upper()}", email=f"{name}@acme.example", name=name) for name in ("ann", "bo", "cy", "pia", "quinn")]


@contextmanager
def small_world(
    folder: Path,
    files: Mapping[str, str | None] | None = None,
    *,
    accounts: Sequence[str] = (ACCOUNT,),
    tells: bool = True,
    begin: datetime = MONDAY,
    seasoned: bool = True,
    **more: Any,
) -> Iterator[World]:
    """Build it. `files` go over FILES (None leaves one out), `more` over the settings; without `tells` there is no Slack;
    without `seasoned` the policies are new there, so that they rest for 72 hours and begin with a canary."""
    clock = StoryClock(begin)
    with ExitStack() as up:
        aws = up.enter_context(LocalAWS(accounts, clock))
        slack = up.enter_context(LocalSlack(clock, PEOPLE))
        up.enter_context(environment(aws.environment()))
        (folder / "repository").mkdir(parents=True)
        wanted = {name: text for name, text in {**FILES, **(files or {})}.items() if text is not None}
        commit(folder / "repository", wanted)
        written = written_of(folder, slack if tells else None, more)
        settings = Settings.model_validate(written)
        ledger = up.enter_context(open_the_ledger(settings))
        if seasoned:
            season(ledger, wanted, accounts, begin)
        service = eager(the_service(settings, ledger, clock))
        parts = {"folder": folder, "clock": clock, "aws": aws, "slack": slack, "ledger": ledger, "service": service}
        made = World(**parts, written=written, settings=settings)
        service.reported = made.reports.append
        yield made
        told = unexplained(made.ledger, made.aws.calls) if made.witnessed else []
        assert not told, told
