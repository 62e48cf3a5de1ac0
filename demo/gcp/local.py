"""LocalGCP: several Google Cloud projects on this machine's loopback, in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson

from demo.gcp.calls import Call, scope_of
from demo.gcp.disks import make_disk
from demo.gcp.documents import methods
from demo.gcp.door import Door, Hook
from demo.gcp.estate import Estate, Thing, stamp
from demo.gcp.faults import Fault
from demo.gcp.instances import make_instance
from demo.gcp.machine_images import make_machine_image
from demo.gcp.networks import make_address
from demo.gcp.projects import make_folder, make_project
from demo.gcp.refusals import Refusal
from demo.gcp.schema import Checker
from demo.gcp.server import HOST, Server
from reapers.clock import Clock, SystemClock

ZONE = "us-central1-a"

_MAKE = {
    "disks": make_disk, "instances": make_instance, "addresses": make_address, "machineImages": make_machine_image,
}  # fmt: skip
_SETTLED = {"disks": "READY", "instances": "RUNNING", "addresses": "RESERVED", "machineImages": "READY"}


class LocalGCP:
    """Compute Engine and Resource Manager behind one door, held to Google's discovery documents in both directions.

    `projects` are ids; more come with `project`. The same order of calls gives the same ids. With a `clock`, times, the ends of
    operations and the Date header follow it. Tests assert that `violations` stays empty.
    """

    def __init__(self, projects: Sequence[str] = ("acme-dev",), clock: Clock | None = None) -> None:
        methods()  # read the documents now, not within the first request
        self.door = Door(Estate(clock or SystemClock()))
        for name in projects:
            self.project(name)
        self._server = Server(self.door)
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> LocalGCP:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- making an estate ---------------------------------------------------------------------------------------------

    def project(self, name: str, parent: str = "", **shown: Any) -> Mapping[str, Any]:
        """A project, in `folders/1` or `organizations/1` or nowhere; `shown`: displayName, labels, state."""
        with self.door.lock:
            return make_project(self.door.estate, name, parent, **shown)

    def folder(self, name: str, parent: str = "organizations/1", title: str = "") -> Mapping[str, Any]:
        """A folder: `folders/1001`."""
        with self.door.lock:
            return make_folder(self.door.estate, name, parent, title or name.replace("/", " "))

    def key(self, name: str, state: str = "ENABLED") -> str:
        """A key of Cloud KMS, `projects/p/locations/l/keyRings/r/cryptoKeys/k`, with one version. Returns the name."""
        with self.door.lock:
            self.door.estate.keys[f"{name}/cryptoKeyVersions/1"] = state
        return name

    def seed(self, place: str, collection: str, body: Mapping[str, Any], **shown: Any) -> dict[str, Any]:
        """A disk, instance, address or machine image in place: checked like an insert, without a call. Returns its JSON.

        `place` is project/location: `acme-dev/us-central1-a`. `shown` sets what only Google writes, times as datetimes:
        `status="TERMINATED", lastStopTimestamp=…`.
        """
        project, location = place.split("/")
        with self.door.lock:
            self.door.estate.settle()
            checked = _checked(location, collection, body)
            thing = _MAKE[collection](self.door.estate, (project, location), checked)
            thing.shown["status"] = _SETTLED[collection]
            if collection == "instances":
                thing.shown["lastStartTimestamp"] = thing.shown["creationTimestamp"]
            return self.alter(thing.place, **shown)

    def alter(self, place: tuple[str, str, str, str], **shown: Any) -> dict[str, Any]:
        """Sets what only Google writes of (project, location, collection, name); None takes it away. Returns its JSON."""
        with self.door.lock:
            self.door.estate.settle()
            thing = self.door.estate.find(place)
            for name, value in shown.items():
                thing.shown[name] = stamp(value) if isinstance(value, datetime) else value
                if value is None:
                    del thing.shown[name]
            return _copy(thing)

    @contextmanager
    def ago(self, **span: float) -> Iterator[None]:
        """What is made inside (by one thread) was made that long ago: `with gcp.ago(days=40): …`."""
        with self.door.estate.ago(timedelta(**span)):
            yield

    # --- looking at it, and acting as somebody else -------------------------------------------------------------------

    def look(self, place: str, collection: str, name: str) -> dict[str, Any] | None:
        """What there is at project/location, as Google would describe it; None where there is nothing."""
        project, location = place.split("/")
        with self.door.lock:
            self.door.estate.settle()
            try:
                return _copy(self.door.estate.find((project, location, collection, name)))
            except Refusal:
                return None

    def all(self, project: str, collection: str) -> list[dict[str, Any]]:
        """Every resource of a collection, by name."""
        with self.door.lock:
            self.door.estate.settle()
            things = sorted(self.door.estate.things.values(), key=lambda thing: thing.place)
            return [_copy(thing) for thing in things if (thing.place[0], thing.place[2]) == (project, collection)]

    def ask(self, http: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        """A request as anybody could make it, for stories: `gcp.ask("POST", "acme-dev/zones/us-central1-a/instances/x/start")`.

        The path is below compute/v1/projects. RuntimeError when it is refused.
        """
        target = f"/compute/v1/projects/{path}" + (f"?{urlencode(query)}" if query else "")
        status, answer = self.door.handle(http, target, orjson.dumps(body) if body is not None else b"", ours=False)
        if status != 200:
            raise RuntimeError(answer["error"]["message"])
        return answer

    def client(self, service: str) -> Any:
        """A google-cloud-compute client of one's own: `gcp.client("Disks")`."""
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import compute_v1

        make = getattr(compute_v1, f"{service}Client")
        return make(credentials=AnonymousCredentials(), client_options={"api_endpoint": self.url})

    # --- how it behaves -----------------------------------------------------------------------------------------------

    @property
    def calls(self) -> Sequence[Call]:
        """Every call so far."""
        return tuple(self.door.calls)

    @property
    def violations(self) -> Sequence[str]:
        """What Google's documents do not allow, of requests and of our own answers. Tests assert that there is nothing."""
        return tuple(self.door.violations)

    def forget_calls(self) -> None:
        """Begin the list of calls anew."""
        self.door.calls.clear()

    @property
    def operation_seconds(self) -> float:
        """How long operations take by the clock; 0: they end at once."""
        return self.door.estate.operation_seconds

    @operation_seconds.setter
    def operation_seconds(self, seconds: float) -> None:
        self.door.estate.operation_seconds = seconds

    def fail(self, status: int, reason: str = "", **where: Any) -> Fault:
        """Let calls fail: `gcp.fail(403, method="compute.disks.*", project="acme-dev", times=2)`. See `Fault`."""
        fault = Fault(status=status, reason=reason, **where)
        self.door.faults.rows.append(fault)
        return fault

    def silence(self, location: str, project: str = "*") -> None:
        """Let a zone or region not answer: aggregated lists go on without it and say so."""
        self.door.estate.silent.add((project, location))

    def heal(self) -> None:
        """No more faults."""
        self.door.faults.rows.clear()
        self.door.estate.silent.clear()

    @contextmanager
    def on_call(self, hook: Hook) -> Iterator[None]:
        """Inside, `hook(call, "before" | "after")` is called around each call that is carried out. It may raise Dropped."""
        self.door.hooks.append(hook)
        try:
            yield
        finally:
            self.door.hooks.remove(hook)

    @contextmanager
    def pages_of(self, largest: int) -> Iterator[None]:
        """Inside, no page holds more items than this, however many are asked for."""
        before, self.door.estate.largest_page = self.door.estate.largest_page, largest
        try:
            yield
        finally:
            self.door.estate.largest_page = before


def _checked(location: str, collection: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body as the insert of this collection and location takes it. Violation when it would not."""
    scope = scope_of(location).split("/")[0]
    capital = f"{collection[0].upper()}{collection[1:]}"
    noun = {("regions", "disks"): "regionDisks", ("global", "addresses"): f"global{capital}"}.get((scope, collection), collection)
    method = methods()[f"compute.{noun}.insert"]
    checked: dict[str, Any] = Checker(method.document, method.id, request=True).body(dict(body), method.request)
    return checked


def _copy(thing: Thing) -> dict[str, Any]:
    copied: dict[str, Any] = orjson.loads(orjson.dumps(thing.shown))
    return copied
