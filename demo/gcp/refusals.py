"""How Google says no."""

from __future__ import annotations

from typing import Any

STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE",
}  # fmt: skip
"""The canonical code that goes with an HTTP status."""

REASONS = {
    401: "authError", 403: "forbidden", 404: "notFound", 409: "alreadyExists", 429: "rateLimitExceeded", 503: "backendError",
}  # fmt: skip


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or REASONS.get(code, "invalid")

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON, in the older of Google's two forms."""
        error = {"message": str(self), "domain": "global", "reason": self.reason}
        return {"error": {"code": self.code, "message": str(self), "status": STATUS.get(self.code, "UNKNOWN"), "errors": [error]}}


class Violation(Refusal):
    """A request or an answer that Google's document does not allow: a fault of whoever asked, or of this double."""


def missing(what: str) -> Refusal:
    """There is no such resource."""
    return Refusal(404, "notFound", f"The resource '{what}' was not found")


def invalid(field: str, why: str) -> Refusal:
    """A value that is well formed but not possible here."""
    return Refusal(400, "invalid", f"Invalid value for field '{field}': {why}")
