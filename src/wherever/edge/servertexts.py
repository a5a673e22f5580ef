"""Texts in a server's file that have a form of their own."""

from __future__ import annotations

import re

from wherever.edge import routing
from wherever.edge.host import addresses
from wherever.edge.replies import Redirect
from wherever.errors import InputError
from wherever.net.rules import Rule

_METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
_KEY = re.compile(r"client|header:[a-z0-9-]{1,64}|param:[A-Za-z_][A-Za-z0-9_-]{0,63}")
_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,128}")
_APP = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOCATION = re.compile(r"(https?://|/(?!/))[\x21-\x7e]*")


def app_name(text: str) -> str:
    """A name that can be a part of a host's name.

    Raises:
        InputError: it cannot.
    """
    if not _APP.fullmatch(text):
        raise InputError(f"{text!r} is not a name", "use a-z, 0-9 and '-' between them, at most 63")
    return text


def status(text: str) -> str:
    """Where the status page of a server is: `127.0.0.1:PORT`, or empty for `off`.

    Raises:
        InputError: it is neither, or others would reach it.
    """
    if text == "off":
        return ""
    address = addresses.parse(text, public=True)
    if address.path:
        raise InputError(f"{text}: no browser opens that", "write 127.0.0.1:PORT, or off")
    if address.is_public:
        raise InputError(
            f"{text} is reached from other machines, and the status page is for this one alone",
            "write 127.0.0.1:PORT, or off",
        )
    if address.tls:
        raise InputError(
            f"{text}: the status page does not leave this machine, and speaks no TLS",
            f"write {address}, or off",
        )
    return text


def network(text: str) -> str:
    """What a guest may reach of the network.

    Raises:
        InputError: it is no rule for that.
    """
    Rule.parse(text)
    return text


def route(text: str) -> str:
    """A path, as `routing` has it.

    Raises:
        InputError: it is none.
    """
    routing.parse_route(text)
    return text


def mounted(text: str) -> str:
    """A mount as the route of all that is under it.

    Raises:
        InputError: it has more than words.
    """
    parts = routing.parse_route(text)
    if any(part != routing.WORD for part, _ in parts):
        raise InputError(f"{text!r} is no place for a mount", "write it like /shop, words alone")
    return f"{text.rstrip('/')}/..."


def method(text: str) -> str:
    """A method of HTTP.

    Raises:
        InputError: it is none.
    """
    if not _METHOD.fullmatch(text):
        raise InputError(f"{text!r} is not a method", "write it like GET")
    return text


def key(text: str) -> str:
    """What an actor is one for.

    Raises:
        InputError: it is nothing that a request has.
    """
    if not _KEY.fullmatch(text):
        raise InputError(f"{text!r} is no key", "write client, header:NAME or param:NAME")
    return text


def token(text: str) -> str:
    """The name of a header.

    Raises:
        InputError: it is none, or not in lower case.
    """
    if not _TOKEN.fullmatch(text):
        raise InputError(f"{text!r} is not the name of a header", "write it in lower case")
    return text


def one_line(text: str) -> str:
    """The value of a header.

    Raises:
        InputError: it is not one line of plain text.
    """
    if not text.isprintable() or not text.isascii():
        raise InputError("it is not the value of a header", "write one line of plain text")
    return text


def location(text: str) -> str:
    """Where a redirect leads.

    Raises:
        InputError: it is no address, or one that would name another host.
    """
    if not _LOCATION.fullmatch(text):
        raise InputError(f"{text!r} is not an address", "begin it with / or https://")
    Redirect(308, text)
    return text
