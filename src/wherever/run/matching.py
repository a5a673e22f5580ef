"""Which function of Python satisfies which import of a guest, and what is said where none does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wherever.engine import values
from wherever.errors import InputError, NotRunnable
from wherever.run.host import HostFunction, Prepared
from wherever.wasi import worlds
from wherever.wasi.signatures import FUNCTIONS, MODULE
from wherever.wasm import signature

_FOREIGN = frozenset(
    (MODULE, "wasi_unstable", "wasi", "wbg", "__wbindgen_placeholder__", "gojs", "go")
)


def matched(
    name: str,
    facts: dict[str, Any],
    imports: object,
    hosts: Iterable[HostFunction[..., Any]],
) -> dict[tuple[str, str], tuple[Prepared, str, str]]:
    """The function for each import that is not of preview 1, and the kinds of its type.

    Args:
        name: what messages call the guest.
        facts: of its module.
        imports: functions by module and name.
        hosts: functions that know theirs.

    Raises:
        InputError: a function does not fit its import.
        NotRunnable, NotGranted: an import is left without a function.
    """
    given: dict[tuple[str, str], Callable[..., Any]] = {}
    for function in hosts:
        if not isinstance(function, HostFunction):
            raise InputError(
                f"host has a {type(function).__name__} in it",
                "mark functions with @wherever.host, or give them with imports=",
            )
        given[function.module, function.name] = function
    if not isinstance(imports, Mapping):
        raise InputError(
            f"imports is a {type(imports).__name__}", "write imports={'env': {'name': function}}"
        )
    for module, functions in imports.items():
        if not isinstance(functions, Mapping):
            raise InputError(
                f"imports[{module!r}] is a {type(functions).__name__}",
                "write imports={'env': {'name': function}}",
            )
        given.update({(module, each): function for each, function in functions.items()})
    found: dict[tuple[str, str], tuple[Prepared, str, str]] = {}
    missing: list[tuple[str, str, str, str]] = []
    for entry in facts["imports"]:
        module, each, kind, text = entry
        given_function = given.get((module, each))
        if kind == "func" and given_function is not None:
            types = signature(text)
            params, results = values.kinds(types[0]), values.kinds(types[1])
            if params is None or results is None:
                raise NotRunnable(
                    f"{name} imports {module}.{each} {text}: references cannot cross to Python"
                )
            prepared = Prepared(given_function, f"{module}.{each}", *types)
            found[module, each] = prepared, params, results
        elif module != MODULE or each not in FUNCTIONS or kind != "func":
            missing.append(entry)
    _refuse_missing(name, facts, missing, given)
    return found


def _refuse_missing(
    name: str,
    facts: dict[str, Any],
    missing: list[tuple[str, str, str, str]],
    given: dict[tuple[str, str], Any],
) -> None:
    if not missing:
        return
    foreign = [entry for entry in missing if entry[0] in _FOREIGN]
    if foreign:
        worlds.refuse({**facts, "imports": foreign})
    shown = ", ".join(
        f"{module}.{each} {text}" if kind == "func" else f"{module}.{each} ({kind} {text})"
        for module, each, kind, text in missing[:8]
    )
    more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
    if any(kind != "func" for _, _, kind, _ in missing):
        raise NotRunnable(
            f"{name} imports {shown}{more}, and only functions can be given to it",
            "build it so that it has memories, tables and globals of its own",
        )
    module, each, _, _ = missing[0]
    near = f" ({', '.join(sorted(f'{m}.{n}' for m, n in given))} was given)" if given else ""
    raise NotRunnable(
        f"{name} imports {shown}{more}, which nothing here has{near}",
        f"give it with wherever.load(..., imports={{{module!r}: {{{each!r}: function}}}})",
    )
