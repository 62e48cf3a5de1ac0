"""What a translation is made of: what was read of a policy, what was left behind, what came out."""

from __future__ import annotations

from dataclasses import dataclass

from engine.condition.tree import Expression
from engine.custodian.tree import Node


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """A part that was not carried over: where it stands, of which policy, what it is and why."""

    file: str
    line: int
    policy: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.policy}: {self.what}: {self.why}"


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something that was carried over and is good to know; it asks for nothing."""

    file: str
    line: int
    policy: str
    says: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.policy}: {self.says}"


class NotSaid(Exception):
    """A filter, or parts of one, that our language cannot say exactly: (line, what, why) of each."""

    def __init__(self, *parts: tuple[int, str, str]) -> None:
        super().__init__("; ".join(f"{what}: {why}" for _, what, why in parts))
        self.parts = parts


Said = Expression | bool
"""What a filter says: a test, or True or False where it always or never holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A `marked-for-op` filter, or a `mark-for-op` action: the tag, the operation, and (of the action) after how many hours."""

    line: int
    tag: str
    op: str
    hours: int = 0
    early: bool = False
    """Of a filter with skew: it holds before the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What a policy's actions do, in our words."""

    stop: bool = False
    delete: bool = False
    snapshot: bool = False
    notify: bool = False
    marks: tuple[Mark, ...] = ()
    line: int = 1

    @property
    def only_tells(self) -> bool:
        """Whether it does nothing but notify."""
        return self.notify and not (self.stop or self.delete or self.snapshot or self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy as read: what could be said of it, and what could not."""

    file: str
    line: int
    name: str
    kind: str
    about: str
    """Its description or comment."""
    lines: tuple[str, ...]
    """The filters as lines of `when`."""
    filters: tuple[Left, ...]
    """Filters, and other parts that narrow what it takes, which could not be said: with one of these it must not act."""
    others: tuple[Left, ...]
    """Other parts that were not carried over."""
    notes: tuple[Note, ...]
    deeds: Deeds
    marked: tuple[Mark, ...] = ()

    def left(self, what: str, why: str, line: int | None = None) -> Left:
        """A part of this policy that was not carried over."""
        return Left(self.file, self.line if line is None else line, self.name, what, why)

    def note(self, says: str, line: int | None = None) -> Note:
        """Something to know of this policy."""
        return Note(self.file, self.line if line is None else line, self.name, says)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document that came out: the name of its file, its text, and whether it is held back because something is missing."""

    file: str
    name: str
    source: str
    policy: str
    text: str
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """Everything that came out of some files."""

    documents: tuple[Written, ...]
    left: tuple[Left, ...]
    notes: tuple[Note, ...]
    policies: int


def name_of(node: Node) -> str:
    """What messages call a filter or an action: its type, or the key that it looks at."""
    if isinstance(node.value, str):
        return node.value
    if not isinstance(node.value, dict) or not node.value:
        return "(nothing)"
    named = node.get("type")
    key = node.get("key")
    if named is None:
        return str(next(iter(node.value)))
    return f"{named} {key}" if isinstance(key, str) else str(named)
