"""Terraform's state files, given read-only: which of them manages a resource. Evidence of every scan, and of the last look.

A state that cannot be read hides whatever it could hold, which is anything: nothing is then "in none of them".
"""

from __future__ import annotations

import glob
import logging
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.managed import NOWHERE, STATE
from engine.model import Key, Resource, Source, Unknown
from reapers.sources.errors import SnapshotError
from reapers.sources.state_file import LARGEST, Address, StateError, addresses

if TYPE_CHECKING:
    from reapers.sources.objects import Objects

log = logging.getLogger(__name__)

SUFFIX = ".tfstate"
BUCKETS = ("s3://", "gs://")

_OWN_NOTES = ".terraform"
"""The folder in which Terraform keeps where its state is: no state, though the file is called like one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """What the state files said at `at`. `found`: identity -> address; `unread`: a sentence for each that could not be read."""

    given: bool = False
    found: Mapping[str, Address] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def of(self, key: Key) -> str | Unknown | None:
        """The address that manages a resource, NOWHERE, Unknown; None where no state files are given."""
        if not self.given:
            return None
        naming = NAMES.get(key.kind)
        hit = next((self.found[name] for name in naming(key) if name in self.found), None) if naming else None
        if hit is not None:
            return str(hit)
        if self.unread:
            more = f" (and {len(self.unread) - 1} more)" if len(self.unread) > 1 else ""
            return Unknown(self.unread[0] + more)
        return NOWHERE if naming else Unknown(f"how Terraform names a {key.kind} is not known to Sexton")

    def told(self, resource: Resource) -> Resource:
        """The resource with this as evidence, its source and time."""
        said = self.of(resource.key)
        if said is None:
            return resource
        source = Source("Terraform state files", self.at)
        return replace(resource, fields={**resource.fields, STATE: said}, sources={**resource.sources, STATE: source})


@dataclass(frozen=True, slots=True)
class StateFiles:
    """The files, folders, globs and s3:// or gs:// addresses of the settings. A bucket's address that ends in / is a folder."""

    places: tuple[str, ...] = ()

    def read(self, now: datetime) -> States:
        """Everything they say now. Never raises: what cannot be read is in `unread`, and in the log."""
        found: dict[str, Address] = {}
        unread: list[str] = []
        for place in self.places:
            try:
                for state, content in _contents(place):
                    _add(found, unread, state, content)
            except (StateError, SnapshotError) as error:
                unread.append(f"The Terraform state {place} {error}.".replace("..", "."))
        for sentence in unread:
            log.warning("%s No resource counts as unmanaged before it can be read.", sentence)
        return States(given=bool(self.places), found=found, unread=tuple(unread), at=now)


def _add(found: dict[str, Address], unread: list[str], state: str, content: Callable[[], bytes]) -> None:
    """One state's addresses; a state that cannot be read does not hide the next one."""
    try:
        for name, address in addresses(content(), state).items():
            found.setdefault(name, address)
    except (StateError, SnapshotError) as error:
        unread.append(f"The Terraform state {state} {error}.".replace("..", "."))


Content = tuple[str, Callable[[], bytes]]
"""A state as people know it, and how to read it."""


def _contents(place: str) -> Iterable[Content]:
    """The states at a place. StateError where there is none: a mistyped path must not look like an empty estate."""
    states = list(_in_bucket(place) if place.startswith(BUCKETS) else _on_disk(place))
    if not states:
        raise StateError(f"is not there: write a file, a folder with {SUFFIX} files, or a pattern that matches some")
    return states


def _on_disk(place: str) -> Iterator[Content]:
    path = Path(place).expanduser()
    if path.is_dir():
        files = sorted(_below(path))
    elif glob.has_magic(place) and not path.exists():
        parts = path.parts
        magic = next(index for index, part in enumerate(parts) if glob.has_magic(part))
        list(_below(Path(*parts[:magic])))  # glob passes over folders that it may not read; this does not
        files = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        files = [file for file in files if not file.is_dir() and _OWN_NOTES not in file.parts]
    else:
        files = [path] if os.path.lexists(path) else []
    return ((str(file), partial(_bytes, file)) for file in files)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise StateError(f"cannot be looked for in {error.filename} ({error.strerror})") from error

    for top, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if name != _OWN_NOTES]
        yield from (Path(top, name) for name in files if name.endswith(SUFFIX))


def _bytes(file: Path) -> bytes:
    """A regular file's content, one byte more than allowed at most. Opening must not wait for whoever writes into a pipe."""
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise StateError("is no regular file")
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise StateError(f"cannot be read ({error.strerror})") from error


def _in_bucket(url: str) -> Iterator[Content]:
    from reapers.sources.objects import objects

    scheme, _, path = url.partition("://")
    bucket, _, name = path.partition("/")
    store = objects(url if url.endswith("/") else f"{scheme}://{bucket}")
    names = [each for each in store.names() if each.endswith(SUFFIX)] if url.endswith("/") else [name]
    for each in sorted(names):
        yield (f"{url}{each}" if url.endswith("/") else url), partial(_object, store, each)


def _object(store: Objects, name: str) -> bytes:
    content = store.read(name)
    if content is None:
        raise StateError("is not there")
    return content


def _id(key: Key) -> tuple[str, ...]:
    """Ids that are unique in all of AWS."""
    return (key.id,)


def _google(collection: str) -> Callable[[Key], tuple[str, ...]]:
    def names(key: Key) -> tuple[str, ...]:
        places = (f"zones/{key.region}", f"regions/{key.region}", "global")
        return tuple(f"projects/{key.account}/{place}/{collection}/{key.id}" for place in places)

    return names


NAMES: Mapping[str, Callable[[Key], tuple[str, ...]]] = {
    "aws.ami": _id,
    "aws.ebs_snapshot": _id,
    "aws.ebs_volume": _id,
    "aws.ec2_instance": _id,
    "aws.elastic_ip": _id,
    "aws.s3_bucket": _id,
    "aws.rds_instance": lambda key: (f"rds:{key.region}:{key.account}:db:{key.id}", key.born or key.id),
    "aws.rds_snapshot": lambda key: (f"rds:{key.region}:{key.account}:snapshot:{key.id}",),
    "gcp.address": _google("addresses"),
    "gcp.disk": _google("disks"),
    "gcp.instance": _google("instances"),
    "gcp.machine_image": _google("machineImages"),
    "gcp.project": lambda key: (f"projects/{key.id}",),
    "gcp.snapshot": _google("snapshots"),
}
"""Kind -> the identities under which a state can hold a resource of it."""
