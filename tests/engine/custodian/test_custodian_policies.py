"""Whole files: ladders and marks, what disables a policy, documents that our own loader takes, and files that are refused."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.custodian import Translation, Unreadable, Written, translate
from engine.load import load
from engine.model import KindTable, Mode
from engine.policy import Approval, Reap
from makers.doors import FILES
from reapers.kind import tables

TABLES: Mapping[str, KindTable] = tables()


def translated(text: str, *others: str) -> Translation:
    files = {f"c{index}.yml": one for index, one in enumerate((text, *others))}
    done = translate(files, TABLES)
    problems = load({one.file: one.text for one in done.documents}, TABLES).problems
    assert [problem for problem in problems if problem.code != "organization"] == []
    return done


def policy(body: str, *, name: str = "one", resource: str = "ebs") -> str:
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    return f"policies:\n  - name: {name}\n    resource: {resource}\n{lines}\n"


def reap(document: Written) -> Reap:
    loaded = load({document.file: document.text}, TABLES).policies
    assert loaded
    return loaded.reaps[document.name]


def only(done: Translation) -> Written:
    (document,) = done.documents
    return document


def rungs(document: Written) -> dict[str, str]:
    return {str(rung): str(after) for rung, after in reap(document).after.items()}


DETACHED = "filters: [{State: available}]\n"


def test_a_policy_that_is_carried_over_whole() -> None:
    text = policy(
        "description: Detached volumes.\n"
        + DETACHED
        + "actions: [snapshot, {type: delete}, {type: notify, to: [resource-owner]}]"
    )
    done = translated(text)
    document = only(done)
    assert not done.left
    assert not document.disabled
    assert document.text.startswith("# from c0.yml policy one\n# Detached volumes.\napiVersion")
    assert rungs(document) == {"notify": "0d", "delete": "3bd"}
    assert reap(document).mode is Mode.DELETE
    assert reap(document).before_delete == ("backup",)


def test_what_cannot_be_backed_up_takes_platforms_word() -> None:
    document = only(translated(policy("filters: [{AssociationId: absent}]\nactions: [release]", resource="elastic-ip")))
    assert reap(document).before_delete == ()
    assert reap(document).approval[Mode.DELETE] is Approval.OWNER_AND_PLATFORM


@pytest.mark.parametrize(
    ("actions", "mode", "after"),
    [
        ("actions: []", Mode.OBSERVE, {"notify": "0d"}),
        ("", Mode.OBSERVE, {"notify": "0d"}),
        ("actions: [{type: notify, to: [resource-owner]}]", Mode.NOTIFY, {"notify": "0d"}),
        ("actions: [stop]", Mode.STOP, {"notify": "0d", "stop": "1bd"}),
        ("actions: [terminate]", Mode.DELETE, {"notify": "0d", "delete": "3bd"}),
        ("actions: [stop, terminate]", Mode.DELETE, {"notify": "0d", "stop": "1bd", "delete": "3bd"}),
    ],
)
def test_actions_are_rungs(actions: str, mode: Mode, after: dict[str, str]) -> None:
    document = only(translated(policy('filters: [{"State.Name": stopped}]\n' + actions, resource="ec2")))
    assert (reap(document).mode, rungs(document)) == (mode, after)


MARKER = policy(DETACHED + "actions: [{type: mark-for-op, op: delete, days: 7}]", name="mark")
CARRIER = policy("filters: [{type: marked-for-op, op: delete}, {State: available}]\nactions: [delete]", name="carry")


def test_a_mark_and_what_carries_it_out_are_one_ladder() -> None:
    done = translated(MARKER, CARRIER)
    document = only(done)
    assert not done.left
    assert rungs(document) == {"notify": "0d", "delete": "7d"}
    assert reap(document).mode is Mode.DELETE
    assert any("carries out the marks of mark" in note.says for note in done.notes)


def test_a_mark_that_nobody_carries_out_only_tells() -> None:
    done = translated(MARKER)
    assert (reap(only(done)).mode, rungs(only(done))) == (Mode.NOTIFY, {"notify": "0d", "delete": "7d"})
    assert not done.left


@pytest.mark.parametrize(
    ("carrier", "why"),
    [
        ("filters: [{type: marked-for-op, op: delete}, {Encrypted: false}]\nactions: [delete]", "it also asks for !encrypted"),
        ("filters: [{type: marked-for-op, op: delete, skew: 2}]\nactions: [delete]", "(skew)"),
        ("filters: [{type: marked-for-op, op: delete}, {type: nothing}]\nactions: [delete]", "parts of it"),
        ("filters: [{type: marked-for-op, op: delete}, {type: marked-for-op, tag: b}]\nactions: [delete]", "several marks"),
    ],
)
def test_a_carrier_that_asks_for_more_is_held_back_and_so_is_the_mark(carrier: str, why: str) -> None:
    done = translated(MARKER, policy(carrier, name="carry"))
    mark, carry = done.documents
    assert reap(mark).mode is Mode.NOTIFY
    assert (carry.disabled, reap(carry).mode) == (True, Mode.OBSERVE)
    assert any(why in left.why and "ends with telling" in left.why for left in done.left)
    assert any("what is marked is not known" in left.why for left in done.left)


@pytest.mark.parametrize("other", ["op: delete, tag: other", "op: snapshot"])
def test_a_carrier_of_somebody_elses_mark_cannot_act(other: str) -> None:
    carrier = policy(f"filters: [{{type: marked-for-op, {other}}}]\nactions: [delete]", name="carry")
    done = translated(MARKER, carrier)
    assert [one.disabled for one in done.documents] == [False, True]


def test_marks_in_a_row() -> None:
    stop = "filters: [{'State.Name': running}]\nactions: [{type: mark-for-op, op: stop, days: 3, tag: t}]"
    then = "filters: [{type: marked-for-op, tag: t}]\nactions: [stop, {type: mark-for-op, op: terminate, days: 10, tag: t}]"
    last = "filters: [{type: marked-for-op, op: terminate, tag: t}]\nactions: [terminate]"
    texts = [policy(one, name=f"p{index}", resource="ec2") for index, one in enumerate((stop, then, last))]
    document = only(translated(*texts))
    assert rungs(document) == {"notify": "0d", "stop": "3d", "delete": "13d"}
    assert reap(document).mode is Mode.DELETE
    document = only(translated(*texts[:2]))  # nobody carries out the last one
    assert reap(document).mode is Mode.STOP


def test_a_mark_that_marks_anew_ends() -> None:
    again = "filters: [{type: marked-for-op, op: delete}]\nactions: [{type: mark-for-op, op: delete, days: 7}]"
    assert reap(translated(MARKER, policy(again, name="again")).documents[0]).mode is Mode.NOTIFY


def test_marks_without_end_are_held_back() -> None:
    follow = "filters: [{type: marked-for-op, op: delete}]\nactions: [delete, {type: mark-for-op, op: delete, days: 7}]"
    done = translated(MARKER, *(policy(follow, name=f"follow{index}") for index in range(30)))
    assert reap(done.documents[0]).mode is Mode.NOTIFY
    assert any("more than 20 policies follow from it" in left.why for left in done.left)
    assert [one.disabled for one in done.documents] == [False] + [True] * 30


def test_a_reminder_is_sexton_s_own() -> None:
    reminder = "filters: [{type: marked-for-op, op: delete, skew: 2}]\nactions: [{type: notify, to: [resource-owner]}]"
    done = translated(MARKER, CARRIER, policy(reminder, name="remind"))
    assert reap(only(done)).mode is Mode.DELETE
    assert not done.left


@pytest.mark.parametrize(
    ("days", "after"),
    [("days: 7", "7d"), ("days: 1", "3bd"), ("", "4d"), ("hours: 100", "100h"), ("days: 3.5", "84h"), ("days: 0", "3bd")],
)
def test_days_of_a_mark(days: str, after: str) -> None:
    text = policy(DETACHED + f"actions: [{{type: mark-for-op, op: delete{', ' if days else ''}{days}}}]")
    assert rungs(only(translated(text)))["delete"] == after


NARROWED = [
    "filters: [{State: available}, {type: security-group, key: x, value: y}]",
    "filters: [{State: available}, {or: [{Size: 1}, {Sizes: 2}]}]",
    "filters: [{State: available}]\nquery: [{status: available}]",
    "filters: [{State: available}]\nconditions: [{region: us-east-1}]",
    "filters: [{State: available}]\nmax-resources: 10",
    "filters: [{State: available}]\nmode: {type: cloudtrail, events: [CreateVolume]}",
    "filters: [{State: available}]\nsource: config",
    "filters: [{State: available}]\nfilter: [{Encrypted: false}]",
    "filter: [{State: available}]",
    "filters: {State: available}",
    "filters: [{VolumeId: absent}]",
    "filters: [{VolumeId: present}]",
    "filters: []",
    "filters: [{State: in_use}]",
    "comment: nothing",
]


@pytest.mark.parametrize("file", ["", "organization.yaml"])
@pytest.mark.parametrize("body", NARROWED)
def test_a_policy_with_anything_missing_cannot_act(body: str, file: str) -> None:
    """Not even where its mode is raised: it has no rung to act on."""
    done = translated(policy(body + "\nactions: [delete]"))
    document = only(done)
    assert document.disabled
    assert done.left
    for left in done.left:
        assert f"# missing, c0.yml:{left.line}: " in document.text
    assert document.text.startswith("# DISABLED: ")
    assert "# from c0.yml policy one" in document.text
    teams = {name: text for name, text in FILES.items() if name != "ebs.yaml"} if file else {}
    for mode in Mode:
        raised = load({document.file: document.text.replace("mode: observe", f"mode: {mode}"), **teams}, TABLES).policies
        assert raised
        assert set(raised.reaps["one"].after) == {Mode.NOTIFY}
    assert reap(document).mode is Mode.OBSERVE


def test_with_nothing_left_it_speaks_of_nothing() -> None:
    document = only(translated(policy("filters: [{type: nothing}]\nactions: [delete]")))
    assert [line.text for line in reap(document).selects.lines] == ["id == ''"]


@pytest.mark.parametrize(
    ("actions", "what"),
    [
        ("[tag]", "action tag"),
        ("[delete, {type: webhook, url: x}]", "action webhook"),
        ("[{type: delete, force: true}]", "force of action delete"),
        ("[{type: notify, to: [ann@acme.example]}]", "recipient ann@acme.example of action notify"),
        ("[{type: mark-for-op, op: tag}]", "action mark-for-op"),
        ("[snapshot]", "action snapshot"),
    ],
)
def test_actions_that_are_lost_are_told_and_disable_nothing(actions: str, what: str) -> None:
    done = translated(policy(DETACHED + f"actions: {actions}"))
    assert [left.what for left in done.left] == [what]
    assert not only(done).disabled
    assert f"# not carried over, c0.yml:{done.left[0].line}: {what}" in only(done).text


def test_a_mark_for_what_sexton_never_does_tells() -> None:
    text = policy("filters: [{Encrypted: false}]\nactions: [{type: mark-for-op, op: stop, days: 7, colour: red}]")
    done = translated(text)
    assert [left.what for left in done.left] == ["action mark-for-op", "colour of action mark-for-op"]
    assert (reap(only(done)).mode, rungs(only(done))) == (Mode.NOTIFY, {"notify": "0d"})


def test_days_that_are_no_number_are_told() -> None:
    done = translated(policy(DETACHED + "actions: [{type: mark-for-op, op: delete, days: soon}]"))
    assert [str(left) for left in done.left] == ["c0.yml:5: one: days of action mark-for-op: days and hours are no numbers"]


def test_a_schedule_is_no_loss() -> None:
    done = translated(policy(DETACHED + 'mode: {type: periodic, schedule: "rate(1 day)"}\nactions: [snapshot, delete]'))
    assert not done.left
    assert "c0.yml:5: one: it runs at every scan here, whatever its schedule" in [str(note) for note in done.notes]


def test_more_filters_than_a_document_holds_disable_it() -> None:
    done = translated(policy("filters: [" + ", ".join(f"{{'tag:t{index}': x}}" for index in range(101)) + "]\nactions: [delete]"))
    assert only(done).disabled
    assert "more than 100" in done.left[0].why


@pytest.mark.parametrize(
    ("resource", "filters"), [("s3", "[{'tag:Owner': absent}]"), ("gcp.project", "[{lifecycleState: ACTIVE}]")]
)
def test_what_sexton_never_deletes_is_told(resource: str, filters: str) -> None:
    done = translated(policy(f"filters: {filters}\nactions: [delete]", resource=resource))
    assert (reap(only(done)).mode, rungs(only(done))) == (Mode.NOTIFY, {"notify": "0d"})
    assert "never does that" in done.left[0].why


def test_a_resource_without_a_kind_has_no_document() -> None:
    done = translated(policy(DETACHED, resource="aws.lambda"))
    assert (done.documents, done.policies) == ((), 1)
    assert "Sexton has no such kind" in done.left[0].why


def test_global_addresses_are_a_part_of_ours() -> None:
    document = only(translated(policy("filters: [{status: RESERVED}]", resource="gcp.loadbalancer-global-address")))
    assert [line.text for line in reap(document).selects.lines] == ["region == 'global'", "state == 'RESERVED'"]


def test_names_are_ours_and_nobody_elses() -> None:
    texts = [policy(DETACHED, name=name) for name in ("My_Policy", "my-policy", "MY-POLICY", "x" * 80, "x" * 90, "'--'")]
    names = [one.name for one in translated(*texts).documents]
    assert names == ["my-policy", "my-policy-2", "my-policy-3", "x" * 63, "x" * 61 + "-2", "custodian"]


def test_hostile_words_stay_in_comments_and_quotes() -> None:
    body = 'description: "a\\nmode: delete\\n\\x85spec: x"\n'
    body += 'filters: [{"tag:a": "it\'s: #1 \\"x\\"\\n\\u200e\\\\"}, {"tag:k\'y": "y"}]'
    document = only(translated(policy(body, name='"one\\nkind: Team"')))
    assert reap(document).mode is Mode.OBSERVE
    (first, second) = reap(document).selects.lines
    assert first.text == "tags.a == 'it\\'s: #1 \"x\"\\n\u200e\\\\'"
    assert second.text == "tags['k\\'y'] == 'y'"
    condition = reap(document).selects.when
    assert condition
    assert condition.judge({"tags": {"a": 'it\'s: #1 "x"\n\u200e\\', "k'y": "y"}}).outcome


ANCHORS = """
vars:
  owned: &owned
    - {"tag:Owner": present}
  named: &named {type: value, op: in}
