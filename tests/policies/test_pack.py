"""The default pack loads without a problem, and every one of its policies is proven by its own tests."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from engine.load import load
from engine.model import Mode
from engine.policy import PolicySet
from engine.spent import SPENT_BACKUPS
from reapers import trial
from reapers.kind import kinds, tables
from reapers.mutation import mutate
from reapers.sources.texts import may_be_policy

PACK = Path(__file__).parents[2] / "policies"
SCHEMAS = Path(__file__).parents[2] / "engine" / "schema"


def texts() -> dict[str, str]:
    paths = {path.relative_to(PACK).as_posix(): path for path in sorted(PACK.rglob("*")) if path.is_file()}
    return {name: path.read_text() for name, path in paths.items() if may_be_policy(name)}


@cache
def pack() -> PolicySet:
    loaded = load(texts(), tables())
    assert not loaded.problems
    assert loaded.policies
    return loaded.policies


def trials() -> list[trial.Trial]:
    return [tried for test in pack().tests for tried in trial.run(test, pack(), kinds())]


def test_loads_without_a_problem_and_holds_every_kind_of_document() -> None:
    policies = pack()
    assert policies.organization.meta.name == "acme"
    assert set(policies.teams) == {"platform", "payments", "search", "data"}
    assert policies.ownership
    assert policies.ttl
    assert all((policies.reaps, policies.exemptions, policies.sizings, policies.budgets, policies.shared_costs, policies.tests))


def test_every_kind_has_a_policy() -> None:
    assert set(kinds()) == {
        kind for reap in pack().reaps.values() for kind in reap.selects.kinds if reap.meta.name not in GENERAL
    }


GENERAL = {"unowned", "expired"}


@pytest.mark.parametrize("tried", trials(), ids=lambda tried: f"{tried.expected.policy}-{tried.expected.id}")
def test_verdict(tried: trial.Trial) -> None:
    assert tried.passed, str(tried)


def test_every_policy_is_seen_to_match_to_spare_and_to_be_undecided() -> None:
    seen = Counter((wanted.policy, wanted.verdict) for test in pack().tests for wanted in test.expect)
    assert not [
        (policy, verdict) for policy in pack().reaps for verdict in ("match", "spared", "undecided") if not seen[policy, verdict]
    ]


def test_no_line_of_a_condition_goes_unnoticed() -> None:
    mutations = mutate(pack(), kinds())
    assert mutations.lines > len(pack().reaps)
    assert [str(one) for one in mutations.survivors] == []


def test_a_newcomer_deletes_nothing_by_accident() -> None:
    """No account of the example may be acted on, and nothing but our own spent backups is deleted without somebody's word."""
    organization = pack().organization
    assert all(row.mode.rank <= Mode.NOTIFY.rank for row in organization.accounts)
    for reap in pack().reaps.values():
        if Mode.DELETE in reap.after and reap.meta.name != SPENT_BACKUPS:
            assert reap.approval[Mode.DELETE].rank > 0
    assert not any(environment.silent_delete for environment in organization.environments.values())


def test_editors_find_a_schema_for_every_document() -> None:
    settings = json.loads((PACK / ".vscode" / "settings.json").read_text())
    mapped = {Path(schema).name for schema in settings["yaml.schemas"]}
    assert mapped == {path.name for path in SCHEMAS.glob("*.json")}
    for path in PACK.rglob("*.yaml"):
        named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
        assert named, path
        schema = (path.parent / named[1]).resolve()
        assert schema.parent == (PACK.parent / ".vscode" / "schema").resolve()  # where `sexton init` puts them
        kind = re.search(r"^kind: (\w+)$", path.read_text(), re.MULTILINE)
        assert kind
        assert json.loads((SCHEMAS / schema.name).read_text())["title"] == kind[1]


def test_nobody_real_is_named() -> None:
    """Addresses under .example belong to nobody (RFC 2606)."""
    for text in texts().values():
        assert all(host.endswith(".example") for host in re.findall(r"[\w.]+@([\w.]+)", text))
