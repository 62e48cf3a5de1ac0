"""Cases and actions as JSON text and back. `memory` comes back as JSON has it: tuples as lists, times and decimals as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from engine.case import Action, Case
from engine.model import canonical


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
    """The case that `case_text` wrote."""
    return _case().validate_json(text)


def action_text(action: Action) -> str:
    """An action as JSON text."""
    return _action().dump_json(action).decode()


def action_from(text: str) -> Action:
    """The action that `action_text` wrote; its hash is the same."""
    return _action().validate_json(text)


def plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses as objects, times as RFC 3339, enums and decimals as text."""
    return to_jsonable_python(value)


def text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Canonical JSON text of a value: the same value always gives the same text."""
    return canonical(plain(value)).decode()


def parsed(text: str) -> Any:
    """The JSON value in a text."""
    return json.loads(text)
