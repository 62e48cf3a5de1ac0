"""`sexton audit`: two real processes, and a trail that somebody tampers with in between."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from makers.doors import NOW, case_of
from reapers.store import open_ledger


@pytest.fixture
def trail(repository: Path) -> Path:
    """The ledger's file, with a case and a freeze that a spreadsheet would compute."""
    (repository / ".sexton").mkdir()
    with open_ledger(f"sqlite:///{repository}/.sexton/ledger.db") as ledger:
        ledger.open(case_of(1), NOW)
        ledger.freeze("ann@acme.example", "=1+1", NOW)
    return repository / ".sexton" / "ledger.db"


@contextmanager
def serving(serve: Any, heads: Path | None = None) -> Iterator[str]:
    """The address of a server, which has kept the first head in a file."""
    with serve("serve", SEXTON_SERVE__PORT="0", **({"SEXTON_AUDIT__HEAD": str(heads)} if heads else {})) as process:
        found = next(filter(None, (re.search(r"serves (http://\S+),", line) for line in process.stderr)), None)
        assert found, "the server ended at once"
        for _ in range(600):
            if not heads or (heads.exists() and heads.read_text()):
                break
            time.sleep(0.1)
        yield found[1]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def rewrite(trail: Path, statement: str) -> None:
    with closing(sqlite3.connect(trail)) as connection, connection:
        connection.execute(statement)


def test_verify_and_export(sexton: Any, serve: Any, trail: Path, home: Path) -> None:
    heads = home / "heads.jsonl"
    with serving(serve, heads) as url:
        here = {"SEXTON_URL": url}

        whole = sexton("audit", "verify", **here)
        assert (whole.code, whole.err) == (0, "")
        assert re.search(r"^The audit trail is whole .* and passes through 1 head kept elsewhere\.\n$", whole.out)
        kept = json.loads(heads.read_text())
        copy = home / "copy.jsonl"
        copy.write_text(heads.read_text())
        both = json.loads(sexton("audit", "verify", "--anchor", str(copy), "--json", **here).out)
        assert (both["ok"], both["heads"], both["schema"]) == (True, 2, "sexton/audit-verify@1")
        assert both["head"]["seq"] >= kept["seq"]

        lines = sexton("audit", "export", **here)
        rows = [json.loads(line) for line in lines.out.splitlines()]
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["event"] for row in rows[:3]] == ["opened", "frozen", "token added"]
        assert sexton("audit", "export", **here).out.startswith(lines.out)
        assert NOW.date().isoformat() in lines.out
        late = sexton("audit", "export", "--since", f"{NOW.year + 50}-01-01", **here)
        assert (late.code, late.out) == (0, "")

        out = home / "trail.csv"
        saved = sexton("audit", "export", "--format", "csv", "--out", str(out), **here)
        assert (saved.code, saved.out) == (0, "")
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        table = list(csv.DictReader(io.StringIO(out.read_text())))
        assert [row["event"] for row in table[:2]] == ["opened", "frozen"]
        assert json.loads(table[1]["data"]) == {"reason": "=1+1"}
        assert not list(home.glob(".*.part"))

        rewrite(trail, "update audit set who = 'mallory' where seq = 2")
        changed = sexton("audit", "verify", **here)
        assert (changed.code, changed.out) == (1, "The audit trail is broken: row 2 was changed after it was written.\n")
        rewrite(trail, "update audit set who = 'ann@acme.example' where seq = 2")

        rewrite(trail, "delete from audit where seq > 2")
        cut = sexton("audit", "verify", **here)
        assert (cut.code, "its end was cut off: row 3" in cut.out) == (1, True)
        heads.unlink()
        taken_too = sexton("audit", "verify", **here)
        assert (taken_too.code, "whether its end was cut off is not known: There is no file" in taken_too.out) == (1, True)

    with serving(serve) as url:
        unanchored = sexton("audit", "verify", SEXTON_URL=url)
        assert unanchored.code == 0
        assert "compared with no head kept elsewhere" in unanchored.out
        found = sexton("audit", "verify", "--anchor", str(copy), SEXTON_URL=url)
        assert found.code == 1
        assert "The audit trail is broken" in found.out, "a copy that nobody could take along shows it"


@pytest.mark.parametrize("words", [("verify",), ("export",)])
def test_without_a_server_it_says_so(words: tuple[str, ...], sexton: Any, home: Path) -> None:
    said = sexton("audit", *words, SEXTON_URL="http://127.0.0.1:9", SEXTON_TOKEN="sxt_a_b")
    assert (said.code, said.out) == (3, "")
    assert said.err == "sexton: Nothing answers at http://127.0.0.1:9; start `sexton serve` there, or set SEXTON_URL.\n"


def test_an_anchor_that_is_none(sexton: Any, home: Path) -> None:
    (home / "notes").write_text("my notes\n")
    for name, why in (("nowhere", "There is no file nowhere"), ("notes", "notes:1 is no head of an audit trail")):
        said = sexton("audit", "verify", "--anchor", name, SEXTON_TOKEN="sxt_a_b")
        assert (said.code, said.err.startswith(f"sexton: {why}")) == (1, True)
