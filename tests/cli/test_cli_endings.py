"""Exit codes and sentences: whatever a person gets wrong is one sentence on standard error, never a traceback."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from api import VERSION
from api.commands import COMMANDS
from api.ending import CODES, Stop, ending

ROOT = Path(__file__).parents[2]

PolicyFile = "apiVersion: sexton/v1\nkind: Team\nmetadata: {name: payments}\nspec: {people: [ann@acme.example]}\n"


def one_sentence(said: Any, code: int, *words: str) -> None:
    assert said.code == code, said
    assert "Traceback" not in said.err
    assert said.err.startswith("sexton: ")
    assert said.err.count("\n") == 1, said.err
    for word in words:
        assert word in said.err


def test_the_version_is_that_of_the_distribution(sexton: Any) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert declared == VERSION
    assert sexton("--version").out == f"sexton {VERSION}\n"


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_lists_every_command(word: str, sexton: Any) -> None:
    said = sexton(word)
    assert said.code == 0
    for name, line in COMMANDS.items():
        assert f"  {name} " in said.out
        assert line in said.out


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "demo"])
def test_every_command_has_help(name: str, sexton: Any) -> None:
    said = sexton(name, "--help")
    assert said.code == 0, said.err
    assert said.out.startswith(f"Usage: sexton {name}")


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["validate"], ["validate", "--format", "xml", "."], ["scan", "--nonsense"], ["permissions", "azure"], []],
)
def test_misuse_is_two(words: list[str], sexton: Any) -> None:
    said = sexton(*words)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert "Usage: sexton" in said.err + said.out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["validate", "nowhere"], 1, "There is no file or folder nowhere."),
        (["test", "nowhere"], 1, "There is no file or folder nowhere."),
        (["plan"], 1, "There is no file or folder policies; name one with --policies."),
        (["plan", "--head", "x"], 2, "--head compares with a --base"),
        (["explain", "vol-1"], 1, "There is no file or folder policies"),
        (["kinds", "aws.nonsense"], 1, "There is no kind 'aws.nonsense'"),
        (["permissions", "aws", "--kind", "nonsense"], 1, "There is no kind 'nonsense'"),
        (["token", "ann"], 2, "is not an e-mail address"),
        (["scan"], 3, "no AWS credentials were found"),
        (["cases"], 1, "There is no token"),
        (["--settings", "nowhere.yaml", "doctor"], 0, ""),
        (["--settings", "nowhere.yaml", "run"], 2, "There is no settings file nowhere.yaml."),
        (["run", "--once"], 3, "is not inside a git repository"),
    ],
)
def test_what_a_person_gets_wrong(words: list[str], code: int, says: str, sexton: Any) -> None:
    said = sexton(*words)
    if code:
        one_sentence(said, code, says)
    else:
        assert said.code == 0, said


@pytest.mark.parametrize("command", [["scan"], ["run"], ["serve"], ["token", "ann@acme.example"], ["plan", "--policies", "p"]])
def test_bad_settings_are_misuse(command: list[str], sexton: Any, home: Path) -> None:
    (home / "sexton.yaml").write_text("serve: {prot: 1}\n")
    (home / "p").mkdir()
    (home / "p" / "payments.yaml").write_text(PolicyFile)
    one_sentence(sexton(*command), 2, "serve.prot: there is no such key; did you mean port")


@pytest.mark.parametrize("command", [["run", "--once"], ["token", "ann@acme.example"], ["freeze", "--local", "--reason", "x"]])
def test_a_locked_ledger(command: list[str], sexton: Any, repository: Path) -> None:
    (repository / ".sexton").mkdir()
    assert sexton("token", "ann@acme.example").code == 0
    holder = sqlite3.connect(repository / ".sexton" / "ledger.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        one_sentence(sexton(*command), 3, "is locked by another program")
    finally:
        holder.close()


def test_a_ledger_that_is_none(sexton: Any, home: Path) -> None:
    (home / ".sexton").mkdir()
    (home / ".sexton" / "ledger.db").write_text("not a database, and long enough to look at" * 100)
    one_sentence(sexton("token", "ann@acme.example"), 3, "is not a ledger of Sexton")


def test_a_database_that_does_not_answer(sexton: Any, home: Path) -> None:
    said = sexton("token", "ann@acme.example", SEXTON_LEDGER__URL="postgresql://sexton:canary@127.0.0.1:1/sexton")
    one_sentence(said, 3)
    assert "canary" not in said.err


def test_a_taken_port(sexton: Any, repository: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one_sentence(sexton("serve", SEXTON_SERVE__PORT=str(port)), 3, f"Port {port} on 127.0.0.1 is taken")


def test_an_address_that_is_not_ours(sexton: Any, repository: Path, refusals: Any) -> None:
    one_sentence(sexton("serve", SEXTON_SERVE__HOST="127.0.0.1.nonsense", SEXTON_SERVE__PORT="0"), 3, "Cannot listen on")
    assert refusals()  # the guard stood in for a resolver that knows no such name


def test_nothing_answers_at_the_url(sexton: Any) -> None:
    one_sentence(
        sexton("cases", SEXTON_TOKEN="sxt_1_2", SEXTON_URL="http://127.0.0.1:1"), 3, "Nothing answers at http://127.0.0.1:1"
    )
    one_sentence(sexton("cases", SEXTON_TOKEN="sxt_1_2", SEXTON_URL="localhost"), 3, "which is no address")
    one_sentence(sexton("cases", SEXTON_TOKEN="sxt 1"), 1, "has signs that no token has")


def test_people_reach_the_server_that_the_settings_here_speak_of(sexton: Any, home: Path) -> None:
    (home / "sexton.yaml").write_text("serve: {host: 0.0.0.0, port: 1}\n")
    one_sentence(sexton("cases", SEXTON_TOKEN="sxt_1_2"), 3, "Nothing answers at http://127.0.0.1:1;")
    one_sentence(sexton("cases", SEXTON_TOKEN="sxt_1_2", SEXTON_SERVE__PORT="2"), 3, "Nothing answers at http://127.0.0.1:2;")


def test_policies_that_do_not_load(sexton: Any, home: Path, inventory: Any) -> None:
    (home / "policies").mkdir()
    (home / "policies" / "bad.yaml").write_text(PolicyFile.replace("people", "peopel"))
    one_sentence(sexton("plan"), 1, "policies does not load (", "policies/bad.yaml:4:")
    said = sexton("validate", "policies")
    assert said.code == 1
    assert "did you mean" in said.out


def test_no_inventory_yet(sexton: Any, repository: Path) -> None:
    one_sentence(sexton("plan"), 3, "There is no inventory in .sexton/inventory; `sexton scan` takes one.")
    one_sentence(sexton("plan", "--inventory", "elsewhere"), 1, "There is no file or folder elsewhere")


def test_debug_shows_the_traceback(sexton: Any) -> None:
    said = sexton("validate", "nowhere", SEXTON_DEBUG="1")
    assert "Traceback" in said.err
    assert said.err.endswith("sexton: There is no file or folder nowhere.\n")


def test_init_refuses_a_folder_that_is_not_empty(sexton: Any, home: Path) -> None:
    (home / "full").mkdir()
    (home / "full" / "mine.txt").write_text("mine")
    one_sentence(sexton("init", "full"), 1, "full is not an empty folder")
    one_sentence(sexton("init", "full/mine.txt"), 1, "is not an empty folder")
    assert [path.name for path in (home / "full").iterdir()] == ["mine.txt"]


def test_init_writes_what_validates_and_passes_its_tests(sexton: Any, home: Path) -> None:
    said = sexton("init", "acme")
    assert said.code == 0, said.err
    assert "sexton validate policies" in said.out
    assert (home / "acme" / ".vscode" / "schema" / "reap.json").is_file()
    assert (home / "acme" / "CODEOWNERS").is_file()
    assert sexton("validate", "acme/policies").code == 0
    assert sexton("test", "acme/policies").code == 0


@pytest.mark.parametrize("words", [["kinds", "--json"], ["permissions", "aws"], ["validate", "policies", "--json"]])
def test_a_reader_that_leaves_is_no_error(words: list[str], repository: Path) -> None:
    """As in `sexton kinds | head -1`."""
    code = "import sys; from api.main import main; sys.argv[0] = 'sexton'; main()"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-c", code, *words], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interruption_is_quiet(home: Path) -> None:
    """Ctrl-C while a command waits for an answer."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert done.returncode == 128 + signal.SIGINT
    assert "Traceback" not in done.stderr


