"""The text side of settings: spans and lists as people write them, the YAML file, and problems in one sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationError

SPAN = re.compile(r"(\d{1,7})(s|m|h|d)", re.ASCII)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(value: Any) -> Any:
    """`60s`, `30m`, `1h`, `400d`."""
    if isinstance(value, timedelta):
        return value
    match = SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError("expected a span such as 60s, 30m, 1h or 400d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def names(value: Any) -> Any:
    """A list of names; from the environment `a,b` or one name. Numbers are refused: an account id has leading zeros."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError("expected a list of texts; put account ids in quotes")


def account_ids(values: tuple[str, ...]) -> tuple[str, ...]:
    """AWS account ids: twelve digits each (AWS account management guide)."""
    wrong = next((value for value in values if not re.fullmatch(r"[0-9]{12}", value)), None)
    if wrong is not None:
        raise ValueError(f"{wrong} is no account id: it has twelve digits, in quotes")
    return values


def role_name(value: str) -> str:
    """The name of a role, where `{role}` stands for scan, stop, condemn or delete. AWS takes these signs and no others."""
    if not re.fullmatch(r"[A-Za-z0-9+=,.@_/-]+", value.replace("{role}", "x")):
        raise ValueError("expected the name of a role; the only place holder is {role}")
    return value


def signers(value: Any) -> Any:
    """The section, or only the path of an OpenSSH allowed-signers file."""
    return {"ssh": value} if isinstance(value, str) else value


def place(value: Any) -> Any:
    """A file, or the address of a bucket: that is no path."""
    if isinstance(value, str) and "://" in value:
        if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[^/]+)*/?", value):
            raise ValueError("expected a file, or s3://BUCKET/PREFIX")
        return value
    return value if value is None else Path(value)


def later(why: str) -> Callable[[Any], None]:
    """A validator for a key that the contract has and this release does not obey: silently ignored, it would promise a guard."""

    def refuse(value: Any) -> None:
        if value is not None:
            raise ValueError(why)

    return refuse


Span = Annotated[timedelta, BeforeValidator(span)]
Names = Annotated[tuple[str, ...], BeforeValidator(names)]
AccountIds = Annotated[tuple[str, ...], BeforeValidator(names), AfterValidator(account_ids)]


def read_yaml(file: Path, problem: type[Exception]) -> dict[str, Any]:
    """The mapping in a YAML file; `problem` says where it is none."""
    import yaml

    try:
        written = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise problem(f"{file}{where}: this is not YAML ({getattr(error, 'problem', None) or 'it cannot be read'}).") from error
    except (OSError, UnicodeDecodeError) as error:
        raise problem(f"{file}: cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8'}).") from error
    if written is None:
        return {}
    if not isinstance(written, dict) or not all(isinstance(key, str) for key in written):
        raise problem(f"{file}: expected keys such as `policies:` and `serve:`.")
    return written


def sentence_of(error: ValidationError, file: str, model: type[BaseModel]) -> str:
    """Every problem of the settings in one sentence."""
    told: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_input=False):
        path = [str(part) for part in one["loc"] if str(part) in _keys(model) or _is_key(str(part), one["type"])]
        where = ".".join(path) or file
        told.setdefault(where, []).append(_what(one["type"], one["msg"], path, model))
    return f"Settings ({file} and SEXTON_…): " + "; ".join(f"{where}: {', or '.join(what)}" for where, what in told.items()) + "."


def _is_key(part: str, kind: str) -> bool:
    """pydantic also names the branch of a union that it tried (`function-before[…]`): those are no keys."""
    return kind == "extra_forbidden" or (part.isidentifier() and part.islower())


def _what(kind: str, message: str, path: list[str], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], _keys(model, *path[:-1]), n=1)
        return "there is no such key" + (f"; did you mean {near[0]}" if near else "")
    if kind == "model_type":
        return "expected a section with keys of its own"
    said = message.removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def _keys(model: type[BaseModel], *path: str) -> list[str]:
    for name in path:
        field = model.model_fields.get(name)
        shapes = [field.annotation, *get_args(field.annotation)] if field else []
        inner = next((one for one in shapes if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)
