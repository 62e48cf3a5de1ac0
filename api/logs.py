"""The log: one line an entry on standard error, whatever a resource is called."""

from __future__ import annotations

import logging
import sys

from engine.wording import harmless

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class OneLine(logging.Formatter):
    """No line break and nothing that a terminal obeys gets out of a message; a traceback stays as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line without its traceback."""
        return harmless(super().formatMessage(record))


def start(level: int = logging.INFO) -> None:
    """Log everything from `level` on to standard error; the libraries only from a warning on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("engine", "reapers", "api"):
        logging.getLogger(ours).setLevel(level)
