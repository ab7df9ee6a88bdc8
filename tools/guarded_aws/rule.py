"""Which requests may reach the embedded AWS.

It runs code for whoever asks, allows every origin and looks at no Host; and every web page that the developer looks at
can send requests to its port. So a page gets at Rollcall's own API alone, and only at that of its own origin.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

CONTAINERS = "host.docker.internal"  # what samconfig.toml has containers call this machine
READY = ("GET", "/_ministack/ready")

_API = re.compile(r"/_aws/execute-api/[^/]+/\$default/")  # the routes of HTTP APIs, which lead to their functions only
_WEBHOOKS = re.compile(_API.pattern + "webhooks/")
_HOST = re.compile(r"([^:]+)(:\d+)?")
# What browsers add and programs do not: scripts can set neither Origin nor Sec-..., and cannot leave out the last.
_OF_BROWSERS = re.compile("origin|sec-.*|accept-language")
_OF_TUNNELS = re.compile("forwarded|x-forwarded-.*")


@dataclass(frozen=True)
class Request:
    """`path` is decoded; `headers` have lower-case names, and may repeat them."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]

    @property
    def host(self) -> str:
        """As it was given; empty if there is none, or not just one."""
        hosts = self.values("host")
        return hosts[0].lower() if len(hosts) == 1 else ""

    @property
    def host_name(self) -> str:
        # The port says nothing: a browser names the one that it talks to, and a forwarded one is called otherwise here.
        match = _HOST.fullmatch(self.host)
        return match[1] if match else ""

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def has(self, names: re.Pattern[str]) -> bool:
        return any(names.fullmatch(key) for key, _ in self.headers)


def is_api(path: str) -> bool:
    """Whether it is a path of Rollcall's own API, and not of one of AWS's."""
    return _API.match(path) is not None


def refusal(request: Request, own_names: Collection[str]) -> str | None:
    """Why this request may not pass, in a sentence; None if it may. `own_names` are those that no stranger can give."""
    if not is_api(request.path):
        return _refusal_by_aws(request, own_names)
    origins, sites = request.values("origin"), request.values("sec-fetch-site")
    if origins or sites:
        return _refusal_to_page(request, own_names, origins, sites)
    # A tunnel gives webhooks a Host of its own. No page can do that: a browser gives every POST an Origin.
    is_webhook = request.method == "POST" and _WEBHOOKS.match(request.path)
    if is_webhook or request.host_name in (*own_names, CONTAINERS):
        return None
    return "Only webhooks may come under another name than this machine's own."


def _refusal_to_page(request: Request, own_names: Collection[str], origins: list[str], sites: list[str]) -> str | None:
    # A foreign name may lead to this machine, and its pages are then of one origin with what answers here.
    if request.host_name not in own_names:
        return "A browser must call this machine by its own name or address."
    # "none": the user typed the address. A link, a form, an image or a script of another site is "cross-site", and
    # that of another port of this machine "same-site".
    if set(origins) <= {f"http://{request.host}"} and set(sites) <= {"same-origin", "none"}:
        return None
    return "Pages of other origins may not use this API; to open an address of it, type it or paste it."


def _refusal_by_aws(request: Request, own_names: Collection[str]) -> str | None:
    if request.host_name not in (*own_names, CONTAINERS):
        return "The embedded AWS must be called by this machine's own name or address."
    if request.has(_OF_BROWSERS):
        return "The embedded AWS is closed to browsers."
    if request.has(_OF_TUNNELS):
        return "The embedded AWS is closed to tunnels and proxies."
    # All clients of AWS sign. A page cannot without asking first, and is told no; nor can an image, a form or a link.
    is_signed = any(value.startswith("AWS4-HMAC-SHA256 ") for value in request.values("authorization"))
    if is_signed or (request.method, request.path) == READY:
        return None
    return "The embedded AWS takes signed requests only."
