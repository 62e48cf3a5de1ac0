"""Signed policies, with real keys: every first-parent commit since the last good one, or the head is not taken."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reapers.sources import signatures
from reapers.sources.errors import SourceError
from reapers.sources.git import Head, Moved, Repository
from reapers.sources.signers import Signers, Trust

if TYPE_CHECKING:
    from tests.sources.conftest import Made

    Make = Callable[..., Made]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FILES = {"policies/a.yaml": "kind: Team\n"}
EXPIRED = "the key of ann@example.test was not valid then, or its time has passed"

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here (Debian: openssh-client)")


class Keys:
    """SSH keys by name, and lists of signers outside every repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def key(self, name: str) -> Path:
        private = self.folder / name
        if not private.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(private)]
            subprocess.run(command, check=True, capture_output=True)
        return private.with_suffix(".pub")

    def line(self, name: str, options: str = 'namespaces="git"') -> str:
        sort, blob, _ = self.key(name).read_text().split(" ", 2)
        return f"{name}@example.test {options} {sort} {blob}".replace("  ", " ")

    def lists(self, *lines: str) -> Signers:
        file = self.folder / "allowed_signers"
        file.write_text("# who may sign\n\n" + "".join(f"{line}\n" for line in lines))
        return Signers(ssh=file)

    def ann(self) -> Signers:
        return self.lists(self.line("ann"))

    def signing(self, name: str) -> tuple[str, ...]:
        return ("-c", "gpg.format=ssh", "-c", f"user.signingkey={self.key(name)}")

    def commit(self, made: Made, name: str, text: str = "", *more: str) -> str:
        """A commit on the current branch, signed by a name; by nobody where that is empty."""
        made.write({"policies/a.yaml": f"kind: Team # {text}\n"} if text else {})
        made.git("add", "--all")
        sign = (*self.signing(name), "commit", "-S") if name else ("commit",)
        made.git(*sign, "--quiet", "--allow-empty", "-m", text or "change", *more)
        return made.git("rev-parse", "HEAD")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture(params=["local", "http"])
def poll(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Head]:
    """`poll(made, signers, last_good)`: as the service does it, from here and from afar."""

    def polled(made: Made, signers: Signers | None, last_good: str = "", now: datetime = NOW, branch: str = "main") -> Head:
        far = request.param == "http"
        url = f"{request.getfixturevalue('served').url}/{made.folder.name}/.git" if far else str(made.folder)
        return Repository(url, branch, "policies", tmp_path / "cache", signers=signers).poll(now, last_good)

    return polled


def refused(head: Head) -> str:
    assert head.files == {}, "what nobody vouches for is not even read"
    assert head.signer == ""
    assert "\n" not in head.distrust
    return head.distrust


# --- SSH --------------------------------------------------------------------------------------------------------------


