"""A notice as plain text, for a terminal or an e-mail. Nothing in it can steer a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from engine.notice import Button, Item, Notice
from engine.outline import Entry, Group, heading, legend, parts, summary, together
from engine.tells import sentences
from engine.wording import REMARK, Code, Sentence, clean, harmless

INDENT = "    "


def text(notice: Notice) -> str:
    """The whole notice, ending with a line break. Every case is named, or counted in a group with its dearest."""
    return "\n".join(harmless(line) for line in _lines(notice)) + "\n"


def _lines(notice: Notice) -> Iterator[str]:
    yield heading(notice)
    yield summary(notice)
    for hold, said in notice.page:
        yield f"  * {hold} {clean(said, 2 * REMARK)}"
    for part in parts(notice):
        yield ""
        yield str(part.section)
        for entry in part.entries:
            yield from _entry(entry, notice)
    yield ""
    yield legend(notice)


def _entry(entry: Entry, notice: Notice) -> Iterator[str]:
    lines = _group(entry, notice) if isinstance(entry, Group) else _item(entry, notice)
    yield f"  * {next(lines)}"
    for line in lines:
        yield INDENT + line


def _item(item: Item, notice: Notice) -> Iterator[str]:
    yield clean(f"{clean(item.name) or 'no name'} · {item.title} · {item.monthly}", 2 * REMARK)
    why = f": {clean(item.why, REMARK)}" if item.why else " matches"
    also = f" Also: {', '.join(item.also)}." if item.also else ""
    yield f"Policy {item.policy}{why}.{also}"
    for sentence in sentences(item, notice.zone):
        yield plain(sentence)
    yield clean(item.ref)
    if notice.link:
        yield notice.link + item.console
    if item.buttons and Button.RESTORE not in item.buttons:  # whose command stands in a sentence
        yield _answers(item.buttons, item.case)


def _answers(buttons: tuple[Button, ...], case: str) -> str:
    return f"To answer: sexton cases {'|'.join(button.command for button in buttons)} {case}"


def _group(group: Group, notice: Notice) -> Iterator[str]:
    yield clean(f"{group.title} · {group.monthly} · policy {group.policy}", REMARK)
    for sentence in together(group, notice.zone):
        yield plain(sentence)
    for item in group.top:
        yield f"- {clean(item.name) or 'no name'} · {clean(str(item.monthly))}"
    where = f"{notice.link}/cases?team={group.team}&policy={group.policy}" if notice.link else "sexton cases"
    yield f"… and {len(group.items) - len(group.top):,} more: {where}"


def plain(sentence: Sentence) -> str:
    """A sentence without markup."""
    return "".join(clean(part.text) if isinstance(part, Code) else part for part in sentence)