INTERRUPTED = """
import sys
import api.commands.kinds
from api.main import run

def interrupt(**_):
    raise KeyboardInterrupt

api.commands.kinds.command.callback = interrupt
sys.exit(run(["kinds"]))
"""


def test_every_error_that_has_a_code_exists() -> None:
    for name in CODES:
        module, _, attribute = name.rpartition(".")
        assert issubclass(getattr(importlib.import_module(module), attribute), Exception)


def test_an_unknown_error_is_one_sentence_that_asks_for_a_report() -> None:
    sentence, code = ending(RuntimeError("a\nb"))
    assert code == 3
    assert "SEXTON_DEBUG=1" in sentence
    assert "\n" not in sentence


def test_what_the_machine_refuses_names_the_file() -> None:
    assert ending(FileNotFoundError(2, "No such file or directory", "/x"))[0] == "/x: No such file or directory."
    assert ending(OSError(28, "No space left on device"))[0] == "No space left on device."
    assert ending(Stop("Enough.", 1)) == ("Enough.", 1)


HEAVY = {"sqlalchemy", "boto3", "botocore", "fastapi", "pydantic", "requests", "duckdb", "google.cloud", "slack_sdk", "uvicorn"}


@pytest.mark.parametrize("words", [["validate", "policies"], ["--version"], ["--help"]])
def test_what_editors_run_at_every_save_imports_nothing_heavy(words: list[str], repository: Path) -> None:
    code = f"import sys; from api.main import run; run({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stderr.split())
