"""The words of a notice: why an owner is told, what happens when, and what they can do. Each message lives here once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.calendar import Calendar, later
from engine.case import Ending, State
from engine.model import Mode, Verb
from engine.policy import Approval
from engine.wording import REMARK, Code, Sentence, clean, listed, moment, span

if TYPE_CHECKING:
    from datetime import datetime

    from engine.notice import Item

ACTS = (Mode.STOP, Mode.DELETE)
"""The rungs that do something, in order."""

Tell = Callable[["Item", str], "tuple[Sentence, ...]"]
"""(item, the team's time zone) -> the sentences that an owner reads, one a line."""


class Section(StrEnum):
    """The parts of a notice, in the order in which people should read them."""

    APPROVAL = "Waiting for your approval"
    LAST_CALL = "Last call"
    STUCK = "Somebody has to look"
    FOUND = "New"
    CHANGED = "Changed since we last told you"
    REMINDER = "Reminder"
    DONE = "Done"
    PROPOSAL = "Proposals: managed elsewhere, so we leave them alone"
    INFORMATION = "For your information: nothing will be done"

    @property
    def rank(self) -> int:
        """0 for what is read first."""
        return list(Section).index(self)

    @property
    def summary(self) -> str:
        """What the first line of a notice says of this part, after a number: "3 are new"."""
        return SUMMARIES[self]


SUMMARIES: Mapping[Section, str] = {
    Section.APPROVAL: "waiting for your approval",
    Section.LAST_CALL: "about to be acted on",
    Section.STUCK: "stuck",
    Section.FOUND: "new",
    Section.CHANGED: "changed",
    Section.REMINDER: "as before",
    Section.DONE: "done",
    Section.PROPOSAL: "managed elsewhere",
    Section.INFORMATION: "for your information",
}

SECTIONS: Mapping[str, Section] = {
    "found": Section.FOUND,
    "changed": Section.CHANGED,
    "raised": Section.CHANGED,
    "approval": Section.APPROVAL,
    "drifted": Section.CHANGED,
    "escalated": Section.APPROVAL,
    "further": Section.APPROVAL,
    "restarted": Section.CHANGED,
    "last_call": Section.LAST_CALL,
    "reminder": Section.REMINDER,
    "stopped": Section.DONE,
    "deleted": Section.DONE,
    "left_stopped": Section.DONE,
    "restored": Section.DONE,
    "vetoed": Section.DONE,
    "stuck": Section.STUCK,
    "recovered": Section.CHANGED,
    "lost": Section.DONE,
}

INFORMING = frozenset({Section.FOUND, Section.CHANGED, Section.REMINDER})
"""Parts that are only information where the mode does not let us act."""


def section_of(item: Item) -> Section:
    """Where in a notice an item stands."""
    section = SECTIONS.get(item.tell, Section.CHANGED)
    if section not in INFORMING or item.acts:
        return section
    return Section.PROPOSAL if item.is_proposal else Section.INFORMATION


def sentences(item: Item, zone: str) -> tuple[Sentence, ...]:
    """What an item says below its first line. A `tell` without words of its own says the plan."""
    return TELLS.get(item.tell, _planned)(item, zone)


def roles(approval: Approval, *, owned: bool) -> tuple[str, ...]:
    """Who must agree, each another person. Without an owner, `owner` reads `platform`."""
    if approval is Approval.NONE:
        return ()
    owner = "owner" if owned else "platform"
    return (owner,) if approval is Approval.OWNER else (owner, "platform")


def people(needed: Iterable[str], owner: str = "your team") -> str:
    """Roles as an owner calls them: "your team and the platform team"."""
    needed = tuple(needed)
    if needed == ("platform", "platform"):
        return "two people of the platform team"
    return listed([{"owner": owner, "platform": "the platform team"}.get(role, role) for role in needed])


def steps(item: Item, zone: str, it: str = "it") -> tuple[Sentence, ...]:
    """What will be done, not before when, on whose word, and the way back. `it` is "it" or "the first of them"."""
    if item.is_proposal:
        return _proposal(item)
    if not item.acts:
        held = f" (held back by {clean(item.because)})" if item.because else ""
        return ((f"Nothing will be done to it{held}.",),)
    if not item.promised:
        return (("Nothing more is planned for it.",),)
    planned = tuple(_step(item, rung, moment(item.promised[rung], zone), it) for rung in ACTS if rung in item.promised)
    return (*planned, *(_way_back(item, zone) if Mode.DELETE in item.promised else ()))


def _step(item: Item, rung: Mode, date: str, it: str) -> Sentence:
    needed = roles(item.approval.get(rung, Approval.OWNER if rung is Mode.DELETE else Approval.NONE), owned=item.owned)
    verb = Verb(rung)
    if item.state is State.APPROVED and item.verb is verb and item.agreed:
        return (f"We {verb} {it} on {date} at the earliest; {clean(listed(item.agreed), REMARK)} agreed.",)
    if not needed:
        return (f"We {verb} {it} on {date} at the earliest, unless somebody keeps it.",)
    agree = "agrees" if len(needed) == 1 else "agree"
    return (f"We {verb} {it} on {date} at the earliest, and only if {people(needed)} {agree}.",)


def _way_back(item: Item, zone: str) -> tuple[Sentence, ...]:
    if not item.backup:
        return (("There is no backup: what is deleted cannot be brought back.",),)
    if item.undo is None:
        return (("A backup is taken first.",),)
    return ((f"A backup is taken first and can bring it back for {span(item.undo)}{_until_at_least(item, zone)}.",),)


def _until_at_least(item: Item, zone: str) -> str:
    """The date of the way back, where we are about to act."""
    if item.tell != "last_call" or item.undo is None or Mode.DELETE not in item.promised:
        return ""
    return f", until {moment(later(item.promised[Mode.DELETE], item.undo, Calendar(zone)), zone)} at least"


def _proposal(item: Item) -> tuple[Sentence, ...]:
    """A name stands as it is; words ("something that could not be read") stay words."""
    if item.recreated:
        again = clean(item.recreated, REMARK)
        return ((f"{again[:1].upper()}{again[1:]}.",), ("Please remove or change it there; we do nothing to it here.",))
    manager = clean(item.managed_by, REMARK) if " " in item.managed_by else Code(item.managed_by)
    return (("It is managed by ", manager, ". Please remove or change it there; we do nothing to it here."),)


def _orphan(item: Item) -> tuple[Sentence, ...]:
    return () if item.owned or item.policy == "unowned" else (("Nobody is known to own it; you are the closest we could find.",),)


def _planned(item: Item, zone: str) -> tuple[Sentence, ...]:
    return (*opening(item), *_orphan(item), *_together(item), *steps(item, zone))


def opening(item: Item) -> tuple[Sentence, ...]:
    """What is said before the plan, of one case or of many."""
    if item.tell == "escalated" and item.silent:
        return ((f"Nobody has answered so far. We ask this once more; then we ask {clean(listed(item.silent), REMARK)}.",),)
    if item.tell == "further":
        return ((f"Team {clean(item.team)} was asked and has not answered, and names you for that. Anybody may snooze it.",),)
    said = OPENINGS.get(item.tell, "")
    return ((said,),) if said else ()


OPENINGS: Mapping[str, str] = {
    "changed": "The plan has changed; what was agreed before no longer counts.",
    "raised": "Until now this was for information only; from now on we act.",
    "drifted": "Changed after we told you, so what was agreed no longer counts.",
    "reminder": "A reminder: half of the time is over.",
    "restarted": "We had stopped it, and the cloud started it again by itself: nobody asked for it.",
    "last_call": "This is the last message before we act.",
    "recovered": "What we last did and heard is lost. We begin again: what was agreed or kept since no longer counts.",
    "escalated": "Nobody has answered so far. We ask this once more; after that we only wait.",
}


def ask(item: Item, zone: str, it: str = "it") -> tuple[Sentence, ...]:
    """Which act waits for whose yes, until when, and what happens without it."""
    verb = item.verb or Verb.DELETE
    needed = item.needs or roles(item.approval.get(Mode(verb), Approval.OWNER), owned=item.owned)
    agree = "agrees" if len(needed) == 1 else "agree"
    whom = people(needed, f"team {clean(item.team)}" if item.tell == "further" else "your team")
    yes = f" ({clean(listed(item.agreed), REMARK)} already did)" if item.agreed else ""
    waits = f"We {verb} {it} only if {whom} {agree}{yes}."
    by = f" Please answer by {moment(item.approve_by, zone)}." if item.approve_by and item.tell not in LATE else ""
    return ((waits + by,), *(_way_back(item, zone) if verb is Verb.DELETE else ()))


LATE = frozenset({"escalated", "further"})
"""The date to answer by is over."""


def _asked(item: Item, zone: str) -> tuple[Sentence, ...]:
    return (*opening(item), *_orphan(item), *_together(item), *ask(item, zone))


def _together(item: Item) -> tuple[Sentence, ...]:
    """What else goes: whoever keeps one keeps them all."""
    if not item.together:
        return ()
    more = len(item.together) - FEW
    names: Sentence = (Code(", ".join(item.together[:FEW])), f" and {more} more" if more > 0 else "")
    return (("It goes together with: ", *names, "; all of them or none."),)


FEW = 5
"""So many of what goes together are named."""


def _stopped(item: Item, zone: str) -> tuple[Sentence, ...]:
    back: Sentence = ("We stopped it; nothing of it is deleted. Still needed? ", _restore(item), " starts it again and keeps it.")
    return (back, *steps(item, zone))


def _deleted(item: Item, zone: str) -> tuple[Sentence, ...]:
    if item.undo_until is None:
        return (("We deleted it. There is no backup of it.",),)
    return (("We deleted it. Still needed? ", _restore(item), f" brings it back until {moment(item.undo_until, zone)}."),)


def _left_stopped(item: Item, _zone: str) -> tuple[Sentence, ...]:
    why = WHY_LEFT.get(item.ending or Ending.NO_LONGER_MATCHES, WHY_LEFT[Ending.NO_LONGER_MATCHES])
    where = {"aws": " in the AWS console", "gcp": " in the Google Cloud console"}.get(item.ref.split(".", 1)[0], "")
    stays = "What we stopped stays stopped:"
    return ((f"{why}, so we leave it alone. {stays} start it{where} whenever you need it.",),)


WHY_LEFT: Mapping[Ending, str] = {
    Ending.NO_LONGER_MATCHES: "No policy asks for it any more",
    Ending.EXEMPT: "An exemption spares it now",
    Ending.REJECTED: "Somebody said no",
}


def _restored(item: Item, zone: str) -> tuple[Sentence, ...]:
    return ((f"It is back{_until(item.kept_until, zone)}.",),)


def _vetoed(item: Item, zone: str) -> tuple[Sentence, ...]:
    where = {"aws": "AWS", "gcp": "Google Cloud"}.get(item.ref.split(".", 1)[0], "the cloud")
    return ((f"Somebody removed our tag from it in {where}, which says keep it{_until(item.kept_until, zone)}.",),)


def _until(at: datetime | None, zone: str) -> str:
    return f", and we leave it alone until {moment(at, zone)}" if at else ", and we leave it alone for now"


def _stuck(item: Item, _zone: str) -> tuple[Sentence, ...]:
    why = clean(item.stuck, REMARK).rstrip(".") or "it did not go as planned"
    retry = Code(f"sexton cases retry {item.case}")
    by: tuple[Sentence, ...] = (("In its way: ", Code(", ".join(item.stuck_by)), "."),) if item.stuck_by else ()
    return ((f"We could not go on: {why}.",), *by, ("Nothing more is done until somebody has looked and runs ", retry, "."))


def _lost(item: Item, _zone: str) -> tuple[Sentence, ...]:
    backup = Code(f"sexton:case={item.case}")
    return (
        ("It is gone. It went in hours whose record is lost, so that we cannot say who removed it.",),
        ("If it was us, its backup is tagged ", backup, "."),
    )


def _restore(item: Item) -> Code:
    return Code(f"sexton restore {item.case}")


TELLS: Mapping[str, Tell] = {
    "found": _planned,
    "changed": _planned,
    "raised": _planned,
    "drifted": _planned,
    "reminder": _planned,
    "last_call": _planned,
    "approval": _asked,
    "escalated": _asked,
    "further": _asked,
    "restarted": _planned,
    "stopped": _stopped,
    "deleted": _deleted,
    "left_stopped": _left_stopped,
    "restored": _restored,
    "vetoed": _vetoed,
    "stuck": _stuck,
    "recovered": _planned,
    "lost": _lost,
}
"""Why an owner is told -> what they read."""
