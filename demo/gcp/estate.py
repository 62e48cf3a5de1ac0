"""What there is: projects, resources and operations, with Google's ids and times."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from demo.gcp.calls import Call, scope_of
from demo.gcp.refusals import Refusal, invalid, missing
from reapers.clock import Clock

ZONES = {
    "us-central1": "abcf", "us-east1": "bcd", "us-west1": "abc", "europe-west1": "bcd", "europe-west3": "abc",
    "asia-east1": "abc",
}  # fmt: skip
"""The letters of each region's zones: some of Google's."""

HOME = "https://www.googleapis.com/compute/v1"
"""What links in answers start with, whatever address was asked."""

MOUNTAIN_VIEW = timezone(timedelta(hours=-8))
"""The Compute API writes its times with this offset."""

FIRST_ID = 4_815_162_342_000_000_001
"""Ids count up from here, so that the same calls give the same ids."""

Place = tuple[str, str, str, str]
"""Project, location, collection, name."""


@dataclass(slots=True, eq=False)
class Thing:
    """One resource of the Compute API. `shown` is its JSON."""

    place: Place
    shown: dict[str, Any]

    @property
    def link(self) -> str:
        """Its full link."""
        return str(self.shown["selfLink"])

    @property
    def path(self) -> str:
        """projects/p/zones/z/disks/x: what Google's messages call it."""
        return self.link.removeprefix(f"{HOME}/")


@dataclass(slots=True, eq=False)
class Operation:
    """Something under way. `done` is carried out when it ends."""

    thing: Thing
    ends: datetime
    done: Callable[[], None]


@dataclass(slots=True)
class Estate:
    """All that the double knows. Not locked: whoever changes it holds the door's lock."""

    clock: Clock
    operation_seconds: float = 0.0
    """How long operations take, in seconds of the clock; 0: they end at once."""
    largest_page: int = 500
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    things: dict[Place, Thing] = field(default_factory=dict)
    running: list[Operation] = field(default_factory=list)
    requests: dict[str, tuple[str, Thing]] = field(default_factory=dict)
    """Request id -> the call it was first used for, and its operation."""
    keys: dict[str, str] = field(default_factory=dict)
    """Cloud KMS: the name of a key's version -> its state."""
    silent: set[tuple[str, str]] = field(default_factory=set)
    back: timedelta = timedelta(0)
    serial: int = FIRST_ID

    def now(self) -> datetime:
        """The clock's moment, or some time before while an old estate is made."""
        return self.clock.now().astimezone(UTC) - self.back

    @contextmanager
    def ago(self, back: timedelta) -> Iterator[None]:
        """What is made inside was made that long ago."""
        before, self.back = self.back, back
        try:
            yield
        finally:
            self.back = before

    def number(self) -> int:
        """The next id."""
        self.serial += 1_299_709  # a prime, so that ids do not look like a sequence
        return self.serial

    def find(self, place: Place) -> Thing:
        """A resource by name or numeric id. Refusal 404 where there is none."""
        thing = self.things.get(place)
        if thing is None and place[3].isdecimal():
            beside = (each for each in self.things.values() if each.place[:3] == place[:3])
            thing = next((each for each in beside if each.shown["id"] == place[3]), None)
        if thing is None:
            project, location, collection, name = place
            raise missing(f"projects/{project}/{scope_of(location)}/{collection}/{name}")
        return thing

    def of(self, call: Call) -> Thing:
        """The resource that a call names."""
        return self.find((call.project, call.location, call.collection, call.name))

    def linked(self, link: str, project: str, field: str) -> Thing:
        """The resource that a link in a request leads to, in full or in part. Refusal 404 where there is none."""
        path = link.removeprefix(f"{HOME}/")
        whole = path if path.startswith("projects/") else f"projects/{project}/{path}"
        found = re.fullmatch(r"projects/([^/]+)/(?:global|(?:zones|regions)/([^/]+))/([^/]+)/([^/]+)", whole)
        if found is None:
            raise invalid(field, f"'{link}'. The URL is malformed.")
        return self.find((found[1], found[2] or "global", found[3], found[4]))

    def make(self, place: Place, body: Mapping[str, Any], kind: str) -> Thing:
        """A new resource with an id, a time and a link of its own. Refusal 409 where the name is taken."""
        project, location, collection, name = place
        path = f"projects/{project}/{scope_of(location)}/{collection}/{name}"
        if place in self.things:
            raise Refusal(409, "alreadyExists", f"The resource '{path}' already exists")
        shown = {"kind": kind, "id": str(self.number()), "creationTimestamp": stamp(self.now()), **body}
        shown["selfLink"] = f"{HOME}/{path}"
        if location != "global":
            word, here = scope_of(location).split("/")
            shown[word.removesuffix("s")] = f"{HOME}/projects/{project}/{word}/{here}"
        thing = Thing(place, shown)
        self.things[place] = thing
        return thing

    def settle(self) -> None:
        """Ends the operations whose time has come, by the clock itself."""
        now = self.clock.now()
        for operation in [each for each in self.running if each.ends <= now]:
            self.running.remove(operation)
            operation.done()
            operation.thing.shown |= {"status": "DONE", "progress": 100, "endTime": stamp(operation.ends)}

    def begin(self, call: Call, target: Thing, done: Callable[[], None], seconds: float | None = None) -> dict[str, Any]:
        """An operation on a resource; its JSON is the answer of the call that began it."""
        name = f"operation-{self.number()}"
        now = self.now()
        shown = {
            "name": name,
            "operationType": call.method.rsplit(".", 1)[1],
            "targetId": target.shown["id"],
            "targetLink": target.link,
            "user": "somebody@example.com",
            "status": "RUNNING",
            "progress": 0,
            "insertTime": stamp(now),
            "startTime": stamp(now),
        }
        place = (call.project, call.location, "operations", name)
        thing = self.make(place, shown, "compute#operation")
        del thing.shown["creationTimestamp"]
        span = self.operation_seconds if seconds is None else seconds
        self.running.append(Operation(thing, now + timedelta(seconds=span), done))
        if call.query.get("requestId"):
            self.requests[call.query["requestId"]] = (str(call), thing)
        self.settle()
        return thing.shown

    def repeated(self, call: Call) -> dict[str, Any] | None:
        """The operation that an earlier call with the same request id began: looked up before anything else."""
        known = self.requests.get(call.query.get("requestId", ""))
        if known is None:
            return None
        if known[0] != str(call):
            raise invalid("requestId", f"'{call.query['requestId']}'. It was used for another request.")
        return known[1].shown


def stamp(moment: datetime) -> str:
    """A time as the Compute API writes it."""
    return moment.astimezone(MOUNTAIN_VIEW).isoformat(timespec="milliseconds")


def zulu(moment: datetime) -> str:
    """A time as Resource Manager writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def label_fingerprint(labels: Mapping[str, str]) -> str:
    """What setLabels must send to show that it knows the labels it replaces."""
    return base64.b64encode(hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).digest()[:8]).decode()


def full(link: str, project: str) -> str:
    """A partial link as answers show it."""
    if link.startswith("http"):
        return link
    return f"{HOME}/{link}" if link.startswith("projects/") else f"{HOME}/projects/{project}/{link}"