def test_a_signed_commit_is_taken_and_its_signer_named(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    keys.commit(made, "ann", "one")
    keys.commit(made, "ann", "two")
    head = poll(made, keys.ann(), good)
    assert (head.distrust, head.signer, head.moved) == ("", "ann@example.test", Moved.FORWARD)
    assert head.files == {"policies/a.yaml": "kind: Team # two\n"}


def test_without_a_list_nothing_is_demanded(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    head = poll(make(FILES), None)
    assert (head.distrust, head.signer, head.files) == ("", "", FILES)


def test_an_unsigned_commit_is_refused(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    bad = keys.commit(made, "", "one")
    told = refused(poll(made, keys.ann(), good))
    assert told == f"the commit {bad[:12]} is not vouched for by a listed signer: it is not signed"


def test_every_commit_since_the_last_good_one_counts_and_not_the_head_alone(
    make: Make, keys: Keys, poll: Callable[..., Head]
) -> None:
    made = make(FILES)
    good = keys.commit(made, "ann", "zero")
    first = keys.commit(made, "", "one")
    keys.commit(made, "eve", "two")
    keys.commit(made, "ann", "three")
    assert first[:12] in refused(poll(made, keys.ann(), good)), "the oldest is told"
    assert poll(made, keys.ann(), made.git("rev-parse", "HEAD~1")).signer == "ann@example.test"


def test_an_unknown_key_is_named(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    keys.commit(made, "eve", "one")
    mark = subprocess.run(["ssh-keygen", "-lf", keys.key("eve")], capture_output=True, text=True, check=True).stdout.split()[1]
    assert refused(poll(made, keys.ann(), good)).endswith(f"its key {mark} is not listed")


def test_a_key_that_was_removed_signs_nothing_new_and_what_was_taken_stays(
    make: Make, keys: Keys, poll: Callable[..., Head]
) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    both = keys.lists(keys.line("ann"), keys.line("bo"))
    taken = keys.commit(made, "bo", "one")
    assert poll(made, both, good).signer == "bo@example.test"
    keys.ann()
    same = poll(made, both, taken)
    assert (same.moved, same.distrust, same.files) == (Moved.SAME, "", {"policies/a.yaml": "kind: Team # one\n"})
    keys.commit(made, "bo", "two")
    assert "is not listed" in refused(poll(made, both, taken))
    assert "is not listed" in refused(poll(made, both, "")), "a fresh start asks for the head's signature"


def test_a_key_whose_time_has_passed_counts_neither_then_nor_backdated(
    make: Make, keys: Keys, poll: Callable[..., Head], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    ends = f'namespaces="git",valid-before="{NOW:%Y%m%d}Z"'
    signers = keys.lists(keys.line("ann", ends))
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-01T00:00:00Z")  # the conftest's own environment sets no dates
    keys.commit(made, "ann", "one")
    assert refused(poll(made, signers, good)).endswith(f"{EXPIRED} (valid-before 2026-11-24)")
    assert poll(made, signers, good, NOW - timedelta(days=3)).signer == "ann@example.test"


def test_a_key_that_was_not_valid_yet_does_not_count(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    signers = keys.lists(keys.line("ann", 'valid-after="20990101Z",namespaces="git"'))
    keys.commit(made, "ann", "one")
    assert EXPIRED in refused(poll(made, signers, good))


def test_a_key_for_files_is_no_key_for_commits(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    keys.commit(made, "ann", "one")
    assert refused(poll(made, keys.lists(keys.line("ann", 'namespaces="file"')), good))
    assert poll(made, keys.lists(keys.line("ann", "")), good).signer == "ann@example.test"


def test_of_a_merge_the_merge_commit_counts_and_not_what_was_merged(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    made.git("checkout", "--quiet", "-b", "topic")
    keys.commit(made, "", "unsigned work of somebody")
    made.git("checkout", "--quiet", "main")
    made.git(*keys.signing("ann"), "merge", "--quiet", "-S", "--no-ff", "-m", "merge", "topic")
    assert poll(made, keys.ann(), good).signer == "ann@example.test"
    made.git("reset", "--quiet", "--hard", good)
    made.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")
    assert "it is not signed" in refused(poll(made, keys.ann(), good))


def test_a_merge_with_the_parents_swapped_hides_nothing(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    """A foxtrot: the last good commit is the second parent, and the way there is the first."""
    made = make(FILES)
    start = made.git("rev-parse", "main")
    good = keys.commit(made, "ann", "good")
    made.git("checkout", "--quiet", "-b", "evil", start)
    evil = keys.commit(made, "", "evil")
    made.git(*keys.signing("ann"), "merge", "--quiet", "-S", "--no-ff", "-s", "ours", "-m", "merge", "main")
    made.git("branch", "--force", "main", "evil")
    head = poll(made, keys.ann(), good)
    assert head.moved is Moved.FORWARD
    assert evil[:12] in refused(head)


def test_history_signed_anew_is_a_rewind_however_well_it_is_signed(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    start = made.git("rev-parse", "main")
    good = keys.commit(made, "ann", "one")
    made.git("reset", "--quiet", "--hard", start)
    keys.commit(made, "ann", "one", "--date=2026-01-01T00:00:00Z")
    assert poll(made, keys.ann(), good).moved is Moved.REWOUND


def test_a_signature_of_another_commit_is_none(make: Make, keys: Keys, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    keys.commit(made, "ann", "one")
    signed = made.git("cat-file", "commit", "HEAD")
    made.git("reset", "--quiet", "--hard", good)
    keys.commit(made, "", "other")
    tree = made.git("rev-parse", "HEAD^{tree}")
    forged = f"tree {tree}\n{signed.split(chr(10), 1)[1]}\n"
    sha = made.git("hash-object", "-w", "-t", "commit", "--stdin", given=forged.encode())
    made.git("update-ref", "refs/heads/main", sha)
    assert refused(poll(made, keys.ann(), good)).endswith("its signature is not of this commit")


@pytest.mark.parametrize("header", ["gpgsig-sha256", "gpgsig"])
def test_a_header_that_only_looks_like_a_signature_is_none(
    make: Make, keys: Keys, poll: Callable[..., Head], header: str
) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    plain = made.git("cat-file", "commit", keys.commit(made, "", "one"))
    head, _, body = plain.partition("\n\n")
    for block in ("-----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----\n AAAA"):
        forged = f"{head}\n{header} {block}\n\n{body}\n"
        sha = made.git("hash-object", "-w", "-t", "commit", "--stdin", "--literally", given=forged.encode())
        made.git("update-ref", "refs/heads/main", sha)
        assert refused(poll(made, keys.ann(), good))


def test_a_signed_tag_vouches_for_no_commit_and_a_replayed_one_is_a_rewind(
    make: Make, keys: Keys, poll: Callable[..., Head]
) -> None:
    made = make(FILES)
    made.git(*keys.signing("ann"), "tag", "-s", "-m", "release", "release")
    assert "it is not signed" in refused(poll(made, keys.ann(), branch="refs/tags/release"))
    old = keys.commit(made, "ann", "one")
    made.git(*keys.signing("ann"), "tag", "-f", "-s", "-m", "release", "release")
    replayed = made.git("rev-parse", "refs/tags/release")
    assert poll(made, keys.ann(), branch="refs/tags/release").sha == old
    new = keys.commit(made, "ann", "two")
    made.git(*keys.signing("ann"), "tag", "-f", "-s", "-m", "release", "release")
    assert poll(made, keys.ann(), old, branch="refs/tags/release").sha == new
    made.git("update-ref", "refs/tags/release", replayed)
    assert poll(made, keys.ann(), new, branch="refs/tags/release").moved is Moved.REWOUND


# --- what is no verdict -------------------------------------------------------------------------------------------------


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with git and nothing that verifies."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("git", "false", "sh"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_without_the_tool_nothing_is_decided(make: Make, keys: Keys, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made = make(FILES)
    keys.commit(made, "ann", "one")
    signers = keys.ann()
    repository = Repository(str(made.folder), "main", "policies", tmp_path / "cache", signers=signers)
    request.getfixturevalue("bare_path")
    with pytest.raises(SourceError, match=r"^ssh-keygen is not installed: without it the signatures .* cannot be checked\.$"):
        repository.poll(NOW)
    gpg = keys.folder / "people.asc"
    gpg.write_text("x")
    with pytest.raises(SourceError, match="gpg is not installed"):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache", signers=Signers(gpg=gpg))


def test_a_tool_that_cannot_be_run_is_no_verdict(make: Make, keys: Keys, tmp_path: Path, bare_path: Path) -> None:
    broken = bare_path / "ssh-keygen"
    os.environ["PATH"], whole = os.defpath, os.environ["PATH"]
    made = make(FILES)
    keys.commit(made, "ann", "one")
    signers = keys.ann()
    os.environ["PATH"] = whole
    broken.write_text("#!/nonexistent/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(SourceError, match=r"^The signatures of the policy commits could not be checked: .*cannot (run|exec)"):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache", signers=signers).poll(NOW)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lists no signer"),
        ("# nobody\n", "lists no signer"),
        ("ann@example.test\n", "allowed:1: expected `ann@example.com ssh-ed25519"),
        ("ann@example.test ssh-ed25519 !!!\n", "allowed:1: expected"),
        ("\nssh-ed25519 AAAA\n", "allowed:2: expected"),
        ('ann@example.test valid-before="20261399" ssh-ed25519 AAAA\n', "allowed:1: valid-before=20261399 is no date"),
    ],
)
def test_a_list_that_is_none_is_one_sentence(make: Make, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "allowed"
    file.write_text(text)
    with pytest.raises(SourceError) as told:
        Repository(str(make(FILES).folder), "main", "policies", tmp_path / "cache", signers=Signers(ssh=file)).poll(NOW)
    assert words in str(told.value)
    assert str(told.value).endswith(".")


def test_a_list_that_could_be_changed_by_those_it_judges_is_refused(make: Make, tmp_path: Path, keys: Keys) -> None:
    made = make(FILES)
    inside = made.folder / "policies" / "allowed_signers"
    inside.write_text(f"{keys.line('ann')}\n")
    writable = tmp_path / "writable"
    writable.write_text(f"{keys.line('ann')}\n")
    writable.chmod(0o666)
    outside = keys.ann().ssh
    link = tmp_path / "link"
    link.symlink_to(inside)
    for signers, words in {
        Signers(ssh=inside): "inside the policy repository, where a commit could add one",
        Signers(ssh=link): "inside the policy repository",
        Signers(ssh=writable): "Everybody on this machine may write",
        Signers(ssh=tmp_path / "none"): "cannot be read: No such file",
        Signers(ssh=tmp_path): "are not a regular file",
        Signers(): "names nobody",
        Signers(ssh=outside, fingerprints=("AB",)): "'AB' is not the fingerprint",
        Signers(ssh=outside, fingerprints=("A" * 40,)): "name that file",
    }.items():
        with pytest.raises(SourceError, match=words):
            Repository(str(made.folder / "policies"), "main", "policies", tmp_path / "cache", signers=signers)


def test_the_repositorys_own_settings_verify_nothing(make: Make, keys: Keys, tmp_path: Path) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    keys.commit(made, "eve", "one")
    own = tmp_path / "own"
    own.write_text(f"{keys.line('eve')}\n")
    marker = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\necho 'Good \"git\" signature for eve with ED25519 key SHA256:x'\n")
    program.chmod(0o755)
    for name in ("gpg.program", "gpg.ssh.program", "gpg.x509.program", "gpg.openpgp.program"):
        made.git("config", name, str(program))
    made.git("config", "gpg.ssh.allowedSignersFile", str(own))
    made.git("config", "log.showSignature", "true")
    head = Repository(str(made.folder), "main", "policies", tmp_path / "cache", signers=keys.ann()).poll(NOW, good)
    assert "is not listed" in refused(head)
    assert not marker.exists()


def test_too_many_commits_at_once_are_no_verdict(make: Make, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    for number in range(3):
        keys.commit(made, "ann", str(number))
    repository = Repository(str(made.folder), "main", "policies", tmp_path / "cache", signers=keys.ann())
    monkeypatch.setattr(signatures, "COMMITS", 2)
    with pytest.raises(SourceError, match="More than 2 commits came since"):
        repository.poll(NOW, good)
    monkeypatch.setattr(signatures, "COMMITS", 3)
    assert repository.poll(NOW, good).signer == "ann@example.test"


# --- GPG --------------------------------------------------------------------------------------------------------------

needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="there is no gpg here (Debian: gnupg)")


class Ring:
    """GPG keys made here, and a git that signs with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        (folder / "gpg.conf").write_text("batch\nno-tty\npinentry-mode loopback\n")

    def gpg(self, *words: str, when: str = "") -> str:
        fake = ("--faked-system-time", when) if when else ()
        command = ["gpg", "--homedir", str(self.folder), "--quiet", "--passphrase", "", *fake, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def key(self, name: str, lasts: str = "never", when: str = "") -> str:
        """A key; returns its fingerprint."""
        self.gpg("--quick-generate-key", f"{name} <{name}@example.test>", "ed25519", "sign", lasts, when=when)
        listed = self.gpg("--with-colons", "--list-keys", f"{name}@example.test")
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))

    def export(self, *names: str) -> Path:
        file = self.folder.parent / "people.asc"
        file.write_text(self.gpg("--export", "--armor", *(f"{name}@example.test" for name in names)))
        return file

    def commit(self, made: Made, name: str, text: str, when: str = "") -> str:
        made.write({"policies/a.yaml": f"kind: Team # {text}\n"})
        made.git("add", "--all")
        fake = f" --faked-system-time {when}" if when else ""
        program = self.folder / "sign"
        program.write_text(f'#!/bin/sh\nexec gpg --homedir {self.folder}{fake} --passphrase "" "$@"\n')
        program.chmod(0o755)
        sign = ("-c", f"gpg.program={program}", "-c", f"user.signingkey={name}@example.test")
        made.git(*sign, "commit", "-S", "--quiet", "-m", text)
        return made.git("rev-parse", "HEAD")

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.folder), "--kill", "all"], capture_output=True, check=False)


@pytest.fixture
def ring(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("g")  # short: gpg-agent's socket lies in it
    made = Ring(folder / "h")
    yield made
    made.close()


@needs_gpg
def test_listed_gpg_keys_vouch_and_others_do_not(make: Make, ring: Ring, poll: Callable[..., Head], tmp_path: Path) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    ann, bo = ring.key("ann"), ring.key("bo")
    signers = Signers(gpg=ring.export("ann"))
    one = ring.commit(made, "ann", "one")
    head = poll(made, signers, good)
    assert (head.distrust, head.signer) == ("", "ann <ann@example.test>")
    ring.commit(made, "bo", "two")
    assert refused(poll(made, signers, one)).endswith(f"its key {bo[-16:]} is not listed")
    both = ring.export("ann", "bo")
    assert poll(made, Signers(gpg=both), one).signer == "bo <bo@example.test>"
    only = Signers(gpg=both, fingerprints=(ann,))
    assert refused(poll(made, only, one)).endswith(f"its key {bo} is not among the fingerprints that count")


@needs_gpg
def test_the_forges_key_is_the_forge(make: Make, ring: Ring, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    mark = ring.key("web-flow")
    ring.key("ann")
    signers = Signers(trust=Trust.FORGE, gpg=ring.export("web-flow"), fingerprints=(mark,))
    merged = ring.commit(made, "web-flow", "merged")
    assert poll(made, signers, good).signer == "the forge (web-flow <web-flow@example.test>)"
    ring.commit(made, "ann", "pushed past the forge")
    assert "is not vouched for by the forge: " in refused(poll(made, signers, merged))


@needs_gpg
def test_an_expired_or_revoked_gpg_key_is_refused(make: Make, ring: Ring, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    old = ring.key("old", "1d", when="20200101T000000")
    ring.commit(made, "old", "one", when="20200101T060000")
    assert refused(poll(made, Signers(gpg=ring.export("old")), good)).endswith(f"its key {old} has expired")
    mark = ring.key("gone")
    made.git("reset", "--quiet", "--hard", good)
    ring.commit(made, "gone", "two")
    assert poll(made, Signers(gpg=ring.export("gone")), good).signer
    text = (ring.folder / "openpgp-revocs.d" / f"{mark}.rev").read_text().replace(":-----BEGIN", "-----BEGIN")
    (ring.folder / "revoke").write_text(text)
    ring.gpg("--import", str(ring.folder / "revoke"))
    assert refused(poll(made, Signers(gpg=ring.export("gone")), good)).endswith(f"its key {mark} was revoked")


@needs_gpg
def test_a_signature_of_the_other_sort_says_so(make: Make, keys: Keys, ring: Ring, poll: Callable[..., Head]) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    ring.key("ann")
    one = ring.commit(made, "ann", "one")
    assert "signed with a GPG key, and policies.allowed_signers lists none" in refused(poll(made, keys.ann(), good))
    keys.commit(made, "ann", "two")
    gpg = Signers(gpg=ring.export("ann"))
    assert "signed with an SSH key, and policies.allowed_signers lists none" in refused(poll(made, gpg, one))
    assert poll(made, Signers(gpg=gpg.gpg, ssh=keys.ann().ssh), good).signer == "ann@example.test"


@needs_gpg
def test_a_key_file_that_is_none_is_one_sentence(make: Make, ring: Ring, tmp_path: Path) -> None:
    made = make(FILES)
    file = tmp_path / "people.asc"
    file.write_text("no key\n")
    with pytest.raises(SourceError, match=r"holds no public key: write one there with `gpg --export --armor KEY`\.$"):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache", signers=Signers(gpg=file)).poll(NOW)
    ring.key("ann")
    signers = Signers(gpg=ring.export("ann"), fingerprints=("A" * 40,))
    with pytest.raises(SourceError, match=r"does not hold the key A{40}"):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache", signers=signers).poll(NOW)


@needs_gpg
def test_the_operators_own_key_ring_vouches_for_nobody(
    make: Make, keys: Keys, ring: Ring, poll: Callable[..., Head], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(FILES)
    good = made.git("rev-parse", "main")
    ring.key("ann")
    ring.key("bo")
    ring.commit(made, "bo", "one")
    signers = Signers(gpg=ring.export("ann"))
    monkeypatch.setenv("GNUPGHOME", str(ring.folder))
    monkeypatch.setenv("HOME", str(ring.folder.parent))
    assert "is not listed" in refused(poll(made, signers, good))
