"""What goes wrong between Sexton and the places it reads from: policies in git or a folder, inventories on disk."""

from __future__ import annotations


class SourceError(Exception):
    """Something could not be read or written. Its text is one sentence for people: what, where, what to do; no secrets."""


class SnapshotError(SourceError):
    """An inventory could not be kept or read: damaged, missing, or no room for it."""
