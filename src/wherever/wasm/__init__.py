"""WebAssembly files read in pure Python: what they are, need, import and export.

`sniff` names a file from its first bytes, `facts` summarises it in builtin types, `read`
gives it whole. None of them needs an engine, and none runs anything.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasm.cursor import Malformed
    from wherever.wasm.features import winch_refuses
    from wherever.wasm.head import sniff
    from wherever.wasm.signatures import signature
    from wherever.wasm.summary import facts

__all__ = ["Malformed", "facts", "signature", "sniff", "winch_refuses"]

_HOMES = {
    "Malformed": "cursor",
    "facts": "summary",
    "signature": "signatures",
    "sniff": "head",
    "winch_refuses": "features",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{home}", fromlist=(name,))
    return getattr(module, name)
