"""The door in front of moto: who may enter, what is written down, what fails on purpose, what AWS would refuse or cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any, Literal

from demo.aws import answers, repairs
from demo.aws.answers import Answer
from demo.aws.calls import App, Call, CutOff, Environ, call_of
from demo.aws.clock import MotoClock
from demo.aws.faults import Dropped, Faults
from demo.aws.pages import cut
from demo.aws.recycle_bin import RecycleBin
from demo.aws.refusals import refusal
from demo.aws.roles import Roles

Hook = Callable[[Call, Literal["before", "after"]], None]
"""Called around each call that moto carries out. It may raise `Dropped`; what else it does is the test's affair."""


class Door:
    """A WSGI application around moto's."""

    def __init__(self, moto: App, clock: MotoClock, accounts: Mapping[str, str]) -> None:
        self.accounts = accounts
        """Access key -> account, of those who may enter; sessions of assumed roles may as well."""
        self.faults = Faults()
        self.calls: list[Call] = []
        """Every call, also those that failed."""
        self.hooks: list[Hook] = []
        self.largest_page = 1000
        self.bin = RecycleBin(clock)
        self.roles = Roles()
        self._moto = moto
        self._clock = clock
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start: Any) -> Iterable[bytes]:
        try:
            call = call_of(environ, self._account)
            if call is None:
                return self._moto(environ, start)
            self.calls.append(call)
            status, headers, body = self._answer(environ, call)
        except CutOff:
            status, headers, body = 400, [("Content-Length", "0")], b""  # for nobody: who asked has gone
        except Dropped:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            status, headers, body = 500, [("Content-Length", "0")], b""
        start(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def _account(self, key: str) -> str:
        """Whose key it is. moto takes an unknown key for one of its default account's, which would hide a lost credential."""
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.iam.models import get_account_id_from

        account = get_account_id_from(key)
        return "" if account == DEFAULT_ACCOUNT_ID and DEFAULT_ACCOUNT_ID not in self.accounts.values() else str(account)

    def _answer(self, environ: Environ, call: Call) -> Answer:
        if not call.account:
            code = "AuthFailure" if call.service == "ec2" else "InvalidClientTokenId"
            return answers.error(environ, call, code, "The access key does not exist.", 403)
        fault = self.faults.take(call)
        if fault:
            return answers.error(environ, call, fault.code, fault.message or f"{call.iam} fails on purpose", fault.http)
        for hook in self.hooks:
            hook(call, "before")
        answer = self._carried_out(environ, call)
        for hook in self.hooks:
            hook(call, "after")
        lost = self.faults.take(call, after=True)
        if lost:
            return answers.error(environ, call, lost.code, lost.message or "the answer is lost on purpose", lost.http)
        return answer

    def _carried_out(self, environ: Environ, call: Call) -> Answer:
        with self._lock if call.mutating else nullcontext():  # moto's checks and changes are not atomic
            refused = self.roles.refusal(call) or refusal(call, environ, set(self.accounts.values()))
            if refused:
                return answers.error(environ, call, refused.code, refused.message, refused.status)
            played = self.bin.answer(call, environ)
            if played:
                return played
            page = cut(call, environ, self.largest_page)
            keep = self.bin.watch(call)
            repair = repairs.before(call, environ)
            with self._clock.machine() if call.service == "sts" else nullcontext():
                status, headers, body = self._asked(environ)
            if status == HTTPStatus.OK:
                keep()
                body = repair(body)
                body = page.of(body) if page else body
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return status, [*kept, ("Content-Length", str(len(body)))], body

    def _asked(self, environ: Environ) -> Answer:
        """moto's answer, in one piece."""
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            head[:] = [int(status.split()[0]), headers]

        body = b"".join(self._moto(environ, start))
        return head[0], head[1], body
