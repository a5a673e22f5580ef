"""Which worlds we host; what a guest is told that asks for another one."""

from __future__ import annotations

from wherever.errors import NotGranted, NotRunnable
from wherever.wasi.signatures import FUNCTIONS, MODULE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_PACKAGES = ("wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/")
_LINKED_BUT_DENIED = "wasi:sockets/"
_LONGEST = 200
"""Characters of a name that are told: it may have a hundred thousand."""

_NO_SOCKETS = "a program may be granted HTTP with --net, by wasi:http 0.2, and no sockets"
_ASKED = ("wasi:http/types", "wasi:http/outgoing-handler")


def refuse(facts: dict[str, Any], provided: Iterable[str] = ()) -> None:
    """Does nothing for a program whose imports we can satisfy.

    Args:
        facts: of the program.
        provided: imports that its recipe satisfies, each as `MODULE#NAME`.

    Raises:
        NotGranted: it needs the network.
        NotRunnable: it is made for a world that we do not host, or for a host of its own.
    """
    if facts["kind"] == "component":
        _refuse_component(facts["imports"])
    else:
        _refuse_module(facts["imports"], frozenset(provided))


def _refuse_component(imports: list[tuple[str, str, str, str]]) -> None:
    for _, name, _, _ in imports:
        interface, _, version = name.partition("@")
        name, version = name[:_LONGEST], version[:_LONGEST]
        if interface.startswith("wasi:") and version.startswith("0.3"):
            raise NotRunnable(
                f"it is made for WASI {version} ({name}), which the engine cannot host yet",
                "build it for WASI 0.2",
            )
        if interface in _ASKED and version.startswith("0.2."):
            continue
        if interface.startswith((*_PACKAGES, _LINKED_BUT_DENIED)) and version.startswith("0.2."):
            continue
        if interface.startswith("wasi:"):
            raise NotRunnable(
                f"it imports {name}, which is not in the worlds that can be hosted",
                "commands of WASI 0.2 and preview 1 run here; see: wherever inspect",
            )
        raise NotRunnable(
            f"it imports {name}, which is not part of WASI",
            "it needs the host it was made for; see: wherever inspect",
        )


def _refuse_module(imports: list[tuple[str, str, str, str]], provided: frozenset[str]) -> None:
    for module, name, kind, type_text in imports:
        if module == MODULE and name in FUNCTIONS and kind == "func":
            continue
        if f"{module}#{name}" in provided:
            continue
        module, name = module[:_LONGEST], name[:_LONGEST]
        if module == MODULE and name.startswith("sock_"):
            raise NotGranted(f"it wants the network ({name}), which cannot be granted", _NO_SOCKETS)
        if module == "wasi_unstable":
            raise NotRunnable(
                "it is made for the first WASI of 2019 (wasi_unstable), which nobody hosts now",
                "build it with a newer compiler",
            )
        if module == "wasi" and name == "thread-spawn":
            raise NotRunnable(
                "it starts threads (wasi thread-spawn), which are not hosted",
                "build it without threads",
            )
        if module == MODULE:
            raise NotRunnable(f"it imports {name}, which preview 1 does not have")
        hint = {
            "wbg": "it was made by wasm-bindgen for JavaScript: build it for wasm32-wasip1",
            "__wbindgen_placeholder__": "run wasm-bindgen on it, or build it for wasm32-wasip1",
            "gojs": "it was built by Go for JavaScript: build it with GOOS=wasip1",
            "go": "it was built by Go for JavaScript: build it with GOOS=wasip1",
            "env": "it needs the host it was made for; from Python, give it with wherever.load",
        }.get(module, "it needs the host it was made for; see: wherever inspect")
        raise NotRunnable(f"it imports {module}.{name} {type_text}, which nothing here has", hint)
