"""Serves the console: one page and its parts, the same for everybody. What it shows, it asks the read API for."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from rollcall import answers
from rollcall.answers import Answer
from rollcall.errors import NotFound

_START = "index.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# The page holds names that strangers have chosen: whatever slips into it as markup must load nothing and run nothing.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
_HEADERS = {
    "cache-control": "no-cache",  # kept, and asked for again each time: a deployment is seen at once
    "content-security-policy": "; ".join(f"{directive} {value}" for directive, value in _POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def _answers(folder: Path) -> dict[str, Answer]:
    """The answer to each file's name."""
    return {file.name: _of_file(file) for file in folder.iterdir() if file.suffix in _TYPES}


def _of_file(file: Path) -> Answer:
    body = file.read_text(encoding="utf-8")
    etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
    return {
        "statusCode": 200,
        "headers": {**_HEADERS, "content-type": _TYPES[file.suffix], "etag": etag},
        "body": body,
    }


# Listed once: what a request names is looked up here, and never becomes a path.
_FILES = _answers(Path(__file__).with_name("page"))


def handler(request: dict[str, Any], _context: object) -> Answer:
    name = (request.get("pathParameters") or {}).get("file", _START)
    if name not in _FILES:
        return answers.of_error(NotFound("There is nothing at this address."))
    answer = _FILES[name]
    # Proxies may mark a tag as weak, and browsers may send several: either way it is in there, quotes and all.
    if answer["headers"]["etag"] in request["headers"].get("if-none-match", ""):
        return {"statusCode": 304, "headers": answer["headers"], "body": ""}
    return answer
