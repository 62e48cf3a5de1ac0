"""moto's calendar: moved into the past while an old estate is made, and to wherever the story is."""

from __future__ import annotations

import datetime as real
import types
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from reapers.clock import Clock, SystemClock

_MACHINE: ContextVar[bool] = ContextVar("machine", default=False)
"""Set while STS answers: SDKs compare the end of credentials with the machine's clock."""


class MotoClock:
    """What moto takes for now: a clock, some time ago. It is of the whole process; moto has one estate per process as well."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self._back = timedelta(0)

    def now(self) -> real.datetime:
        """The moment, aware, UTC."""
        return SystemClock().now() if _MACHINE.get() else self.clock.now() - self._back

    @contextmanager
    def ago(self, back: timedelta) -> Iterator[None]:
        """What is made inside was made that long ago. For seeding, by one thread."""
        before, self._back = self._back, back
        try:
            yield
        finally:
            self._back = before

    @contextmanager
    def machine(self) -> Iterator[None]:
        """Inside, this thread reads the machine's clock."""
        token = _MACHINE.set(True)
        try:
            yield
        finally:
            _MACHINE.reset(token)

    def install(self) -> None:
        """Give moto this clock: it reads `datetime` from these two modules of its own and from no other that matters here."""
        import moto.core.utils
        import moto.s3.models

        module = _datetime_that_reads(self)
        vars(moto.core.utils)["datetime"] = module
        vars(moto.s3.models)["datetime"] = module


def _datetime_that_reads(clock: MotoClock) -> types.SimpleNamespace:
    """The datetime module with another `datetime.now`."""

    class Moved(real.datetime):
        @classmethod
        def now(cls, tz: real.tzinfo | None = None) -> Moved:
            moment = clock.now().astimezone(tz)
            return moment if tz else moment.replace(tzinfo=None)  # type: ignore[return-value]  # a plain datetime serves

    names = {name: getattr(real, name) for name in ("timedelta", "timezone", "date", "time", "tzinfo", "UTC")}
    return types.SimpleNamespace(**names, datetime=Moved)
