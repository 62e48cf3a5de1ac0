"""Many documents together: names, references, ceilings, what is a document at all, and every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from engine.load import Loaded, Severity, load
from engine.policy import Organization

Load = Callable[..., Loaded]

REAP = """\
apiVersion: sexton/v1
kind: Reap
metadata: {name: NAME, owner: platform}
spec:
  resource: aws.ebs_volume
  when: [encrypted]
  after: {notify: 0d, delete: 14d}
"""


def _reap(name: str = "one", *changes: tuple[str, str]) -> str:
    text = REAP.replace("NAME", name)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def _told(loaded: Loaded) -> list[str]:
    return [f"{problem.file}:{problem.line}:{problem.col} {problem.code}: {problem.sentence}" for problem in loaded.problems]


def test_names_are_unique_over_the_whole_set(loading: Load) -> None:
    loaded = loading({"a/one.yaml": _reap(), "b/one.yaml": _reap(), "c/pay.yaml": _reap("payments")})
    assert loaded.policies is None
    assert _told(loaded) == [
        "b/one.yaml:3:18 duplicate: another document is called 'one' already: a/one.yaml:3; "
        "names are unique over the whole set: rename one",
        "teams/payments.yaml:3:18 duplicate: another document is called 'payments' already: c/pay.yaml:3; "
        "names are unique over the whole set: rename one",
    ]


@pytest.mark.parametrize("kind", ["Ownership", "TTL", "Organization"])
def test_some_kinds_come_once(kind: str, loading: Load, base: Mapping[str, str]) -> None:
    spec = {"Ownership": "{from: [{iac: {}}]}", "TTL": "{}", "Organization": "{platform: [platform]}"}[kind]
    text = f"apiVersion: sexton/v1\nkind: {kind}\nmetadata: {{name: NAME, owner: platform}}\nspec: {spec}\n"
    files = {"x.yaml": text.replace("NAME", "first"), "y.yaml": text.replace("NAME", "second")}
    if kind == "Organization":
        files.pop("y.yaml")
    last, first = ("x.yaml", "organization.yaml") if kind == "Organization" else ("y.yaml", "x.yaml")
    loaded = loading(files)
    assert _told(loaded) == [f"{last}:2:7 duplicate: there is a second {kind} document: the first is {first}:3; keep one"]


def test_without_an_organization_references_wait(loading: Load) -> None:
    files = {
        "a.yaml": _reap("one", ("platform", "whoever")),
        "b.yaml": "apiVersion: sexton/v1\nkind: Exemption\nmetadata: {name: e, owner: whoever}\n"
        "spec: {of: [nope], resource: aws.ebs_volume, until: 2026-12-31, reason: r}\n",
        "c.yaml": "apiVersion: sexton/v1\nkind: Ownership\nmetadata: {name: o, owner: whoever}\n"
        "spec: {from: [{map: owners.map}]}\n",
        "d.test.yaml": "apiVersion: sexton/v1\nkind: PolicyTest\nmetadata: {name: t, owner: whoever}\n"
        "spec: {policies: [a.yaml, z.yaml], as_of: 2026-11-01T00:00:00Z, resources: [{kind: gcp.disk, id: d}], "
        "expect: [{policy: q, id: d, verdict: match}]}\n",
        "owners.map": "* nobody\n",
    }
    alone = {name: text for name, text in files.items() if name != "owners.map"}
    assert [problem.code for problem in loading(alone, alone=True).problems] == ["organization"]
    loaded = loading(files, alone=True)
    (problem,) = loaded.problems
    assert (problem.severity, problem.code, problem.file) == (Severity.WARNING, "organization", "")
    assert problem.message == "there is no Organization here, so owners, teams and other references were not checked"
    assert loaded.policies is not None
    assert loaded.policies.organization == Organization()
    assert loaded.policies.reaps["one"].only_team == ""
    assert loaded.policies.ownership is not None
    assert loaded.policies.ownership.sources[0].rules == (("*", "nobody"),)
    assert loaded.policies.tests[0].policies == ("a.yaml", "z.yaml")


def test_without_an_organization_the_contracts_ceilings_hold(loading: Load) -> None:
    loaded = loading({"a.yaml": _reap("one", ("14d}", "2d}\n  limits: {per_day: 21}"))}, alone=True)
    assert [problem.code for problem in loaded.problems if problem.severity is Severity.ERROR] == ["ceiling", "ceiling"]


def test_the_organizations_own_ceilings_hold(loading: Load, base: Mapping[str, str]) -> None:
    organization = base["organization.yaml"] + "  grace: {delete: 1h}\n  limits: {per_day: 100}\n"
    short = _reap("one", ("14d}", "2h}\n  limits: {per_day: 100}"))
    assert loading({"organization.yaml": organization, "a.yaml": short}).policies is not None
    assert loading({"a.yaml": short}).policies is None


def test_an_organization_that_cannot_be_read_sets_no_ceilings(loading: Load, base: Mapping[str, str]) -> None:
    broken = base["organization.yaml"].replace("platform: [platform]", "platfrom: [platform]")
    loaded = loading({"organization.yaml": broken, "a.yaml": _reap("one", ("14d", "1h"))})
    assert _told(loaded) == ["organization.yaml:5:3 schema: unknown key 'platfrom'; did you mean 'platform'?"]


def test_the_organizations_own_faults_are_told_once(loading: Load, base: Mapping[str, str]) -> None:
    text = base["organization.yaml"].replace("[platform]", "[platfrom]").replace("team: payments", "team: paymens") + (
        "  environments:\n    dev: {approval: {delete: none}}\n    sandbox: {approval: {stop: none}, silent_delete: false}\n"
        '  hours: {from: "17:00", closed: [2026-12-24/2026-12-20, 2026-13-01, 2026-12-01/2026-02-30]}\n'
    )
    assert _told(loading({"organization.yaml": text})) == [
        "organization.yaml:5:14 reference: there is no team 'platfrom'; did you mean 'platform'?",
        "organization.yaml:7:65 reference: there is no team 'paymens'; did you mean 'payments'?",
        "organization.yaml:10:30 approval: nobody would be asked before a deletion in dev; "
        "add silent_delete: true if that is meant, else write owner",
        "organization.yaml:12:10 hours: the hours of acts end before they begin; write from before to, on the same day",
        "organization.yaml:12:35 hours: the period 2026-12-24/2026-12-20 ends before it begins; "
        "write the first day, a slash, the last day",
        "organization.yaml:12:58 schema: 2026-13-01 is not in the calendar; write an existing day, such as 2026-12-31",
        "organization.yaml:12:70 schema: 2026-02-30 is not in the calendar; write an existing day, such as 2026-12-31",
    ]


def test_documents_of_other_teams_are_bound_to_their_team(loading: Load) -> None:
    loaded = loading({"a.yaml": _reap("one", ("platform", "payments")), "b.yaml": _reap("two")})
    assert loaded.policies is not None
    assert {name: reap.only_team for name, reap in loaded.policies.reaps.items()} == {"one": "payments", "two": ""}


OWNERSHIP = "apiVersion: sexton/v1\nkind: Ownership\nmetadata: {name: o, owner: platform}\nspec: {from: [{map: owners.map}]}\n"


def test_faults_of_the_owners_map_stand_at_their_lines(loading: Load) -> None:
    owners = "# fine\n*  paymens\n\naws/* payments platform\n!gcp/** payments\ngcp/[ab] platform\n"
    assert _told(loading({"o.yaml": OWNERSHIP, "owners.map": owners})) == [
        "owners.map:2:4 owners-map: there is no team 'paymens'; did you mean 'payments'?",
        "owners.map:4:16 owners-map: a line names one team; take the others out: one team answers for a resource",
        "owners.map:5:1 owners-map: CODEOWNERS has no ! in patterns; write one line for each",
        "owners.map:6:1 owners-map: CODEOWNERS has no [ ] in patterns; write one line for each",
    ]
    assert _told(loading({"o.yaml": OWNERSHIP, "owners.map": "* @zzz\n"})) == [
        "owners.map:1:3 owners-map: there is no team '@zzz'; add a Team document of that name"
    ]


def test_only_yaml_files_are_documents(loading: Load) -> None:
    files = {
        "README.md": "# not yaml: [",
        "owners.map": "!! not read unless it is named",
        ".github/workflows/x.yml": "on: push",
        "reap/.hidden.yaml": "yes",
        "sexton.yaml": "mode: observe",
        "reap/one.yml": _reap(),
    }
    loaded = loading(files)
    assert loaded.problems == ()
    assert loaded.policies is not None
    assert set(loaded.policies.reaps) == {"one"}
    assert loaded.documents == 4


def test_where_the_policies_lie_hides_nothing(loading: Load, base: Mapping[str, str]) -> None:
    files = {
        "/home/x/.cache/p/o/o.yaml": OWNERSHIP.replace("owners.map", "maps/owners.map"),
        "/home/x/.cache/p/maps/owners.map": "* platform\n",
        "/home/x/.cache/p/.github/x.yml": "on: push",
        "/home/x/.cache/p/sexton.yaml": "mode: observe",
        **{f"/home/x/.cache/p/{path}": text for path, text in base.items()},
    }
    loaded = loading(files, alone=True)
    assert (loaded.problems, loaded.documents) == ((), 4)
    assert loading({"../p/.github/a.yaml": _reap(), "../p/b.yaml": _reap("two")}, alone=True).documents == 1
    mixed = loading({"/p/b.yaml": _reap("two"), "c.yaml": _reap("three")}, alone=True)
    assert mixed.documents == 2


def test_backstage_catalogs_are_not_ours(loading: Load) -> None:
    ownership = OWNERSHIP.replace("map: owners.map", "backstage: ./catalog/")
    files = {"o/o.yaml": ownership, "o/catalog/a.yaml": "a: &x no\n", "catalog/b.yaml": "kind: Component\n", "o/z.yaml": "a: 1\n"}
    assert [problem.file for problem in loading(files).problems] == ["o/z.yaml"]
    for odd in ("[3]", "[{backstage: [x]}]", "x", "[{backstage: .}]"):
        text = ownership.replace("[{backstage: ./catalog/}]", odd)
        assert "o/catalog/a.yaml" in {problem.file for problem in loading({**files, "o/o.yaml": text}).problems}


def test_empty_files_are_only_mentioned(loading: Load) -> None:
    loaded = loading({"x.yaml": "# later\n"})
    assert _told(loaded) == ["x.yaml:1:1 empty: this file holds no document; remove it"]
    assert loaded.problems[0].severity is Severity.WARNING
    assert loaded.policies is not None


def test_nothing_at_all_is_no_problem() -> None:
    loaded = load({}, {})
    assert (loaded.problems, loaded.documents) == ((), 0)
    assert loaded.policies is not None


def test_every_problem_of_every_file_at_once(loading: Load) -> None:
    files = {
        "a.yaml": _reap("one", ("[encrypted]", "[nope, '!has(tags.x) && tags.x == 3']"), ("14d", "1d"), ("after", "afer")),
        "b.yaml": _reap("two", ("[encrypted]", "[nope]"), ("aws.ebs_volume", "aws.ebs"), ("14d", "1d")),
        "c.yaml": "a: [\n",
        "d.yaml": _reap("four", ("[encrypted]", "[sze_gb > 1]"), ("{notify: 0d, delete: 14d}", "[]")),
    }
    loaded = loading(files)
    assert loaded.policies is None
    assert loaded.documents == 7
    assert [(problem.file, problem.line, problem.code) for problem in loaded.problems] == [
        ("a.yaml", 6, "condition"),
        ("a.yaml", 6, "condition"),
        ("a.yaml", 7, "schema"),
        ("b.yaml", 5, "reference"),
        ("b.yaml", 7, "ceiling"),
        ("c.yaml", 2, "yaml"),
        ("d.yaml", 6, "condition"),
        ("d.yaml", 7, "schema"),
    ]


def test_without_a_day_the_ends_of_exemptions_are_not_measured(loading: Load) -> None:
    text = (
        "apiVersion: sexton/v1\nkind: Exemption\nmetadata: {name: e, owner: platform}\n"
        "spec: {of: ['*'], resource: gcp.disk, until: 2099-12-31, reason: r}\n"
    )
    assert loading({"e.yaml": text}, today=None).policies is not None
    assert loading({"e.yaml": text}).policies is None


def test_the_same_files_give_the_same_set(loading: Load) -> None:
    files = {"a.yaml": _reap("one"), "b.yaml": _reap("two")}
    one, other = loading(files).policies, loading(dict(reversed(files.items()))).policies
    assert one == other
