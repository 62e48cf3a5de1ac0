"""Checks JSON against the schemas of a discovery document: what we are asked, and what we answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.gcp.documents import Document
from demo.gcp.refusals import Violation

Schema = Mapping[str, Any]

RANGES = {
    "int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1), "int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks values of one method. For a request, fields that only Google writes are dropped, as Google does."""

    document: Document
    method: str
    request: bool

    def body(self, value: Any, name: str) -> Any:
        """A whole body against a schema by its name."""
        return self.value(value, {"$ref": name}, "request" if self.request else "answer")

    def value(self, value: Any, schema: Schema, where: str) -> Any:
        """The value as it counts. Violation when the document does not allow it."""
        if "$ref" in schema:
            return self.value(value, self.document.schemas[schema["$ref"]], where)
        kind = schema.get("type", "any")
        if kind == "object":
            return self._object(value, schema, where)
        if kind == "array":
            if not isinstance(value, list):
                raise _wrong(where, value, "an array")
            return [self.value(item, schema["items"], f"{where}[{index}]") for index, item in enumerate(value)]
        if kind != "any":
            scalar(value, schema, where, request=self.request)
        return value

    def _object(self, value: Any, schema: Schema, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(where, value, "an object")
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        kept: dict[str, Any] = {}
        for name, item in value.items():
            wanted = properties.get(name, others)
            if wanted is None:
                why = f"Unknown name \"{name}\" at '{where}': Cannot find field."
                raise Violation(400, "badRequest", f"Invalid JSON payload received. {why}")
            checked = self.value(item, wanted, f"{where}.{name}")
            if not (self.request and wanted.get("readOnly")):
                kept[name] = checked
        if self.request:
            self._required(kept, properties, where)
        return kept

    def _required(self, kept: Mapping[str, Any], properties: Mapping[str, Schema], where: str) -> None:
        for name, schema in properties.items():
            needed = self.method in schema.get("annotations", {}).get("required", ())
            if needed and kept.get(name) in (None, ""):
                raise Violation(400, "required", f"Invalid value for field '{where}.{name}': ''. Required field not specified.")


def scalar(value: Any, schema: Schema, where: str, *, request: bool) -> None:
    """A string, number or boolean against its schema."""
    kind, form = schema["type"], schema.get("format", "")
    if kind == "boolean" and not isinstance(value, bool):
        raise _wrong(where, value, "a boolean")
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise _wrong(where, value, "a number")
    if kind == "integer" or form in ("int64", "uint64"):
        _integer(value, form or "int32", schema, where)
    elif kind == "string":
        _text(value, schema, where, request=request)


def _integer(value: Any, form: str, schema: Schema, where: str) -> None:
    """64-bit numbers travel as text, the others as numbers; Google takes both."""
    if isinstance(value, (bool, float)) or not re.fullmatch(r"-?\d+", str(value)):
        raise _wrong(where, value, form)
    least, most = RANGES[form]
    if not int(schema.get("minimum", least)) <= int(value) <= int(schema.get("maximum", most)):
        raise _wrong(where, value, f"{form} in range")


def _text(value: Any, schema: Schema, where: str, *, request: bool) -> None:
    if "enum" in schema and isinstance(value, int):
        return  # enums may be written as numbers
    if not isinstance(value, str):
        raise _wrong(where, value, "a string")
    if "enum" in schema and value not in schema["enum"]:
        raise _wrong(where, value, f"one of {', '.join(schema['enum'][:12])}")
    pattern = schema.get("pattern")
    if request and value and pattern and not re.fullmatch(pattern, value):
        raise _wrong(where, value, f"a match of regex '{pattern}'")
    if schema.get("format") in ("google-datetime", "date-time"):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise _wrong(where, value, "RFC 3339") from None


def _wrong(where: str, value: Any, wanted: str) -> Violation:
    return Violation(400, "invalid", f"Invalid value for field '{where}': {value!r:.80}. Expected {wanted}.")
