"""Everything a person can do to a ledger is answered with one sentence, and nothing is half written."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine.case import Case, State
from reapers.store import Change, Ledger, LedgerUnavailable, database, open_ledger

Start = Callable[..., subprocess.Popen[str]]
NewCase = Callable[..., Case]


def refusal(url: str) -> str:
    with pytest.raises(LedgerUnavailable) as refused:
        open_ledger(url)
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for locks and connections for a moment only."""
    monkeypatch.setattr(database, "WAIT", 0.1)


# --- URLs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "is not a URL"),
        ("ledger.db", "is not a URL"),
        ("postgresql://me:hunter2@host:port/x", "is not a URL"),
        ("mysql://me:hunter2@host/x", "names 'mysql'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x?uri=true", "names no file"),
    ],
)
def test_a_url_that_is_none(url: str, says: str) -> None:
    message = refusal(url)
    assert says in message
    assert "hunter2" not in message


def test_a_server_that_is_not_there() -> None:
    message = refusal("postgresql://me:hunter2@127.0.0.1:1/ledger")
    assert message.startswith("the ledger 127.0.0.1:1/ledger cannot be reached")
    assert "hunter2" not in message


def test_no_message_of_the_whole_chain_has_the_password(postgres: str) -> None:
    url = postgres.replace("postgres:", "nobody:hunter2").format("ledger")
    with pytest.raises(LedgerUnavailable) as refused:
        open_ledger(url)
    error: BaseException | None = refused.value
    assert "refused the user or password" in str(error)
    while error is not None:
        assert "hunter2" not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


def test_the_driver_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "needs the PostgreSQL driver: install sexton[postgres]" in refusal("postgresql://me:hunter2@127.0.0.1/ledger")


def test_a_database_that_is_not_there(postgres: str) -> None:
    assert "does not exist: create the database first" in refusal(postgres.format("nothing"))


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("remember the milk, " * 100)
    assert "is not a ledger of Sexton" in refusal(f"sqlite:///{tmp_path / 'notes.txt'}")
    assert (tmp_path / "notes.txt").read_text().startswith("remember")


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    assert "cannot be opened" in refusal(f"sqlite:///{tmp_path}")


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be made" in refusal(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}")
    assert "cannot be made" in refusal(f"sqlite:///{tmp_path / 'file' / 'deeper' / 'ledger.db'}")


