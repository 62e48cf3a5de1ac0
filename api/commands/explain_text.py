"""`sexton explain` for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.commands.table import money
from engine.wording import REMARK, clean

MARKS = {True: "yes", False: "no ", "unknown": "?  "}
GUARDS = {
    "scope": "whose it is about",
    "protected": "not protected",
    "exempt": "not exempt",
    "min_age": "old enough",
    "owner": "owner known",
}


def told(shape: Mapping[str, Any]) -> Iterator[str]:
    """The explanation as text, a block of lines at a time."""
    yield from _heading(shape)
    for verdict in shape["verdicts"]:
        yield ""
        yield from _verdict(verdict)
    if not shape["verdicts"]:
        yield "  no policy speaks of this kind"
    if shape["case"]:
        yield f"\nCase {shape['case']['id']}: {shape['case']['says']}"


def _heading(shape: Mapping[str, Any]) -> Iterator[str]:
    owner = shape["owner"]
    yield f"{clean(shape['key'])}  {clean(shape['name'])}"
    if "gone" in shape:
        at = f"gone since {shape['gone']['at']}" if shape["gone"]["at"] else "perhaps gone"
        yield f"  {at}: {clean(shape['gone']['how'], 300)}"
    yield f"  as of {shape['as_of']}, policies {clean(shape['commit'][:12]) or '(not in git)'}, {money(shape['monthly'])}"
    yield f"  environment {shape['environment'] or '(none)'}, team {owner['team']}, owner {_owner(owner)}"
    yield f"  may go as far as {shape['mode']['effective']}: {clean(shape['mode']['because'], 200)}"
    if "ttl" in shape:
        yield f"  lifetime {clean(str(shape['ttl']['text']))}: {_days(shape['ttl']['days_left'])}"
    if "managed_by" in shape:
        yield f"  managed by {_manager(shape['managed_by'])}"
    if "left_over" in shape:
        yield f"  {shape['left_over']}"


def _owner(owner: Mapping[str, Any]) -> str:
    if isinstance(owner["owner"], dict):
        return f"not known ({clean(owner['owner']['unknown'], 200)})"
    return f"{clean(owner['owner'])} (from {owner['source']})" if owner["owner"] else "(nobody)"


def _manager(manager: Any) -> str:
    return f"something not known ({clean(manager['unknown'], REMARK)})" if isinstance(manager, dict) else clean(manager, REMARK)


def _days(left: Any) -> str:
    if isinstance(left, dict):
        return f"not known ({clean(left['unknown'], 200)})"
    return "no end" if left is None else f"{left:.1f} days left"


def _verdict(verdict: Mapping[str, Any]) -> Iterator[str]:
    """The policy's place, each test with what it saw, and whatever else keeps it from matching."""
    why = verdict.get("reason") or ", ".join(verdict["missing"])
    file = clean(verdict["file"])
    yield f"{verdict['policy']}: {verdict['verdict']}{f' ({why})' if why else ''}  {file}:{verdict['line']}"
    for test in verdict["tests"]:
        yield f"  {MARKS[test['outcome']]} {clean(test['text'], 200)}   {file}:{test['line']}"
        for name, value in test["values"].items():
            yield f"        {clean(name)} {_value(value)}{_read(value)}"
    for guard in verdict["guards"]:
        if guard["holds"] is not True:
            place = f"   {clean(guard['file'])}:{guard['line']}" if "file" in guard else ""
            yield f"  {MARKS[guard['holds']]} {GUARDS[guard['guard']]}: {clean(guard['says'], 200)}{place}"


def _value(value: Mapping[str, Any]) -> str:
    if "unknown" in value:
        return f"not known ({clean(value['unknown'], 200)})"
    return "is absent" if "absent" in value else f"= {clean(str(value['value']))}"


def _read(value: Mapping[str, Any]) -> str:
    return f" ({clean(value['source'])}, {value['at']})" if value["source"] else f" ({value['at']})"
