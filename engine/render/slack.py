"""A notice as Slack blocks. Limits and escapes are Slack's; what does not fit waits for the next message.

Grace starts only for what a message lists (`listed`), so a group names every case that counts as told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.model import Verb
from engine.notice import Button, Item, Notice
from engine.outline import Group, heading, legend, parts, summary, together
from engine.tells import sentences
from engine.wording import REMARK, Code, Sentence, clean, count, harmless

Block = dict[str, Any]

BLOCKS = 50
"""Slack: blocks in a message."""
SECTION = 3000
"""Slack: characters of a section's text."""
HEADER = 150
"""Slack: characters of a header."""
TEXTS = 9000
"""Characters of all texts of a message together. Slack refuses somewhere above 11,000 (`msg_blocks_too_long`, undocumented:
github.com/slackapi/bolt-js issues 2509 and 2867)."""
RESERVED = 2
"""Blocks kept free for the fold and the footer."""
ACTION = "sexton."
"""What our action ids begin with."""
ROWS = 20
"""Cases of a group that one section names: with names cut to `ROW` they fit into it."""
ROW = 60
"""Characters of a name, and of a price, in such a row."""
PAGED = 12
"""Holds that a page shows; `sexton release` lists the rest."""
FURTHER = 3
"""Further policies that are named."""


def blocks(notice: Notice) -> list[Block]:
    """The message: heading, summary, entries in reading order, a fold for what does not fit, a footer."""
    return _layout(notice)[0]


def listed(notice: Notice) -> frozenset[str]:
    """The cases that the message names: a receipt for it is a receipt for these, and for no others."""
    return _layout(notice)[1]


def _layout(notice: Notice) -> tuple[list[Block], frozenset[str]]:
    body: list[Block] = [{"type": "header", "text": _plain(heading(notice), HEADER)}, _section([escaped(summary(notice))])]
    body += [_section([f"{_code(hold)} {escaped(clean(said, 2 * REMARK))}"]) for hold, said in notice.page[:PAGED]]
    tail = [_context(legend(notice))]
    named: set[str] = set()
    for chunk, cases in _chunks(notice):
        if not _fits([*body, *chunk, *tail]):
            break
        body += chunk
        named |= cases
    waiting = len(notice.items) - len(named)
    return [*body, *([_fold(waiting, notice)] if waiting else []), *tail], frozenset(named)


Chunk = tuple[list[Block], frozenset[str]]
"""Blocks that stand or wait together, and the cases that they name."""


def _chunks(notice: Notice) -> Iterator[Chunk]:
    """The entries in reading order, the first of a section with its title."""
    for part in parts(notice):
        title: list[Block] = [_section([f"*{escaped(part.section)}*"])]
        for entry in part.entries:
            for chunk, cases in _of_group(entry, notice) if isinstance(entry, Group) else [_of_item(entry, notice)]:
                yield [*title, *chunk], cases
                title = []


def fallback(notice: Notice) -> str:
    """The line that notifications show, and screen readers read."""
    return escaped(f"{heading(notice)}: {summary(notice)}")


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= BLOCKS - RESERVED and length(blocks) <= TEXTS


def length(value: object) -> int:
    """Characters of every text in blocks, as Slack counts them against its limit for the message."""
    if isinstance(value, dict):
        own = value["text"] if isinstance(value.get("text"), str) else ""
        return len(own) + sum(length(part) for part in value.values())
    return sum(length(part) for part in value) if isinstance(value, list | tuple) else 0


def _of_item(item: Item, notice: Notice) -> Chunk:
    buttons = [_button(button, item) for button in item.buttons]
    actions = [{"type": "actions", "elements": buttons}] if buttons else []
    return [_section(_item_lines(item, notice)), *actions], frozenset({item.case})


def _of_group(group: Group, notice: Notice) -> Iterator[Chunk]:
    """What is said of all of them, then each by name, so many to a section."""
    head: list[Block] = [_section(_group_lines(group, notice))]
    for start in range(0, len(group.items), ROWS):
        rows = group.ordered[start : start + ROWS]
        yield [*head, _section([_row(item) for item in rows])], frozenset(item.case for item in rows)
        head = []


