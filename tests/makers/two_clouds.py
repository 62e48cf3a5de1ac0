"""The small world with a Google project beside its AWS account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from demo.clock import StoryClock
from demo.gcp.local import ZONE, LocalGCP
from makers.world import FILES, MONDAY, World, small_world

PROJECT = "acme-dev"
HERE = f"{PROJECT}/{ZONE}"

POLICIES: Mapping[str, str] = {
    "organization.yaml": FILES["organization.yaml"].replace(
        "accounts: [", "accounts: [{match: {cloud: gcp}, environment: sandbox, team: platform, mode: delete}, "
    ),
    "gcp-machines.yaml": """
kind: Reap
metadata: {name: gcp-machines, owner: platform}
spec:
  resource: gcp.instance
  when: ["state == 'RUNNING' && has(tags.idle)"]
  after: {notify: 0h, stop: 24h, delete: 48h}
  before_delete: [backup]
  without_condemn: true
""",
    "gcp-disks.yaml": """
kind: Reap
metadata: {name: gcp-disks, owner: platform}
spec:
  resource: gcp.disk
  when: ["!attached"]
  after: {notify: 0h, delete: 24h}
  before_delete: [backup]
  without_condemn: true
""",
}


@contextmanager
def two_clouds(folder: Path) -> Iterator[tuple[World, LocalGCP]]:
    """Both, on one clock."""
    with ExitStack() as up:
        gcp = up.enter_context(LocalGCP([PROJECT], StoryClock(MONDAY)))
        settings = {"projects": [PROJECT], "endpoint": gcp.url}
        world = up.enter_context(small_world(folder, POLICIES, gcp=settings))
        gcp.door.estate.clock = world.clock
        yield world, gcp


def gcp_disk(gcp: LocalGCP, name: str = "spare", **labels: str) -> str:
    """A detached disk of payments, forty days old; its name, which is its id."""
    body = {"name": name, "sizeGb": "20", "type": f"zones/{ZONE}/diskTypes/pd-ssd", "labels": {"owner": "payments", **labels}}
    with gcp.ago(days=40):
        gcp.seed(HERE, "disks", body)
    gcp.alter((PROJECT, ZONE, "disks", name), lastDetachTimestamp=gcp.door.estate.clock.now() - timedelta(days=30))
    return name


def gcp_machine(gcp: LocalGCP, name: str = "trial", **more: Any) -> str:
    """A running instance of payments, tagged idle, forty days old; its name, which is its id."""
    boot = {"boot": True, "autoDelete": True, "initializeParams": {"diskSizeGb": "10", "sourceImage": "global/images/debian"}}
    body = {
        "name": name,
        "machineType": f"zones/{ZONE}/machineTypes/e2-medium",
        "disks": [boot],
        "networkInterfaces": [{"network": "global/networks/default"}],
        "labels": {"owner": "payments", "idle": "yes"},
        **more,
    }
    with gcp.ago(days=40):
        gcp.seed(HERE, "instances", body)
    return name
