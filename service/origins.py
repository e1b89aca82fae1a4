"""Origins of websites, as a person writes them and as browsers send them."""

from __future__ import annotations

import ipaddress
import re

import idna
from pydantic_core import PydanticCustomError

ANY = "*"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PARTS = re.compile(r"(?P<scheme>[^:/]*)://(?P<host>\[[^\]]*\]|[^/?#:@]*)(?::(?P<port>[0-9]*))?(?P<rest>.*)", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def parse_origins(text: str) -> tuple[str, ...]:
    """Return the origins of a comma-separated list, each once and as browsers send it in `Origin`; ANY stands alone.

    Case, a slash at the end, the port that the scheme implies and names in other scripts are brought into that form.
    Raises PydanticCustomError for the first one that is no origin of a website.
    """
    written = [item.strip() for item in text.split(",") if item.strip()]
    if ANY in written:
        if len(set(written)) > 1:
            raise _refused("'*' lets in every site, so it stands alone", text)
        return (ANY,)
    return tuple(dict.fromkeys(_origin(item) for item in written))


def _origin(text: str) -> str:
    if text.lower() == "null":
        raise _refused("this is what files and sandboxed frames of anyone send", text)
    if ANY in text:
        raise _refused("'*' stands for every site, not for a part of a name; list the names", text)
    parts = _PARTS.fullmatch(text)
    scheme = parts["scheme"].lower() if parts else ""
    if not parts or scheme not in _DEFAULT_PORTS:
        raise _refused("write http:// or https:// and a host, such as https://www.example.cn", text)
    if parts["rest"] not in ("", "/"):
        raise _refused("an origin ends with the host or its port; it has no user, path or query", text)
    return f"{scheme}://{_host(parts['host'], text)}{_port(parts['port'], scheme, text)}"


def _host(host: str, text: str) -> str:
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise _refused("this is no IPv6 address", text) from None
    try:
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except UnicodeError as error:
        raise _refused(f"this is no host name: {error}", text) from None
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("this is no host name", text)
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        # Browsers read any such name as a number and send the address that it comes to.
        try:
            ipaddress.IPv4Address(name)
        except ValueError:
            raise _refused("write an IPv4 address as four numbers", text) from None
    return name


def _port(port: str | None, scheme: str, text: str) -> str:
    if not port:
        return ""
    # Longer ones need not be read to be refused, and Python refuses to read very long ones.
    number = int(port) if len(port) <= 5 else 0
    if not 1 <= number <= 65535:
        raise _refused("a port is a number from 1 to 65535", text)
    return "" if number == _DEFAULT_PORTS[scheme] else f":{number}"


def _refused(reason: str, text: str) -> PydanticCustomError:
    return PydanticCustomError(
        "origin", "{origin} can't be allowed: {reason}", {"origin": repr(text), "reason": reason}
    )
