"""Problems of policy files: for people, for programs, as annotations of GitHub workflows, and as SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from engine.load import Loaded
from engine.problem import Problem, Severity
from engine.render.github import annotation
from engine.wording import harmless

RULES: Mapping[str, str] = {
    "approval": "Approvals are not weaker than the act needs.",
    "ceiling": "A document is only stricter than the Organization.",
    "condition": "Conditions parse, name fields of their kind, and say what absence means.",
    "documents": "There is something to load.",
    "duplicate": "Names and singular documents come once.",
    "empty": "A policy file holds a document.",
    "exemption": "An exemption has an end.",
    "hours": "Hours and periods begin before they end.",
    "ladder": "A ladder has a condition, tells first and never goes backwards.",
    "organization": "References are checked where an Organization is given.",
    "owners-map": "Owner maps follow the syntax of CODEOWNERS.",
    "reference": "What a document names exists.",
    "schema": "A document has the shape of its kind.",
    "shares": "Fixed shares add up to 100.",
    "sizing": "A Sizing says something.",
    "team": "A team has people.",
    "ttl": "A default lifetime is not longer than the longest.",
    "yaml": "A file is one plain YAML document.",
}
"""Every code and what it asks for."""

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")


def as_text(loaded: Loaded) -> str:
    """One problem a line, `file:line:col: message; what to do [code]`, and a last line that counts."""
    return "\n".join([*(_line(problem) for problem in loaded.problems), summary(loaded)])


def as_json(loaded: Loaded) -> str:
    """The contract's shape of `validate --json`."""
    return json.dumps(shape(loaded), indent=2, ensure_ascii=False)


def as_github(loaded: Loaded) -> str:
    """Annotations at their lines. GitHub shows ten of a step: the last line counts them all."""
    return "\n".join([*(_annotation(problem) for problem in loaded.problems), summary(loaded)])


def as_sarif(loaded: Loaded) -> str:
    """A SARIF 2.1.0 log with one run."""
    codes = sorted({problem.code for problem in loaded.problems})
    rules = [{"id": code, "shortDescription": {"text": RULES.get(code, code)}} for code in codes]
    run = {
        "tool": {"driver": {"name": "sexton", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in loaded.problems],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[Loaded], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}
"""What `--format` takes."""


def shape(loaded: Loaded) -> dict[str, Any]:
    """The JSON object, for whoever puts it into a larger one."""
    return {
        "schema": "sexton/validate@1",
        "ok": loaded.policies is not None,
        "documents": loaded.documents,
        "problems": [_object(problem) for problem in loaded.problems],
    }


def summary(loaded: Loaded) -> str:
    """`37 documents, 2 errors, 1 warning`."""
    errors = sum(problem.severity is Severity.ERROR for problem in loaded.problems)
    counts = [(loaded.documents, "document"), (errors, "error"), (len(loaded.problems) - errors, "warning")]
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def _line(problem: Problem) -> str:
    where = f"{problem.file}:{problem.line}:{problem.col}: " if problem.file else ""
    weight = "warning: " if problem.severity is Severity.WARNING else ""
    return harmless(f"{where}{weight}{problem.sentence} [{problem.code}]")


def _object(problem: Problem) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "file": problem.file,
        "line": problem.line,
        "col": problem.col,
        "severity": str(problem.severity),
        "code": problem.code,
        "message": problem.message,
    }
    return fields | ({"hint": problem.hint} if problem.hint else {})


def _annotation(problem: Problem) -> str:
    place = (problem.file, problem.line, problem.col) if problem.file else None
    return annotation(str(problem.severity), problem.sentence, f"sexton {problem.code}", place)


def _result(problem: Problem) -> dict[str, Any]:
    result: dict[str, Any] = {"ruleId": problem.code, "level": str(problem.severity), "message": {"text": problem.sentence}}
    if problem.file:
        region = {"startLine": problem.line, "startColumn": problem.col}
        place = {"artifactLocation": {"uri": _uri(problem.file)}, "region": region}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _uri(path: str) -> str:
    """A path as a relative URI."""
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in path.encode())
