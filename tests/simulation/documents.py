"""The policy repository's files, and the numbers in them that invariants check by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

SANDBOX, DEV, PROD = "100000000001", "100000000002", "100000000003"
ACCOUNTS = (SANDBOX, DEV, PROD)
REGIONS = ("here", "there")

TEAMS: Mapping[str, str] = {
    "payments": "Europe/Berlin",
    "search": "America/New_York",
    "data": "Asia/Kolkata",
    "platform": "UTC",
}
"""Team -> time zone: two that change their clocks on different days, one that never does and is half an hour off."""

PER_HOUR, PER_DAY = 4, 12
ALL_PER_HOUR, ALL_PER_DAY = 7, 20
KEEP = timedelta(days=6)
HEAD_AGE = timedelta(minutes=15)
PROTECTING = ("do-not-delete", "sexton:keep")


def people_of(team: str) -> tuple[str, ...]:
    """A team's people, all of whom may agree in its name. The third of the platform answers no message: who caused no hold may
    release it."""
    return tuple(f"{team}-{number}@acme.example" for number in range(1, 4 if team == "platform" else 3))


def _team(name: str, zone: str) -> str:
    return f"""
apiVersion: sexton/v1
kind: Team
metadata: {{name: {name}}}
spec: {{people: [{", ".join(people_of(name))}], slack: "#{name}", time_zone: {zone}}}
"""


ORGANIZATION = f"""
apiVersion: sexton/v1
kind: Organization
metadata: {{name: acme, owner: platform}}
spec:
  platform: [platform]
  accounts:
    - {{match: {{id: "{SANDBOX}"}}, environment: sandbox, team: payments, mode: delete}}
    - {{match: {{id: "{DEV}"}}, environment: dev, team: search, mode: delete}}
    - {{match: {{id: "{PROD}"}}, environment: prod, mode: delete}}
  environments:
    sandbox: {{silent_delete: true}}
    prod: {{approval: {{stop: owner, delete: owner+platform}}}}
  protect: {{tags: [do-not-delete, "sexton:keep"]}}
  hours: {{days: mon-fri, from: "08:00", to: "18:00"}}
  grace: {{stop: 1d, delete: 1bd, unowned: 1d}}
  persistence: {{scans: 2, over: 12h}}
  min_age: 1d
  limits:
    per_hour: {PER_HOUR}
    per_day: {PER_DAY}
    percent_per_day: 40
    dollars_per_day: 100000
    organization: {{per_hour: {ALL_PER_HOUR}, per_day: {ALL_PER_DAY}}}
  approvals: {{approve_by: 3d, execute_by: 2d}}
  keep: {{snooze: 3d, snoozes: 2, keep: {KEEP.days}d}}
  undo: 3d
"""

OWNERSHIP = """
apiVersion: sexton/v1
kind: Ownership
metadata: {name: ownership, owner: platform}
spec: {from: [{tag: [owner]}, {account: {}}], counts: [tag]}
"""

MACHINES = """
apiVersion: sexton/v1
kind: Reap
metadata: {name: idle-machines, owner: platform}
spec:
  resource: aws.machine
  when: ["state == 'running' && !busy"]
  after: {notify: 0d, stop: 2d, delete: 5d}
  before_delete: [backup]
  approval: {stop: none, delete: owner}
"""

DISKS = """
apiVersion: sexton/v1
kind: Reap
metadata: {name: loose-disks, owner: platform}
spec:
  resource: aws.disk
  when: [state == 'available'SIZE]
  after: {notify: 0d, delete: DAYS}
  before_delete: [backup]
  approval: {delete: owner}
"""

ADDRESSES = """
apiVersion: sexton/v1
kind: Reap
metadata: {name: unused-addresses, owner: platform}
spec:
  resource: aws.address
  when: ["!used"]
  after: {notify: 0d, delete: 3d}
  before_delete: []
  approval: {delete: owner+platform}
"""


def exemption(number: int, kind: str, id: str, until: str) -> str:
    """One resource is spared from everything."""
    return f"""
apiVersion: sexton/v1
kind: Exemption
metadata: {{name: spared-{number}, owner: platform}}
spec: {{of: ["*"], resource: {kind}, when: ["id == '{id}'"], until: {until}, reason: a simulated ticket}}
"""


def disks(days: int = 3, more: str = "") -> str:
    """The policy on disks in one of its versions."""
    return DISKS.replace("DAYS", f"{days}d").replace("SIZE", more)


def files() -> dict[str, str]:
    """The repository as it begins."""
    teams = {f"policies/teams/{name}.yaml": _team(name, zone) for name, zone in TEAMS.items()}
    return teams | {
        "policies/organization.yaml": ORGANIZATION,
        "policies/ownership.yaml": OWNERSHIP,
        "policies/machines.yaml": MACHINES,
        "policies/disks.yaml": disks(),
        "policies/addresses.yaml": ADDRESSES,
    }


BROKEN = "apiVersion: sexton/v1\nkind: Reap\nmetadata: {name: broken, owner: nobody}\nspec: {resource: aws.dragon}\n"
"""A document that does not load."""
