"""How a notice is laid out, whatever it is written in: sections in order, many cases of one policy folded into one entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from engine.model import Verb
from engine.money import Money, total
from engine.notice import Button, Item, Notice
from engine.policy import Approval
from engine.tells import ACTS, Section, ask, opening, section_of, steps
from engine.wording import Code, Sentence, count, day_of, listed, moment

MANY = 20
"""From so many cases of one policy on, they are told as one."""
TOP = 5
"""Rows of a group that are shown by name: the dearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Many cases of one policy that are told for the same reason."""

    policy: str
    section: Section
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        """`31 EBS volumes`, or `31 resources` when they are of several kinds."""
        titles = {item.title for item in self.items}
        return count(len(self.items), titles.pop() if len(titles) == 1 else "resource")

    @property
    def team(self) -> str:
        """Whose cases they are, as far as one link can say."""
        return self.items[0].team

    @property
    def monthly(self) -> Money:
        """What they cost together."""
        return total(item.monthly for item in self.items)

    @property
    def ordered(self) -> tuple[Item, ...]:
        """The dearest first; those without a price come before them, they may be the dearest of all."""
        return tuple(sorted(self.items, key=lambda item: (item.monthly.is_known, -item.monthly.known, item.case)))

    @property
    def top(self) -> tuple[Item, ...]:
        """The first few of them."""
        return self.ordered[:TOP]


Entry = Item | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section of a notice with its entries."""

    section: Section
    entries: tuple[Entry, ...]


def parts(notice: Notice) -> tuple[Part, ...]:
    """The sections that have something to say, in reading order; groups before single cases."""
    by_section: dict[Section, list[Item]] = defaultdict(list)
    for item in notice.items:
        by_section[section_of(item)].append(item)
    said = [section for section in Section if section in by_section]
    return tuple(Part(section=section, entries=_entries(section, by_section[section])) for section in said)


def _entries(section: Section, items: Iterable[Item]) -> tuple[Entry, ...]:
    by_policy: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        by_policy[item.tell, item.policy].append(item)
    groups: list[Entry] = []
    singles: list[Entry] = []
    for (_, policy), same in by_policy.items():
        if len(same) >= MANY:
            groups.append(Group(policy=policy, section=section, items=tuple(same)))
        else:
            singles.extend(same)
    return (*groups, *singles)


def heading(notice: Notice) -> str:
    """`Sexton for payments, Tue 10 Nov 2026`."""
    return f"Sexton for {notice.team}, {day_of(notice.day)}"


def summary(notice: Notice) -> str:
    """`2 waiting for your approval, 3 new. Together: $412.00/mo.`"""
    if notice.page:
        return f"{count(len(notice.page), 'hold')}: nothing begins there until somebody of your team has looked."
    if not notice.items:
        return "Nothing to tell today."
    counted = {part.section: sum(_size(entry) for entry in part.entries) for part in parts(notice)}
    said = listed([f"{number:,} {section.summary}" for section, number in counted.items()])
    existing = any(not item.is_gone for item in notice.items)
    return f"{said[0].upper()}{said[1:]}.{f' Together: {notice.total}.' if existing else ''}"


def size(entries: Iterable[Entry]) -> int:
    """How many cases entries stand for."""
    return sum(_size(entry) for entry in entries)


def _size(entry: Entry) -> int:
    return len(entry.items) if isinstance(entry, Group) else 1


def together(group: Group, zone: str) -> tuple[Sentence, ...]:
    """What a group says: the earliest dates of any of them, and the strongest approval."""
    first = _representative(group)
    match group.section:
        case Section.APPROVAL:
            said = ask(first, zone, "them")
        case Section.PROPOSAL:
            said = ((*_managers(group), "Please remove or change them there; we do nothing to them here."),)
        case Section.INFORMATION:
            said = (("Nothing will be done to them.",),)
        case Section.STUCK:
            said = (("Nothing more is done to them until somebody has looked.",),)
        case Section.DONE:
            said = _done(first, zone)
        case _:
            said = steps(first, zone, "the first of them")
    return (*opening(first), *said)


def _managers(group: Group) -> Sentence:
    """Each stack, address or controller once, the first few by name."""
    names = sorted({item.managed_by for item in group.items if item.managed_by})
    if not names:
        return ("They are managed elsewhere. ",)
    more = f" and {len(names) - TOP} more" if len(names) > TOP else ""
    return ("They are managed by ", *_each(names[:TOP]), f"{more}. ")


def _each(names: Iterable[str]) -> Iterator[str | Code]:
    for place, name in enumerate(names):
        yield from (", ", Code(name)) if place else (Code(name),)


RESTORE_ONE = Code("sexton restore CASE")


def _done(first: Item, zone: str) -> tuple[Sentence, ...]:
    if first.tell == "deleted":
        if first.undo_until is None:
            return (("We deleted them. Not all of them have a backup.",),)
        return (("We deleted them. ", RESTORE_ONE, f" brings one back, each until {moment(first.undo_until, zone)} or later."),)
    if first.tell == "stopped":
        stopped: Sentence = ("We stopped them; nothing of them is deleted. ", RESTORE_ONE, " starts one again and keeps it.")
        return (stopped, *steps(first, zone, "the first of them"))
    if first.tell == "left_stopped":
        return (("We leave them alone. What we stopped stays stopped: start it whenever you need it.",),)
    return (("They are back, and we leave them alone for now.",),)


def _representative(group: Group) -> Item:
    """What is safe to say of all: the earliest date of each act, the strongest approval, the least way back."""
    items = group.items
    undo = [item.undo_until for item in items]
    return replace(
        items[0],
        promised={rung: date for rung in ACTS if (date := _earliest(item.promised.get(rung) for item in items))},
        approval={rung: _strongest(item.approval.get(rung, Approval.NONE) for item in items) for rung in ACTS},
        needs=max((item.needs for item in items), key=len),
        agreed=(),
        verb=Verb.DELETE if any(item.verb is Verb.DELETE for item in items) else items[0].verb,
        approve_by=_earliest(item.approve_by for item in items),
        undo_until=None if None in undo else _earliest(undo),
        backup=all(item.backup for item in items),
        owned=all(item.owned for item in items),
    )


def _strongest(needs: Iterable[Approval]) -> Approval:
    return max(needs, key=lambda need: need.rank)


def _earliest(dates: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in dates if at is not None), default=None)


LEGEND = {
    Button.APPROVE: "Approve: go ahead.",
    Button.KEEP: "Keep: it stays.",
    Button.SNOOZE: "Snooze: ask again later.",
    Button.NOT_MINE: "Not mine: somebody else is asked, from the beginning.",
    Button.REJECT: "Reject: never mind, leave it alone.",
    Button.RESTORE: "Restore: bring it back.",
}


def legend(notice: Notice) -> str:
    """What the answers mean, once for the whole message; only those that stand in it."""
    if notice.page:
        return "sexton release HOLD --reason WHY lets it go on; sexton release alone lists what is held."
    singles = (entry for part in parts(notice) for entry in part.entries if isinstance(entry, Item))
    offered = {button for item in singles for button in item.buttons}
    return " ".join([*(text for button, text in LEGEND.items() if button in offered), "At most one message a day."])
