"""A policy and its ladder as the text of a Reap document. Nothing is dumped: the text is written as a person would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.custodian.ladder import Ladder
from engine.custodian.parts import Left, Policy, Written
from engine.custodian.reading import NEVER
from engine.model import Mode, Verb
from engine.strict_yaml.reader import STRANGE
from engine.wording import clean

PLAIN = re.compile(r"[A-Za-z][^:#\"\[\]{},\\]*\Z")
"""Lines that YAML reads as they are: no quotes around them."""

DISABLED = ["  after: {notify: 0d}", f"  mode: {Mode.OBSERVE}"]
"""Two locks: no rung but the notice, and a mode in which nobody is told. Opening one does not open the other."""

NAME = 63
LONGEST = 200
"""Characters of a comment line."""


def write(ladder: Ladder, owner: str, name: str) -> Written:
    """The document of one policy."""
    policy = ladder.policy
    missing = policy.filters
    notice = list(_missing(missing, ladder)) if missing else []
    lines = [
        *notice[:1],
        f"# from {_source(policy)} policy {clean(policy.name)}",
        *(f"# {line}" for line in _about(policy)),
        *notice[1:],
        *(f"# not carried over, {_source(policy, one)}: {_part(one)}" for one in (*policy.others, *ladder.left)),
        "apiVersion: sexton/v1",
        "kind: Reap",
        f"metadata: {{name: {name}, owner: {owner}}}",
        "spec:",
        f"  resource: {policy.kind}",
        "  when:",
        *(f"    - {quoted(line)}" for line in policy.lines or (NEVER,)),
        *(DISABLED if missing else _enabled(ladder)),
    ]
    return Written(
        file=f"{name}.yaml",
        name=name,
        source=policy.file,
        policy=policy.name,
        text="\n".join(lines) + "\n",
        disabled=bool(missing),
    )


def _source(policy: Policy, part: Left | None = None) -> str:
    return clean(policy.file, LONGEST) + (f":{part.line}" if part else "")


def _part(part: Left) -> str:
    return clean(f"{part.what}: {part.why}", LONGEST)


def _about(policy: Policy) -> Iterator[str]:
    for line in policy.about.strip().splitlines()[:10]:
        yield clean(line, LONGEST)


def _missing(missing: Sequence[Left], ladder: Ladder) -> Iterator[str]:
    yield "# DISABLED: parts that narrow this policy are missing below. Say them under `when`, then write the ladder."
    for part in missing:
        yield f"# missing, {clean(part.file, LONGEST)}:{part.line}: {_part(part)}"
    if ladder.hours:
        yield f"# its ladder would be: after: {_after(ladder)}, mode: {ladder.mode}"


def _enabled(ladder: Ladder) -> Iterator[str]:
    yield f"  after: {_after(ladder)}"
    if Mode.DELETE in ladder.hours:
        backed_up = Verb.BACKUP in ladder.table.acts
        yield f"  before_delete: [{'backup' if backed_up else ''}]"
        if not backed_up:
            yield "  approval: {delete: owner+platform}"
    yield f"  mode: {ladder.mode}"


def _after(ladder: Ladder) -> str:
    return "{" + ", ".join(f"{rung}: {after}" for rung, after in ladder.after.items()) + "}"


def quoted(text: str) -> str:
    """A line of `when` as YAML: plain where that is safe, else in double quotes."""
    if PLAIN.match(text) and not STRANGE.search(text) and text == text.strip() and text.isprintable():
        return text
    return '"' + "".join(_escaped(sign) for sign in text) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    if sign.isprintable() and not STRANGE.search(sign):
        return sign
    return f"\\U{ord(sign):08X}"
