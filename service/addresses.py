"""Where a reader finds what is cited: addresses of this service's own pages, as the reader's side sees them."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request

from index.types import Citation

# A host or an address, with a port or without.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+/?")
_SCHEME = re.compile(r"https?")


def base_address(request: Request) -> str:
    """Return the address that this service has for the sender of `request`, without a slash at its end.

    What a proxy in front says about itself counts: `X-Forwarded-Proto`, `-Host` and `-Prefix`, the first of each; a
    value that can't be one is passed over. Who sends these headers without a proxy changes nothing but the own answer.
    """
    scheme = _forwarded(request, "proto", _SCHEME) or request.scope["scheme"]
    host = _forwarded(request, "host", _HOST) or _own_host(request)
    prefix = _forwarded(request, "prefix", _PREFIX) or request.scope.get("root_path", "")
    return f"{scheme}://{host}{prefix.rstrip('/')}"


def practice_address(base: str, practice_id: str) -> str:
    """Return the page of a practice."""
    return f"{base}/practices/{quote(practice_id, safe=':')}"


def quote_address(base: str, citation: Citation) -> str:
    """Return the page of the cited practice; the fragment is the quote's place in its document, so each has its own."""
    page = practice_address(base, citation.practice_id)
    return f"{page}#{citation.spans[0].start}-{citation.spans[-1].end}" if citation.spans else page


def _own_host(request: Request) -> str:
    asked = request.headers.get("host", "")
    if _HOST.fullmatch(asked):
        return asked
    name, port = request.scope.get("server") or ("localhost", None)
    name = f"[{name}]" if ":" in name else name
    return f"{name}:{port}" if port else name


def _forwarded(request: Request, what: str, wanted: re.Pattern[str]) -> str | None:
    first = request.headers.get(f"x-forwarded-{what}", "").partition(",")[0].strip()
    return first if wanted.fullmatch(first) else None
