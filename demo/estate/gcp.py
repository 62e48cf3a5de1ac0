"""The GCP project of the data team: a notebook lab whose experiments outlived their authors' interest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from demo.gcp.local import ZONE, LocalGCP

PROJECT = "acme-data-lab"
HERE = f"{PROJECT}/{ZONE}"
REGION = f"{PROJECT}/us-central1"


def furnish(gcp: LocalGCP) -> None:
    """Disks, machines and addresses."""
    _machine(gcp, "feature-store", 300, {"owner": "data"})
    _machine(gcp, "notebook-eva", 90, {"owner": "data"})
    _machine(gcp, "trainer-a100-trial", 150, {"owner": "data"}, stopped=70)
    _machine(gcp, "airflow-old", 400, {"owner": "data"}, stopped=120)
    for name, size, age, detached in (
        ("dataset-2023", 2000, 600, 200),
        ("dataset-2024", 1500, 300, 60),
        ("embeddings-v1", 500, 200, 90),
        ("embeddings-v2", 500, 100, 25),
        ("spark-shuffle-1", 200, 80, 30),
        ("spark-shuffle-2", 200, 80, 30),
    ):
        _disk(gcp, name, size, (age, detached))
    _disk(gcp, "golden-labels", 100, (500, 300), **{"sexton-keep": "yes"})
    _disk(gcp, "pvc-metrics", 50, (200, 100), **{"goog-k8s-cluster-name": "lab"})
    _address(gcp, "notebook-gateway", 90, {"owner": "data"}, used=True)
    _address(gcp, "old-dashboard", 250, {"owner": "data"})
    _address(gcp, "vpn-trial", 150, {"owner": "data"})


def _disk(gcp: LocalGCP, name: str, size: int, days: tuple[int, int], **labels: str) -> None:
    """A disk of the data team: so many days old, off its machine for so many."""
    age, detached = days
    body = {"name": name, "sizeGb": str(size), "type": f"zones/{ZONE}/diskTypes/pd-ssd", "labels": {"owner": "data", **labels}}
    with gcp.ago(days=age):
        gcp.seed(HERE, "disks", body)
    gcp.alter((PROJECT, ZONE, "disks", name), lastDetachTimestamp=gcp.door.estate.clock.now() - timedelta(days=detached))


def _machine(gcp: LocalGCP, name: str, age: int, labels: Mapping[str, str], stopped: int = 0) -> None:
    """A machine with a boot disk, running or stopped so many days ago."""
    image = {"sourceImage": "projects/debian-cloud/global/images/debian-12"}
    boot = {"boot": True, "autoDelete": True, "initializeParams": image}
    body: dict[str, Any] = {
        "name": name,
        "machineType": f"zones/{ZONE}/machineTypes/e2-standard-4",
        "disks": [boot],
        "networkInterfaces": [{"network": "global/networks/default"}],
        "labels": dict(labels),
    }
    with gcp.ago(days=age):
        gcp.seed(HERE, "instances", body)
    if stopped:
        at = gcp.door.estate.clock.now() - timedelta(days=stopped)
        gcp.alter((PROJECT, ZONE, "instances", name), status="TERMINATED", lastStopTimestamp=at)


def _address(gcp: LocalGCP, name: str, age: int, labels: Mapping[str, str], used: bool = False) -> None:
    """A reserved external address."""
    body = {"name": name, "addressType": "EXTERNAL", "labels": dict(labels)}
    with gcp.ago(days=age):
        gcp.seed(REGION, "addresses", body)
    if used:
        user = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/{ZONE}/instances/notebook-eva"
        gcp.alter((PROJECT, "us-central1", "addresses", name), status="IN_USE", users=[user])