policies:
  - name: one
    resource: ebs
    filters:
      - and: *owned
      - {<<: *named, key: VolumeType, value: [gp2, yes]}
      - {<<: [{op: ne, type: value}, *named], key: State, value: in-use}
"""


def test_anchors_aliases_and_merge_keys_are_followed() -> None:
    lines = [line.text for line in reap(only(translated(ANCHORS))).selects.lines]
    assert lines == ["has(tags.Owner)", "type == 'gp2'", "state != 'in-use'"]


def bomb(levels: int) -> str:
    rows = [f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "vars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(rows) + "\npolicies: []\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds nothing"),
        ("a: [", "this is not YAML"),
        ("- a", "no file of Cloud Custodian's"),
        ("apiVersion: sexton/v1\nkind: Reap\n", "no file of Cloud Custodian's"),
        ("policies: {}", "must be a list"),
        ("policies: [x]", "a policy is a mapping"),
        ("policies: []\npolices: []", "no key 'polices' here; did you mean 'policies'?"),
        ("policies: []\n---\npolicies: []", "a second document"),
        (policy("filters: []\nfilters: []"), "stands here a second time; Custodian would take the last in silence"),
        ("policies: !!python/object:os.system []", "the YAML tag"),
        ("policies: [*x]", "no anchor &x before"),
        ("policies: &x [*x]", "inside its own anchor"),
        (bomb(9), "unfolded the file has more than 20000 values"),
        ("policies: " + "[" * 30 + "]" * 30, "nest deeper"),
        ("a: &a [[[[[[[[[[[[x]]]]]]]]]]]]\npolicies: [[[[[[[[[[*a]]]]]]]]]]", "nest deeper"),
        ("policies: [" + "1" * 5000 + "]", "at most 64 characters"),
        ("policies: [2020-99-99]", "looks like a timestamp and is none"),
        ("policies: [.inf]", "looks like a float and is none"),
        ("policies: []\nx: \u202e", "U+202E can hide"),
        ("{a, b}: 1\npolicies: []", "a key must be plain text"),
        ("[a]: 1\npolicies: []", "a key must be plain text"),
        ("policies: []\n<<: 3", "only mappings can be merged"),
        ("x" * 300_000, "larger than 256 KB"),
        ("&a a: &a 1\npolicies: []", "a key must be plain text"),
    ],
)
def test_files_that_are_refused(text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=r"^c\.yml"):
        translate({"c.yml": text}, TABLES)
    with pytest.raises(Unreadable) as caught:
        translate({"c.yml": text}, TABLES)
    assert says in str(caught.value)
