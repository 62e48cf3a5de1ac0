"""Error answers as each of AWS's protocols writes them."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from demo.aws.calls import Call, Environ

Answer = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers, body."""

_EC2 = "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>local</RequestID></Response>"
_QUERY = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error><RequestId>local</RequestId></ErrorResponse>"
_S3 = "<Error><Code>{}</Code><Message>{}</Message></Error>"


def error(environ: Environ, call: Call, code: str, message: str, status: int) -> Answer:
    """The answer that makes a client raise `code`."""
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        headers, body = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")], _cbor(code, message)
    elif "HTTP_X_AMZ_TARGET" in environ:
        headers = [("Content-Type", "application/x-amz-json-1.1")]
        body = json.dumps({"__type": code, "message": message}).encode()
    else:
        template = {"ec2": _EC2, "s3": _S3}.get(call.service, _QUERY)
        headers, body = [("Content-Type", "text/xml")], template.format(escape(code), escape(message)).encode()
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else body
    return status, [*headers, ("Content-Length", str(len(body))), ("x-amzn-RequestId", "local")], body


def _cbor(code: str, message: str) -> bytes:
    """A map of two texts (RFC 8949: major type 5, then text strings of type 3)."""
    return b"\xa2" + b"".join(_text(text) for text in ("__type", code, "message", message))


def _text(text: str) -> bytes:
    content = text.encode()
    return b"\x79" + len(content).to_bytes(2, "big") + content
