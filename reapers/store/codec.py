"""Cases and actions as JSON text and back. `memory` comes back as JSON has it: tuples as lists, times and decimals as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from engine.case import Action, Case
from engine.model import canonical

T = TypeVar("T")


@cache
def _case() -> TypeAdapter[Case]:
    return TypeAdapter(Case)


@cache
def _action() -> TypeAdapter[Action]:
    return TypeAdapter(Action)


def case_text(case: Case) -> str:
    """A case as JSON text. ValueError for something in `memory` that cannot be written."""
    return _case().dump_json(case).decode()


def case_from(text: str) -> Case:
    """The case that `case_text` wrote. ValueError for anything else, without a word of it: it may hold a start-up script."""
    return _read(_case(), text, "case")


def action_text(action: Action) -> str:
    """An action as JSON text."""
    return _action().dump_json(action).decode()


@lru_cache(maxsize=2048)
def action_from(text: str) -> Action:
    """The action that `action_text` wrote; its hash is the same. ValueError for anything else.

    Those of the last day are read again for every act, to count them against the limits; they never change.
    """
    return _read(_action(), text, "action")


def _read(adapter: TypeAdapter[T], text: str, what: str) -> T:
    """pydantic's own message, and the traceback that a log shows, would quote what was read."""
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
    raise ValueError(f"a stored {what} cannot be read: {first['type']} at {where or 'its beginning'}")


def plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses as objects, times as RFC 3339, enums and decimals as text."""
    return to_jsonable_python(value)


def text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Canonical JSON text of a value: the same value always gives the same text."""
    return canonical(plain(value)).decode()


def parsed(text: str) -> Any:
    """The JSON value in a text."""
    return json.loads(text)
