"""A notice as the JSON that the outbox keeps until it is delivered, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.notice import Notice

NOTICE = TypeAdapter(Notice)


class Unreadable(Exception):
    """What the outbox holds is not a notice of this version. The text is one sentence."""


def pack(notice: Notice) -> dict[str, Any]:
    """JSON values only."""
    packed: dict[str, Any] = NOTICE.dump_python(notice, mode="json")
    return packed


def unpack(payload: Mapping[str, Any]) -> Notice:
    """The notice that was packed. Unreadable when another version packed it in another shape: compose it anew."""
    try:
        return NOTICE.validate_python(dict(payload))
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()}))
        raise Unreadable(f"This version cannot read a notice in the outbox ({fields}); it must be composed anew.") from None