def _row(item: Item) -> str:
    return f"• {_code(clean(item.name, ROW))} {escaped(clean(str(item.monthly), ROW))} {_code(item.case)}"


def _item_lines(item: Item, notice: Notice) -> list[str]:
    more = " and more" if len(item.also) > FURTHER else ""
    also = f" Also: {', '.join(item.also[:FURTHER])}{more}." if item.also else ""
    why = f": {clean(item.why, REMARK)}" if item.why else " matches"
    kind = escaped(clean(f"{item.title} · {item.monthly}", REMARK))
    return [
        f"*{_code(item.name)}* {kind}{_link(item.console, 'details', notice, ' · ')}",
        escaped(f"Policy {item.policy}{why}.{also}"),
        *(mrkdwn(sentence) for sentence in sentences(item, notice.zone)),
        _code(item.ref),
    ]


def _group_lines(group: Group, notice: Notice) -> list[str]:
    where = f"/cases?team={group.team}&policy={group.policy}"
    answer = _link(where, f"See and answer all {len(group.items):,}", notice)
    return [
        f"*{escaped(group.title)}* {escaped(clean(f'· {group.monthly} · policy {group.policy}', REMARK))}",
        *(mrkdwn(sentence) for sentence in together(group, notice.zone)),
        answer or f"{_code('sexton cases keep CASE')} keeps one of them; {_command()}",
    ]


def _fold(folded: int, notice: Notice) -> Block:
    all_of_them = _link(f"/cases?team={notice.team}", "See them all", notice) or _command()
    return _section([escaped(f"{count(folded, 'more case')}: the next message tells of them. ") + all_of_them])


def _command() -> str:
    return "`sexton cases` lists them all."


def _button(button: Button, item: Item) -> Block:
    shape: Block = {
        "type": "button",
        "action_id": f"{ACTION}{button}",
        "text": _plain(button.label, 75),
        "value": f"{item.case}.{item.action}",
        "accessibility_label": _plain(f"{button.label}: {item.title} {item.name}", 75)["text"],
    }
    if button is Button.APPROVE:
        shape |= {"style": "primary", "confirm": _confirm(item)}
    return shape


def _confirm(item: Item) -> Block:
    verb = item.verb or Verb.DELETE
    backup = "A backup is taken first." if item.backup else "There is no backup."
    way_back = backup if verb is Verb.DELETE else "It can be started again."
    return {
        "title": _plain(f"Approve: {verb} it?", 100),
        "text": _plain(f"{verb.capitalize()} {item.title} {clean(item.name)}? {way_back}", 300),
        "confirm": _plain("Approve", 30),
        "deny": _plain("Not now", 30),
    }


def mrkdwn(sentence: Sentence) -> str:
    """A sentence in Slack's markup: names in code spans, all else escaped."""
    return "".join(_code(part.text) if isinstance(part, Code) else escaped(part) for part in sentence)


def _code(text: str) -> str:
    """A code span; a back-tick inside would end it."""
    return f"`{escaped(clean(text.replace('`', '')) or 'no name')}`"


def escaped(text: str) -> str:
    """Slack's three, so that no text can mention a channel or hide a link; and no back-ticks, three of which swallow lines."""
    return harmless(text).replace("`", "'").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _link(path: str, label: str, notice: Notice, before: str = "") -> str:
    return f"{before}<{escaped(notice.link + path)}|{escaped(label)}>" if notice.link else ""


def _plain(text: str, limit: int) -> Block:
    """Plain text, cut before it is escaped so that no entity is cut in two; no `:emoji:` in it."""
    shown = clean(text, limit)
    while len(escaped(shown)) > limit:
        shown = clean(shown, len(shown) - 1)
    return {"type": "plain_text", "text": escaped(shown), "emoji": False}


def _section(lines: Iterable[str]) -> Block:
    """A section of whole lines: those at the end that do not fit are left out."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > SECTION:
            break
        text = f"{text}\n{line}" if text else line
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(text), "verbatim": True}]}
