"""One bad document at a time: where the problem stands and what it says."""

# A row of these tables is a line, however long its message: # ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable

import pytest

Problems = Callable[..., list[str]]

HEAD = "apiVersion: sexton/v1\nkind: {}\nmetadata: {{name: x, owner: platform}}\nspec:\n"


def _document(kind: str, spec: str) -> str:
    """The spec begins in line 5."""
    return HEAD.format(kind) + "".join(f"  {line}\n" for line in spec.strip("\n").split("\n"))


REAP = "resource: aws.ebs_volume\nwhen: [encrypted]\nafter: {notify: 0d, delete: 14d}\n"

CASES: dict[str, tuple[str, str, list[str]]] = {
    # the shape of a Reap
    "typo in a key": ("Reap", REAP.replace("after", "afer"), ["7:3 schema: unknown key 'afer'; did you mean 'after'?"]),
    "unknown key": ("Reap", REAP + "zzz: 1", ["8:3 schema: unknown key 'zzz'; spec takes resource, when, after, before_delete, approval, mode, limits, without_condemn"]),
    "missing resource": ("Reap", "when: [encrypted]\nafter: {notify: 0d}", ["4:1 schema: spec has no 'resource'; add resource: aws.ebs_volume"]),
    "no condition": (
        "Reap",
        "resource: aws.ebs_volume\nafter: {notify: 0d, delete: 9d}",
        ["4:1 ladder: a ladder without a condition would take everything; say under `when` what it is for"],
    ),
    "empty condition": ("Reap", REAP.replace("[encrypted]", "[]"), ["6:9 schema: spec.when is empty; add an item or leave it out"]),
    "empty line": ("Reap", REAP.replace("[encrypted]", "''"), ["6:9 schema: spec.when is empty; write a text or leave the key out"]),
    "nothing there": (
        "Reap",
        REAP.replace("[encrypted]", ""),
        ["6:8 schema: spec.when has no value; write a value or leave the key out; a value that begins with # wants quotes"],
    ),
    "a mapping as a line": (
        "Reap",
        REAP.replace("[encrypted]", "\n  - tags.x == 'a: b'"),
        ["7:7 schema: spec.when[0] must be an expression, not a mapping; put the whole line in quotes: YAML reads ': ', [ and { itself"],
    ),
    "a number as a duration": ("Reap", REAP.replace("14d", "14"), ["7:31 schema: spec.after.delete must be a text, not a number; write 12h or 3d or 2w or 1bd"]),
    "no duration": ("Reap", REAP.replace("14d", "14 days"), ["7:31 schema: spec.after.delete: '14 days' is no duration; write 12h or 3d or 2w or 1bd"]),
    "no mode": ("Reap", REAP + "mode: destroy", ["8:9 schema: spec.mode: 'destroy' is no mode; it is one of observe, notify, stop, delete"]),
    "almost a mode": ("Reap", REAP + "mode: stopp", ["8:9 schema: spec.mode: 'stopp' is no mode; it is one of observe, notify, stop, delete; did you mean 'stop'?"]),
    "a list for a text": ("Reap", REAP + "mode: [stop]", ["8:9 schema: spec.mode must be a text, not a list"]),
    "too much": ("Reap", REAP + "limits: {percent_per_day: 101}", ["8:29 schema: spec.limits.percent_per_day is 101, but 100 is the most"]),
    "too little": ("Reap", REAP + "limits: {per_day: -1}", ["8:21 schema: spec.limits.per_day is -1, but at least 0 is needed"]),
    "true for a number": ("Reap", REAP + "limits: {per_day: true}", ["8:21 schema: spec.limits.per_day must be a whole number, not true"]),
    "half an act": ("Reap", REAP + "limits: {per_day: 1.5}", ["8:21 schema: spec.limits.per_day must be a whole number, not a number"]),
    "no limits": ("Reap", REAP + "limits: {}", ["8:11 schema: spec.limits is empty; add a key or leave it out"]),
    "twice": ("Reap", REAP + "before_delete: [backup, backup]", ["8:27 schema: spec.before_delete names 'backup' twice; keep one"]),
    "a long text is cut": ("Reap", REAP + f"mode: {'x' * 70}", [f"8:9 schema: spec.mode: '{'x' * 60}…' is no mode; it is one of observe, notify, stop, delete"]),
    # what a Reap means
    "unknown kind": ("Reap", REAP.replace("ebs_volume", "ebs_volum"), ["5:13 reference: there is no kind of resource 'aws.ebs_volum'; did you mean 'aws.ebs_volume'?"]),
    "unknown kind in a list": (
        "Reap",
        REAP.replace("aws.ebs_volume", "[aws.ebs_volume, azure.disk]"),
        ["5:30 reference: there is no kind of resource 'azure.disk'; `sexton kinds` lists them"],
    ),
    "pattern without a kind": ("Reap", REAP.replace("aws.ebs_volume", "'oci.*'").replace("encrypted", "age_days > 1"), ["5:13 reference: there is no kind of resource 'oci.*'; `sexton kinds` lists them"]),
    "unknown field": ("Reap", REAP.replace("encrypted", "'encripted'"), ["6:11 condition: aws.ebs_volume has no field 'encripted'; did you mean 'encrypted'?"]),
    "field of another kind": (
        "Reap",
        REAP.replace("aws.ebs_volume", "[aws.ebs_volume, gcp.disk]"),
        ["6:10 condition: gcp.disk has no field 'encrypted'"],
    ),
    "own field with a pattern": (
        "Reap",
        REAP.replace("aws.ebs_volume", "aws.*"),
        ["6:10 condition: aws.* has no field 'encrypted'; with a pattern of kinds only the common fields may be used"],
    ),
    "idle days without a fact": (
        "Reap",
        REAP.replace("aws.ebs_volume", "aws.s3_bucket").replace("encrypted", "idle_days > 3"),
        ["6:10 condition: aws.s3_bucket has no field 'idle_days'"],
    ),
    "several lines": (
        "Reap",
        REAP.replace("[encrypted]", "\n  - state == 'availabel'\n  - |\n    size_gb > 3 &&\n      size > 4\n  - \"!has(tags.x) && tags.x != 'y'\""),
        [
            "7:16 condition: state is never 'availabel'; it is one of available, in-use; did you mean 'available'?",
            "10:9 condition: aws.ebs_volume has no field 'size'; did you mean 'size_gb'?",
            "11:24 condition: tags.x may be absent and the test is negative; say what absence means: has(tags.x) && … or !has(tags.x) || …",
        ],
    ),
    "a comment cuts a line": (
        "Reap",
        REAP.replace("[encrypted]", "\n  - tags.x == 'a #b'"),
        ["7:17 condition: the text that starts here has no closing quote; YAML takes ' #' for the start of a comment: put the whole line in quotes"],
    ),
    "an open quote": ("Reap", REAP.replace("[encrypted]", "\"tags.x == 'a\""), ["6:20 condition: the text that starts here has no closing quote; add a '"]),
    "one line as a text": ("Reap", REAP.replace("[encrypted]", "\"size_gb >\""), ["6:19 condition: expected a field or a value, found the end of the expression"]),
    "tells nobody": ("Reap", REAP.replace("notify: 0d, ", ""), ["7:3 ladder: the ladder tells nobody; begin it with notify: 0d"]),
    "stops before it tells": ("Reap", REAP.replace("notify: 0d", "notify: 3d, stop: 3d"), ["7:29 ladder: stop at 3d does not lie after notify at 3d; an owner is told first and has time to answer"]),
    "deletes before it tells": ("Reap", REAP.replace("notify: 0d", "notify: 3w"), ["7:31 ladder: delete at 14d does not lie after notify at 21d; an owner is told first and has time to answer"]),
    "deletes before it stops": ("Reap", REAP.replace("notify: 0d", "notify: 0d, stop: 15d"), ["7:42 ladder: delete at 14d lies before stop at 15d; a ladder does not go backwards"]),
    "no grace before a deletion": ("Reap", REAP.replace("14d", "2d"), ["7:31 ceiling: delete leaves the owner less than 3bd, the least that `grace.delete` of the Organization allows; leave at least 3bd between notify and delete"]),
    "no grace before a stop": ("Reap", REAP.replace("notify: 0d", "notify: 1d, stop: 47h"), ["7:29 ceiling: stop leaves the owner less than 1bd, the least that `grace.stop` of the Organization allows; leave at least 1bd between notify and stop"]),
    "exactly the grace": ("Reap", REAP.replace("notify: 0d, delete: 14d", "notify: 1d, stop: 1bd, delete: 4d").replace("stop: 1bd", "stop: 2d"), []),
    "more than the Organization": (
        "Reap",
        REAP + "limits: {per_hour: 6, per_day: 20, percent_per_day: 1.5, dollars_per_day: 5001}",
        [
            "8:22 ceiling: limits.per_hour is 6, but the Organization allows 5; a document's limits may only be stricter",
            "8:55 ceiling: limits.percent_per_day is 1.5, but the Organization allows 1; a document's limits may only be stricter",
            "8:77 ceiling: limits.dollars_per_day is 5001, but the Organization allows 5000; a document's limits may only be stricter",
        ],
    ),
    "no backup by the owner's word": (
        "Reap",
        REAP + "before_delete: []\napproval: {delete: owner}",
        ["9:22 approval: deleting without a backup (before_delete: []) takes platform's approval; write delete: owner+platform, or back up first"],
    ),
    "no backup in silence": (
        "Reap",
        REAP + "before_delete: []\napproval: {delete: none}",
        ["9:22 approval: deleting without a backup (before_delete: []) takes platform's approval; write delete: owner+platform, or back up first"],
    ),
    "uncondemned by its owner alone": (
        "Reap",
        REAP + "without_condemn: true\napproval: {delete: owner}",
        ["9:22 approval: deleting where the cloud holds nothing back (without_condemn: true) takes the approval of owner and platform; write delete: owner+platform, or leave it out"],
    ),
    "uncondemned with platform": ("Reap", REAP + "without_condemn: true\napproval: {delete: owner+platform}", []),
    "uncondemned, approval as it comes": ("Reap", REAP + "without_condemn: true", []),
    "no backup with platform": ("Reap", REAP + "before_delete: []\napproval: {delete: owner+platform}", []),
    # Exemption
    "no end": (
        "Exemption",
        "of: ['*']\nresource: aws.ebs_volume\nreason: r",
        ["4:1 exemption: an exemption without an end would spare for ever; write until: 2026-12-31"],
    ),
    "too far": (
        "Exemption",
        "of: ['*']\nresource: aws.ebs_volume\nreason: r\nuntil: 2027-11-02",
        ["8:10 ceiling: an exemption may last 365d at most, and 2027-11-02 is further off; write 2027-11-01 or earlier and renew it in time"],
    ),
    "just not too far": ("Exemption", "of: ['*']\nresource: aws.ebs_volume\nreason: r\nuntil: 2027-11-01", []),
    "ended": (
        "Exemption",
        "of: ['*']\nresource: aws.ebs_volume\nreason: r\nuntil: 2026-10-31",
        ["8:10 exemption: this exemption ended on 2026-10-31; remove it, or renew it with a new reason"],
    ),
    "no such day": ("Exemption", "of: ['*']\nresource: aws.ebs_volume\nreason: r\nuntil: 2026-02-30", ["8:10 schema: 2026-02-30 is not in the calendar; write an existing day, such as 2026-12-31"]),
    "no such policy": ("Exemption", "of: [nope]\nresource: aws.ebs_volume\nreason: r\nuntil: 2026-12-31", ["5:8 reference: there is no policy 'nope'; name a Reap or Sizing document, or write [\"*\"]"]),
    "no reason": ("Exemption", "of: ['*']\nresource: aws.ebs_volume\nreason: ''\nuntil: 2026-12-31", ["7:11 schema: spec.reason is empty; write a text or leave the key out"]),
    # Team
    "nobody": ("Team", "slack: '#x'", ["5:3 team: nobody is in this team, so nobody of it can approve anything; add people or a group"]),
    "no address": ("Team", "people: [ann]", ["5:12 schema: spec.people[0]: 'ann' is no e-mail address; write ann@example.com"]),
    "channel eaten by a comment": ("Team", "group: g\nslack: #x", ["6:9 schema: spec.slack has no value; write a value or leave the key out; a value that begins with # wants quotes"]),
    "no channel": ("Team", "group: g\nslack: payments", ["6:10 schema: spec.slack: 'payments' is no Slack channel; write \"#payments\""]),
    "no zone": ("Team", "group: g\ntime_zone: Europe/Berlinn", ["6:14 reference: there is no time zone 'Europe/Berlinn'; did you mean 'Europe/Berlin'?"]),
    "a folder of zones": ("Team", "group: g\ntime_zone: Europe", ["6:14 reference: there is no time zone 'Europe'; did you mean 'Europe/Rome'?"]),
    "a zone that climbs": ("Team", "group: g\ntime_zone: ../../etc/passwd", ["6:14 reference: there is no time zone '../../etc/passwd'; write an IANA name such as Europe/Berlin"]),
    "no calendar": ("Team", "group: g\nholidays: XX", ["6:13 reference: there is no holiday calendar 'XX'; write a country's code, such as DE or US"]),
    "no part of a calendar": ("Team", "group: g\nholidays: FI-99", ["6:13 reference: the calendar FI has no part '99'; write FI alone or with one of 01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19"]),
    "a calendar nearly": ("Team", "group: g\nholidays: DEU-BE", ["6:13 reference: there is no holiday calendar 'DEU'; did you mean 'DE'?"]),
    "a part of a calendar nearly": ("Team", "group: g\nholidays: GB-EN", ["6:13 reference: the calendar GB has no part 'EN'; did you mean 'ENG'?"]),
    "a calendar without parts": ("Team", "group: g\nholidays: EE-1", ["6:13 reference: the calendar EE has no part '1'; write EE"]),
    "nobody to ask": ("Team", "group: g\nwhen_silent: [boss, a@example.com]", ["6:17 reference: there is no team 'boss'; add a Team document of that name"]),
    "a team by its alias": ("Team", "group: g\nwhen_silent: [squad-payments]", ["6:17 reference: there is no team 'squad-payments'; write 'payments', which it stands for"]),
    "another team's alias": ("Team", "group: g\naliases: [Squad-Payments]", ["6:13 duplicate: 'Squad-Payments' already stands for the team payments; an alias means one team"]),
    "another team's name": ("Team", "group: g\naliases: [payments]", ["6:13 duplicate: 'payments' already stands for the team payments; an alias means one team"]),
    # Ownership and TTL
    "no map": ("Ownership", "from: [{map: owners.map}]", ["5:16 reference: there is no file 'owners.map' among the policies; add it, or take this source out"]),
    "two sources in one": ("Ownership", "from: [{iac: {}, creator: {}}]", ["5:10 schema: spec.from[0] has 2 keys, but 1 is the most"]),
    "no source": ("Ownership", "from: [{tga: owner}]", ["5:11 schema: unknown key 'tga'; did you mean 'tag'?"]),
    "counts what is no source": ("Ownership", "from: [{tag: owner}]\ncounts: [tags]", ["6:12 schema: spec.counts[0]: 'tags' is no owner source; it is one of tag, map, backstage, iac, creator, account; did you mean 'tag'?"]),
    "a default beyond the longest": ("TTL", "rules:\n- {default: 30d, longest: 4w}", ["6:15 ttl: the default lifetime 30d is longer than the longest, 28d; shorten it"]),
    "a lifetime in working days": ("TTL", "rules:\n- {default: 3bd}", ["6:15 schema: spec.rules[0].default: '3bd' is no span of time; write 12h or 30d or 4w"]),
    "no such team": ("TTL", "rules:\n- {team: [paymens]}", ["6:12 reference: there is no team 'paymens'; did you mean 'payments'?"]),
    "no such kind": ("TTL", "rules:\n- {resource: 'aws.ebs'}", ["6:16 reference: there is no kind of resource 'aws.ebs'; did you mean 'aws.ebs_volume'?"]),
    "almost an environment": ("TTL", "rules:\n- {environment: [sandbx], default: 1d}", ["6:19 reference: no account of the Organization is in the environment 'sandbx'; did you mean 'sandbox'?"]),
    "an environment of others": ("TTL", "rules:\n- {environment: [qa], default: 1d}", []),
    # the reports
    "says nothing": ("Sizing", "resource: gcp.disk", ["5:3 sizing: this document says nothing about sizes; add default, max or allow"]),
    "a bare amount": ("Budget", "team: payments\nmonthly: {amount: 42000}", ["6:21 schema: spec.monthly.amount is a number here, but must be a text; put it in quotes: \"42000\""]),
    "whose budget": ("Budget", "team: nope\nmonthly: {amount: '1'}", ["5:9 reference: there is no team 'nope'; add a Team document of that name"]),
    "not all of it": ("SharedCost", "when: [\"account == 'x'\"]\nsplit: fixed\nshares: {payments: 60, platform: 30}", ["7:11 shares: the shares add up to 90, not 100; say in percent what each team pays"]),
    "none of it": ("SharedCost", "when: [\"account == 'x'\"]\nsplit: fixed", ["5:3 shares: the shares add up to 0, not 100; say in percent what each team pays"]),
    "shares for all alike": ("SharedCost", "when: [\"account == 'x'\"]\nsplit: even\nshares: {payments: 100}", ["7:11 shares: a split that is even takes no shares; take them out, or write split: fixed"]),
    "shares of strangers": ("SharedCost", "when: [\"account == 'x'\"]\nsplit: fixed\nshares: {nope: 100}", ["7:18 reference: there is no team 'nope'; add a Team document of that name"]),
    "a bill has no state": ("SharedCost", "when: [\"state == 'x'\"]\nsplit: even", ["5:11 condition: a bill has no field 'state'"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_bad_document(name: str, problems: Problems) -> None:
    kind, spec, expected = CASES[name]
    assert problems(_document(kind, spec)) == expected


TEST = """\
policies: [reap.yaml]
as_of: 2026-11-01T00:00:00Z
resources:
  - {kind: aws.ebs_volume, id: v1, idle_days: 20}
expect:
  - {policy: r, id: v1, verdict: match}
"""

TESTS: dict[str, tuple[str, str, list[str]]] = {
    "good": ("", "", []),
    "no file": ("reap.yaml", "raep.yaml", ["5:14 reference: there is no policy file 'raep.yaml'; did you mean 'reap.yaml'?", "10:16 reference: no file of this test holds the policy 'r'; list its file under policies"]),
    "no moment": ("2026-11-01", "2026-11-31", ["6:10 schema: 2026-11-31T00:00:00Z is not in the calendar; write a moment such as 2026-11-01T00:00:00Z"]),
    "a local moment": ("00:00:00Z", "00:00:00", ["6:10 schema: spec.as_of: '2026-11-01T00:00:00' is no moment; write 2026-11-01T00:00:00Z"]),
    "no kind": ("kind: aws.ebs_volume", "kind: aws.ebs", ["8:14 reference: there is no kind of resource 'aws.ebs'; did you mean 'aws.ebs_volume'?"]),
    "no field": ("idle_days", "idle_day", ["8:38 condition: aws.ebs_volume has no field 'idle_day'; did you mean 'idle_days'?"]),
    "a text for a number": ("idle_days: 20", "idle_days: '20'", ["8:49 schema: idle_days is of type double, and '20' is not; write such a value, or list the field under unknown"]),
    "a broken whole number": ("idle_days: 20", "size_gb: 2.5", ["8:47 schema: size_gb is of type int, and 2.5 is not; write such a value, or list the field under unknown"]),
    "a text for a truth": ("idle_days: 20", "encrypted: 'x'", ["8:49 schema: encrypted is of type bool, and 'x' is not; write such a value, or list the field under unknown"]),
    "never so": ("idle_days: 20", "state: gone", ["8:45 schema: state is of type string, and 'gone' is not; write one of available, in-use"]),
    "no unknown field": ("idle_days: 20", "unknown: [tgas]", ["8:48 condition: aws.ebs_volume has no field 'tgas'; did you mean 'tags'?"]),
    "no resource": ("id: v1, verdict", "id: v2, verdict", ["10:23 reference: no resource of this test has the id 'v2'"]),
    "no policy": ("policy: r,", "policy: q,", ["10:16 reference: no file of this test holds the policy 'q'; list its file under policies"]),
    "a reason for a match": ("verdict: match", "verdict: match, reason: exempt", ["10:51 reference: only what is spared has a reason; take it out"]),
    "a match that misses": ("verdict: match", "verdict: match, missing: [tags]", ["10:52 reference: only what is undecided misses fields; take it out"]),
    "an id that is a number": ("id: v1, idle", "id: 17, idle", ["8:34 schema: spec.resources[0].id is a number here, but must be a text; put it in quotes: \"17\""]),
}  # fmt: skip


@pytest.mark.parametrize("name", TESTS)
def test_one_bad_test(name: str, problems: Problems) -> None:
    old, new, expected = TESTS[name]
    files = {"reap.yaml": _document("Reap", REAP).replace("name: x", "name: r")}
    assert problems(_document("PolicyTest", TEST.replace(old, new) if old else TEST), "x.test.yaml", **files) == expected


HEADS: dict[str, tuple[str, list[str]]] = {
    "no document": ("a: 1\n", ["1:1 schema: this is no Sexton document: it has neither apiVersion nor kind; begin it with apiVersion: sexton/v1, or keep the file elsewhere"]),
    "a list": ("- a\n", ["1:1 schema: this is no Sexton document: it has neither apiVersion nor kind; begin it with apiVersion: sexton/v1, or keep the file elsewhere"]),
    "a word": ("hello\n", ["1:1 schema: this is no Sexton document: it has neither apiVersion nor kind; begin it with apiVersion: sexton/v1, or keep the file elsewhere"]),
    "no kind": ("apiVersion: sexton/v1\n", ["1:1 schema: the document has no 'kind'; add one of Organization, Team, Ownership, TTL, Reap, Sizing, Budget, SharedCost, Exemption, PolicyTest"]),
    "almost a kind": ("apiVersion: sexton/v1\nkind: Repa\n", ["2:7 schema: there is no kind of document 'Repa'; did you mean 'Reap'?"]),
    "another's kind": ("apiVersion: v1\nkind: ConfigMap\n", ["2:7 schema: there is no kind of document 'ConfigMap'; it is one of Organization, Team, Ownership, TTL, Reap, Sizing, Budget, SharedCost, Exemption, PolicyTest"]),
    "a list of kinds": ("kind: [Reap]\n", ["1:7 schema: there is no kind of document ['Reap']; did you mean 'Reap'?"]),
    "another version": ("apiVersion: sexton/v2\nkind: TTL\nmetadata: {name: t, owner: platform}\nspec: {}\n", ["1:13 schema: apiVersion is 'sexton/v2', not 'sexton/v1'; write sexton/v1"]),
    "no version": ("kind: TTL\nmetadata: {name: t, owner: platform}\nspec: {}\n", ["1:1 schema: the document has no 'apiVersion'; add apiVersion: sexton/v1"]),
    "no metadata": ("apiVersion: sexton/v1\nkind: TTL\nspec: {}\n", ["1:1 schema: the document has no 'metadata'; add metadata"]),
    "no name": ("apiVersion: sexton/v1\nkind: TTL\nmetadata: {owner: platform}\nspec: {}\n", ["3:1 schema: metadata has no 'name'; add name: ebs-unattached"]),
    "no owner": ("apiVersion: sexton/v1\nkind: TTL\nmetadata: {name: t}\nspec: {}\n", ["3:1 schema: metadata has no 'owner'; add owner: payments"]),
    "no such owner": ("apiVersion: sexton/v1\nkind: TTL\nmetadata: {name: t, owner: nope}\nspec: {}\n", ["3:28 reference: there is no team 'nope'; add a Team document of that name"]),
    "no name at all": ("apiVersion: sexton/v1\nkind: TTL\nmetadata: {name: T x, owner: platform}\nspec: {}\n", ["3:18 schema: metadata.name: 'T x' is no name; write ebs-unattached"]),
    "metadata is a text": ("apiVersion: sexton/v1\nkind: TTL\nmetadata: t\nspec: {}\n", ["3:11 schema: metadata must be a mapping, not a text"]),
    "a test elsewhere": (
        "apiVersion: sexton/v1\nkind: PolicyTest\nmetadata: {name: t, owner: platform}\nspec: {}\n",
        [
            "2:7 schema: `sexton test` only reads files *.test.yaml; rename the file",
            *(f"4:1 schema: spec has no '{key}'; add {key}" for key in ("policies", "expect", "resources")),
            "4:1 schema: spec has no 'as_of'; add as_of: 2026-11-01T00:00:00Z",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_one_bad_head(name: str, problems: Problems) -> None:
    text, expected = HEADS[name]
    assert sorted(problems(text)) == sorted(expected)


def test_a_policy_in_a_file_of_tests(problems: Problems) -> None:
    assert problems(_document("Reap", REAP), "x.test.yaml") == [
        "2:7 schema: a file *.test.yaml holds a PolicyTest, not a Reap; rename the file"
    ]
