"""WebAssembly files read in pure Python: what they are, need, import and export.

`sniff` names a file from its first bytes, `facts` summarises it in builtin types, `reach` says
what its imports let it do, `read` gives it whole, and `world` prints it as WIT. None of them
needs an engine, and none runs anything.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasm.card import reach as reach
    from wherever.wasm.cursor import Malformed as Malformed
    from wherever.wasm.features import winch_refuses as winch_refuses
    from wherever.wasm.head import sniff as sniff
    from wherever.wasm.model import Component as Component
    from wherever.wasm.model import Module as Module
    from wherever.wasm.reader import read as read
    from wherever.wasm.signatures import signature as signature
    from wherever.wasm.summary import facts as facts
    from wherever.wasm.wit import world as world

__all__ = [
    "Component",
    "Malformed",
    "Module",
    "facts",
    "reach",
    "read",
    "signature",
    "sniff",
    "winch_refuses",
    "world",
]

_HOMES = {
    "Component": "model",
    "Malformed": "cursor",
    "Module": "model",
    "facts": "summary",
    "reach": "card",
    "read": "reader",
    "signature": "signatures",
    "sniff": "head",
    "winch_refuses": "features",
    "world": "wit",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{home}", fromlist=(name,))
    return getattr(module, name)
