"""Protection is inherited: what something protected is attached to may be stopped, but does not go with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.judge import is_protected
from engine.model import Resource
from engine.policy import PolicySet


def carriers(resources: Iterable[Resource], policies: PolicySet) -> frozenset[str]:
    """Key texts of what a protected resource, or one whose tags could not be read, refers to: a disk to its machine."""
    return frozenset(_carriers(resources, policies))


def _carriers(resources: Iterable[Resource], policies: PolicySet) -> Iterator[str]:
    for resource in resources:
        kind = policies.kinds.get(resource.key.kind)
        if kind is not None and is_protected(resource, policies) is not False:
            yield from (key.ref for key in kind.links(resource))
