"""Files of Custodian's to documents of ours, all files together: one policy's marks are carried out by another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.custodian.document import NAME, write
from engine.custodian.ladder import Ladder, carriers_of, ladder_of
from engine.custodian.parts import Left, Policy, Translation, Written
from engine.custodian.reading import read_policy
from engine.custodian.tree import Node, Unreadable, read
from engine.model import KindTable
from engine.suggest import did_you_mean

KEYS = ("policies", "vars")


def translate(files: Mapping[str, str], kinds: Mapping[str, KindTable], owner: str = "platform") -> Translation:
    """One Reap document for each policy that we have a kind for; `owner` answers for them.

    Raises Unreadable with one sentence for a file that is not Custodian's.
    """
    found = [one for file, text in files.items() for one in _policies(file, read(file, text), kinds)]
    policies = [one for one in found if isinstance(one, Policy)]
    left = [one for one in found if isinstance(one, Left)]
    carriers = carriers_of(policies)
    ladders = [ladder_of(policy, carriers, kinds[policy.kind]) for policy in policies if not policy.marked]
    carried = {id(one) for ladder in ladders for one in ladder.carried}
    alone = [_alone(policy) for policy in policies if policy.marked and id(policy) not in carried]
    ladders += [ladder_of(policy, carriers, kinds[policy.kind]) for policy in alone]
    parts = [part for ladder in ladders for part in ladder.parts]
    left += [one for policy in parts for one in (*policy.filters, *policy.others)]
    left += [one for ladder in ladders for one in ladder.left]
    notes = [one for policy in parts for one in policy.notes] + [one for ladder in ladders for one in ladder.told]
    return Translation(
        documents=_written(ladders, owner),
        left=tuple(sorted(set(left))),
        notes=tuple(sorted(set(notes))),
        policies=len(found),
    )


def _policies(file: str, root: Node, kinds: Mapping[str, KindTable]) -> Iterator[Policy | Left]:
    if not isinstance(root.value, dict) or "policies" not in root.value:
        raise Unreadable(f"{file} is no file of Cloud Custodian's: it has no `policies`")
    for key in root.value:
        if key not in KEYS:
            raise Unreadable(f"{file}:{root.value[key].line}: Custodian knows no key {key!r} here{_hint(key)}")
    listed = root.value["policies"]
    if not isinstance(listed.value, list):
        raise Unreadable(f"{file}:{listed.line}: `policies` must be a list")
    for node in listed.value:
        if not isinstance(node.value, dict):
            raise Unreadable(f"{file}:{node.line}: a policy is a mapping with a name, a resource, filters and actions")
        yield read_policy(file, node, kinds)


def _hint(key: str) -> str:
    hint = did_you_mean(key, KEYS)
    return f"; {hint}" if hint else ""


def _alone(policy: Policy) -> Policy:
    """A policy that carries out marks which no policy of these files sets, or sets otherwise: it must not act."""
    mark = policy.marked[0]
    why = f"no policy here marks with {mark.tag} and the same filters: what is marked is not known"
    lost = policy.left("filter marked-for-op", why, mark.line)
    return replace(policy, filters=(*policy.filters, lost))


def _written(ladders: Sequence[Ladder], owner: str) -> tuple[Written, ...]:
    names: list[str] = []
    for ladder in ladders:
        names.append(_name(ladder.policy.name, names))
    return tuple(write(ladder, owner, name) for ladder, name in zip(ladders, names, strict=True))


def _name(wanted: str, taken: Iterable[str]) -> str:
    """A document's name: lower case, letters, digits and hyphens, nobody else's."""
    base = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:NAME].rstrip("-") or "custodian"
    name, number = base, 1
    while name in taken:
        number += 1
        end = f"-{number}"
        name = f"{base[: NAME - len(end)]}{end}"
    return name