def as_nobody(worker: Callable[..., list[str]], url: str) -> subprocess.CompletedProcess[str]:
    """Opens a ledger as a user without rights: root can write everywhere."""
    environment = os.environ | _path() | {"SEXTON_TEST_NOBODY": "1"}
    return subprocess.run(worker("opened", url), capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that another user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="sexton-public-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written(public_folder: Path, worker: Callable[..., list[str]]) -> None:
    public_folder.chmod(0o555)
    answer = as_nobody(worker, f"sqlite:///{public_folder / 'ledger.db'}")
    assert answer.stdout.startswith(f"the ledger {public_folder / 'ledger.db'} cannot be made (Permission denied)"), answer.stderr
    assert answer.returncode == 3


def test_a_ledger_that_cannot_be_written(public_folder: Path, worker: Callable[..., list[str]]) -> None:
    file = public_folder / "ledger.db"
    open_ledger(f"sqlite:///{file}").close()
    file.chmod(0o444)
    public_folder.chmod(0o555)
    answer = as_nobody(worker, f"sqlite:///{file}")
    assert "cannot be " in answer.stdout, answer.stderr
    assert answer.returncode == 3


def test_a_removed_file(tmp_path: Path, noon: datetime, new_case: NewCase) -> None:
    file = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{file}") as ledger:
        ledger.open(new_case(), noon)
        for part in tmp_path.iterdir():
            part.unlink()
        for use in (lambda: ledger.open(new_case("c-2"), noon), ledger.open_cases, lambda: ledger.claim("c-1", "w", 9)):
            with pytest.raises(LedgerUnavailable, match="removed or replaced while it was open"):
                use()
        assert not file.exists()


def test_a_replaced_file(tmp_path: Path, noon: datetime, new_case: NewCase) -> None:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger, open_ledger(f"sqlite:///{tmp_path / 'old.db'}"):
        (tmp_path / "old.db").rename(tmp_path / "ledger.db")
        with pytest.raises(LedgerUnavailable, match="removed or replaced"):
            ledger.open(new_case(), noon)


def test_dropped_tables(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("drop table audit")
    with pytest.raises(LedgerUnavailable, match="is not a ledger of Sexton"):
        ledger.open(new_case(), noon)
    assert ledger.case(new_case().id) is None


def test_a_damaged_file(tmp_path: Path, new_case: NewCase, noon: datetime) -> None:
    file = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{file}") as ledger:
        for number in range(50):
            ledger.open(new_case(f"c-{number}"), noon)
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(LedgerUnavailable, match="is damaged: restore it from a backup"), open_ledger(f"sqlite:///{file}") as torn:
        torn.open_cases()


# --- locks ---------------------------------------------------------------------------------------------------------


def test_another_program_holds_the_lock(url: str, impatient: None, start: Start, new_case: NewCase, noon: datetime) -> None:
    holder = start("hold", url)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with open_ledger(url) as ledger:
        with pytest.raises(LedgerUnavailable, match="is locked by another program"):
            ledger.open(new_case(), noon)
        assert ledger.open_cases() == [], "reading does not wait for a writer"
        holder.communicate("")
        assert ledger.open(new_case(), noon).version == 1


def test_a_leaked_transaction_shows(url: str, impatient: None, new_case: NewCase, noon: datetime) -> None:
    with open_ledger(url) as ledger, ledger.database.recording():
        with pytest.raises(LedgerUnavailable, match=r"all its connections are in use|is locked by another program"):
            ledger.open(new_case(), noon)
        assert ledger.open_cases() == []


def test_reading_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(LedgerUnavailable, match=r"is read-only|cannot be written"), ledger.database.reading() as connection:
        connection.exec_driver_sql("delete from control")


def test_an_sqlite_shell_that_reads_is_no_obstacle(tmp_path: Path, new_case: NewCase, noon: datetime) -> None:
    file = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{file}") as ledger:
        shell = sqlite3.connect(file, isolation_level=None)
        shell.execute("begin")
        shell.execute("select * from cases").fetchall()
        assert ledger.open(new_case(), noon).version == 1
        shell.close()


# --- disks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB. Only root can have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root with the right to mount; the limit on file size stands in for it")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk(small_disk: Path, new_case: NewCase, noon: datetime) -> None:
    with open_ledger(f"sqlite:///{small_disk / 'ledger.db'}") as ledger:
        case = ledger.open(new_case(), noon)
        (small_disk / "rest").write_bytes(b"x" * _free(small_disk))
        big = Change(case, replace(case, state=State.GRACE), "told", data={"text": "x" * 300_000})
        with pytest.raises(LedgerUnavailable, match=r"no space left|check its disk"):
            ledger.save_all([big], noon)
        assert ledger.case("c-1") == case
        assert ledger.verify_audit().rows == 1
        (small_disk / "rest").unlink()
        assert ledger.save_all([big], noon)[0].version == 2
        assert ledger.verify_audit().ok


def _free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def test_a_file_that_may_not_grow(tmp_path: Path, worker: Callable[..., list[str]]) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    open_ledger(url).close()

    def limited() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    answer = subprocess.run(
        worker("write", url, "50000"), capture_output=True, text=True, check=False, env=os.environ | _path(), preexec_fn=limited
    )
    number, message = answer.stdout.splitlines()
    assert "no space left" in message or "check its disk" in message
    with open_ledger(url) as ledger:
        written = [ledger.get(f"fact {n}") is not None for n in range(int(number) + 1)]
    assert written == [True] * int(number) + [False]


def _path() -> dict[str, Any]:
    return {"PYTHONPATH": os.pathsep.join(sys.path)}


# --- servers -------------------------------------------------------------------------------------------------------


def test_a_connection_that_the_server_closed(
    postgres: str, sql: Callable[..., list[Any]], new_case: NewCase, noon: datetime
) -> None:
    sql(postgres.format("postgres"), "create database closing template ledger")
    url = postgres.format("closing")
    end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'closing' and pid <> pg_backend_pid()"

    def in_the_middle(ledger: Ledger) -> None:
        with ledger.database.recording() as connection:
            sql(url, end)
            connection.exec_driver_sql("select 1")

    with open_ledger(url) as ledger:
        case = ledger.open(new_case(), noon)
        with pytest.raises(LedgerUnavailable, match="is shutting down or starting"):
            in_the_middle(ledger)
        assert ledger.case("c-1") == case, "the next use connects again"
        sql(url, end)
        assert ledger.save(case, replace(case, state=State.GRACE), "told", noon).version == 2


def test_a_read_only_server(postgres: str, sql: Callable[..., list[Any]], new_case: NewCase, noon: datetime) -> None:
    admin = postgres.format("postgres")
    sql(admin, "create database standby template ledger", "alter database standby set default_transaction_read_only = on")
    with open_ledger(postgres.format("standby")) as ledger:
        with pytest.raises(LedgerUnavailable, match="is read-only: name the primary server"):
            ledger.open(new_case(), noon)
        assert ledger.open_cases() == []
