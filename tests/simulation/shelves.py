"""Where the ledgers of a sweep are kept: files of SQLite, databases of a PostgreSQL server."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import create_engine, text


class Files:
    """Ledgers on SQLite."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder}/now.db"

    def fresh(self) -> None:
        """An empty one."""
        for old in self.folder.glob("now.db*"):
            old.unlink()

    def keep(self, name: str) -> None:
        """The ledger as it is now, under a name."""
        self._copy("now", name)

    def take(self, name: str) -> None:
        """The ledger as it was kept."""
        self._copy(name, "now")

    def _copy(self, source: str, target: str) -> None:
        for old in self.folder.glob(f"{target}.db*"):
            old.unlink()
        for file in self.folder.glob(f"{source}.db*"):
            shutil.copy(file, self.folder / file.name.replace(source, target, 1))


class Server:
    """Ledgers on PostgreSQL: one database each, made from another as a template."""

    def __init__(self, url: str) -> None:
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT")
        self.url = url.replace("/postgres?", "/sexton_now?") if "/postgres?" in url else f"{url.rsplit('/', 1)[0]}/sexton_now"

    def fresh(self) -> None:
        """As above."""
        self._do("drop database if exists sexton_now with (force)")
        self._do("create database sexton_now")

    def keep(self, name: str) -> None:
        """As above."""
        self._copy("sexton_now", f"sexton_{name}")

    def take(self, name: str) -> None:
        """As above."""
        self._copy(f"sexton_{name}", "sexton_now")

    def _copy(self, source: str, target: str) -> None:
        self._do(f"drop database if exists {target} with (force)")
        self._do(f"create database {target} template {source}")

    def __deepcopy__(self, memo: object) -> Server:
        """Trials are copied, the server that they share is not."""
        return self

    def _do(self, words: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(words))
