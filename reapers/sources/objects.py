"""An object store as snapshots need it: names, bytes and files below one address. Each cloud's own is a file beside this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from reapers.sources.errors import SnapshotError


class Objects(Protocol):
    """The objects below `gs://bucket/prefix/` or `s3://bucket/prefix/`, by their names from there.

    Every method raises SnapshotError with one sentence: what failed, where, which permission is missing. Absent is an answer,
    denied is not.
    """

    @property
    def shown(self) -> str:
        """The address."""

    def names(self) -> Iterator[str]:
        """Every name, over all pages."""

    def read(self, name: str) -> bytes | None:
        """The content of a small object; None where there is no such object."""

    def fetch(self, name: str, file: Path) -> None:
        """Copy an object into a file here."""

    def send(self, name: str, file: Path) -> None:
        """Write a file's content under a name, at once: readers see the object before or after, never half of it."""

    def remove(self, names: Sequence[str]) -> None:
        """Take objects away. One that is not there is no error."""


def objects(url: str) -> Objects:
    """The objects below an address such as `s3://bucket/prefix`. SnapshotError where it names no bucket."""
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    if not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc or ":" in parts.netloc:
        raise SnapshotError(f"{url} names no bucket: write inventory.store as {parts.scheme}://bucket/prefix.")
    if parts.scheme == "s3":
        from reapers.sources.objects_s3 import S3Objects

        return S3Objects(parts.netloc, f"{prefix}/" if prefix else "")
    from reapers.sources.objects_gs import GSObjects

    return GSObjects(parts.netloc, f"{prefix}/" if prefix else "")
