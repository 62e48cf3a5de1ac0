"""Whether Slack would take these blocks: its documented limits, and the undocumented one of all texts together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LIMITS = {"header": 150, "section": 3000, "button": 75, "context": 3000}
TOGETHER = 12_000
"""Characters of all texts; measured by others between 11,300 and 13,200 (github.com/slackapi/bolt-js issues 2509 and 2867)."""


def problems(blocks: list[Any]) -> list[str]:
    """What is wrong, in Slack's manner; empty when nothing is."""
    return list(_problems(blocks))


def too_long(blocks: list[Any]) -> bool:
    """Whether all texts together are more than Slack takes."""
    return _length(blocks) > TOGETHER


def _problems(blocks: list[Any]) -> Iterator[str]:
    if len(blocks) > 50:
        yield f"[ERROR] no more than 50 items allowed [json-pointer:/blocks] (there are {len(blocks)})"
    for number, block in enumerate(blocks):
        where = f"[json-pointer:/blocks/{number}]"
        check = CHECKS.get(block.get("type", "") if isinstance(block, Mapping) else "")
        if check is None:
            yield f"[ERROR] unsupported type {where}"
            continue
        yield from (f"[ERROR] {problem} {where}" for problem in check(block))


def _header(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(block.get("text"), LIMITS["header"], {"plain_text"})


def _section(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(block.get("text"), LIMITS["section"], {"plain_text", "mrkdwn"})


def _divider(_block: Mapping[str, Any]) -> Iterator[str]:
    yield from ()


def _context(block: Mapping[str, Any]) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        yield "must have 1 to 10 elements"
    for element in elements:
        yield from _text(element, LIMITS["context"], {"plain_text", "mrkdwn"})


def _actions(block: Mapping[str, Any]) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield "must have 1 to 25 elements"
    ids = [element.get("action_id") for element in elements]
    if len(set(ids)) != len(ids):
        yield "action_id is not unique"
    for element in elements:
        yield from _button(element)


def _button(element: Mapping[str, Any]) -> Iterator[str]:
    if element.get("type") != "button":
        yield "only buttons are known here"
    yield from _text(element.get("text"), LIMITS["button"], {"plain_text"})
    for name, most in (("value", 2000), ("action_id", 255), ("accessibility_label", 75)):
        if len(element.get(name, "")) > most:
            yield f"{name} must be less than {most + 1} characters"
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield "style is not known"
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if "confirm" in element:
            yield from _text(element["confirm"].get(name), most, {"plain_text"})


def _text(text: Any, most: int, types: set[str]) -> Iterator[str]:
    if not isinstance(text, Mapping) or text.get("type") not in types or not isinstance(text.get("text"), str):
        yield "missing or wrong text object"
    elif not 1 <= len(text["text"]) <= most:
        yield f"must be more than 0 and less than {most + 1} characters"


CHECKS = {"header": _header, "section": _section, "divider": _divider, "context": _context, "actions": _actions}


def _length(value: Any) -> int:
    if isinstance(value, Mapping):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_length(part) for part in value.values())
    return sum(_length(part) for part in value) if isinstance(value, list | tuple) else 0
