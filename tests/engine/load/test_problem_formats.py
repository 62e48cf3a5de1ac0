"""Problems as text, JSON, annotations and SARIF."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest

from engine.load import Loaded, Problem, Severity
from engine.policy import PolicySet
from engine.render.problems import FORMATS, RULES, as_github, as_json, as_sarif, as_text

PROBLEMS = (
    Problem("", 1, 1, Severity.WARNING, "organization", "no Organization", "add it"),
    Problem("a b/ü:1,2.yaml", 7, 14, Severity.ERROR, "condition", "100% wrong,\nreally", "did you mean 'x'?"),
    Problem("x.yaml", 1, 2, Severity.ERROR, "schema", "an \x1b[31mescape"),
)
BAD = Loaded(None, PROBLEMS, 37)
GOOD = Loaded(PolicySet(), (), 1)


def test_text() -> None:
    assert as_text(BAD).split("\n") == [
        "warning: no Organization; add it [organization]",
        "a b/ü:1,2.yaml:7:14: 100% wrong, really; did you mean 'x'? [condition]",
        "x.yaml:1:2: an escape [schema]",
        "37 documents, 2 errors, 1 warning",
    ]
    assert as_text(GOOD) == "1 document, 0 errors, 0 warnings"


def test_json() -> None:
    shape = json.loads(as_json(BAD))
    assert {name: shape[name] for name in ("schema", "ok", "documents")} == {
        "schema": "sexton/validate@1",
        "ok": False,
        "documents": 37,
    }
    assert shape["problems"][1] == {
        "file": "a b/ü:1,2.yaml",
        "line": 7,
        "col": 14,
        "severity": "error",
        "code": "condition",
        "message": "100% wrong,\nreally",
        "hint": "did you mean 'x'?",
    }
    assert "hint" not in shape["problems"][2]
    assert json.loads(as_json(GOOD)) == {"schema": "sexton/validate@1", "ok": True, "documents": 1, "problems": []}


def test_github() -> None:
    assert as_github(BAD).split("\n") == [
        "::warning title=sexton organization::no Organization; add it",
        "::error file=a b/ü%3A1%2C2.yaml,line=7,col=14,title=sexton condition::100%25 wrong,%0Areally; did you mean 'x'?",
        "::error file=x.yaml,line=1,col=2,title=sexton schema::an escape",
        "37 documents, 2 errors, 1 warning",
    ]


def test_sarif() -> None:
    log = json.loads(as_sarif(BAD))
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["tool"]["driver"]["name"] == "sexton"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["condition", "organization", "schema"]
    assert run["results"][0] == {"ruleId": "organization", "level": "warning", "message": {"text": "no Organization; add it"}}
    assert run["results"][1]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b/%C3%BC%3A1%2C2.yaml"},
                "region": {"startLine": 7, "startColumn": 14},
            }
        }
    ]


@pytest.mark.parametrize("name", ["text", "json", "github", "sarif"])
def test_formats_by_name(name: str) -> None:
    assert FORMATS[name](GOOD)


def test_every_code_has_its_rule() -> None:
    folder = resources.files("engine.documents")
    sources = [entry.read_text() for entry in folder.iterdir() if entry.name.endswith(".py")]
    sources.append(resources.files("engine").joinpath("load.py").read_text())
    told = re.compile(r'\.(?:error|warning|problem)\(\s*"([a-z-]+)"|Severity\.[A-Z]+,\s*"([a-z-]+)"')
    codes = {one or other for source in sources for one, other in told.findall(source)}
    assert codes | {"schema", "ladder", "exemption"} == set(RULES)
