"""A notice as Slack blocks. Limits and escapes are Slack's; what does not fit is folded into a link, never cut in the middle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.model import Verb
from engine.notice import Button, Item, Notice
from engine.outline import Entry, Group, heading, legend, parts, size, summary, together
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
FURTHER = 3
"""Further policies that are named."""


def blocks(notice: Notice) -> list[Block]:
    """The message: heading, summary, entries in reading order, a fold for what does not fit, a footer."""
    body: list[Block] = [{"type": "header", "text": _plain(heading(notice), HEADER)}, _section([escaped(summary(notice))])]
    tail = [_context(legend(notice))]
    folded = 0
    for part in parts(notice):
        title: list[Block] = [_section([f"*{escaped(part.section)}*"])]
        for entry in part.entries:
            chunk = [*title, *_entry(entry, notice)]
            if folded or not _fits([*body, *chunk, *tail]):
                folded += size([entry])
                continue
            body += chunk
            title = []
    return [*body, *([_fold(folded, notice)] if folded else []), *tail]


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


def _entry(entry: Entry, notice: Notice) -> list[Block]:
    if isinstance(entry, Group):
        return [_section(_group_lines(entry, notice))]
    buttons = [_button(button, entry) for button in entry.buttons]
    return [_section(_item_lines(entry, notice)), *([{"type": "actions", "elements": buttons}] if buttons else [])]


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
    rest = len(group.items) - len(group.top)
    where = f"/cases?team={notice.team}&policy={group.policy}"
    return [
        f"*{escaped(group.title)}* {escaped(clean(f'· {group.monthly} · policy {group.policy}', REMARK))}",
        *(mrkdwn(sentence) for sentence in together(group, notice.zone)),
        *(f"• {_code(item.name)} {escaped(clean(str(item.monthly)))}" for item in group.top),
        escaped(f"… and {rest:,} more. ") + (_link(where, f"See and answer all {len(group.items):,}", notice) or _command()),
    ]


def _fold(folded: int, notice: Notice) -> Block:
    all_of_them = _link(f"/cases?team={notice.team}", "See them all", notice) or _command()
    return _section([escaped(f"{count(folded, 'more case')}. ") + all_of_them])


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
