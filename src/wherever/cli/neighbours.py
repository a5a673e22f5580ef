"""What a script that failed may have looked for beside itself, where nothing is granted."""

from __future__ import annotations

import os
import re
import shlex

_SAYS = re.compile(r"\b(?:import|from|require|require_relative|use|dofile)\b(.*)")
_LARGEST = 1 << 20
_MOST = 5000


def missed(script: str) -> tuple[str, str] | None:
    """A file beside a script that a line of it seems to import, and the command that grants it.

    Args:
        script: the path that the user gave.
    """
    folder, name = os.path.split(script)
    ending = os.path.splitext(name)[1]
    try:
        with open(script, "rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
        beside = sorted(os.listdir(folder or "."))[:_MOST]
    except OSError:
        return None
    words = {word for line in _SAYS.findall(text) for word in re.findall(r"[\w-]+", line)}
    for each in beside:
        stem = each.removesuffix(ending) if ending else each
        if each != name and stem in words and _is_code(os.path.join(folder, each), ending):
            where, path = shlex.quote(folder or "."), shlex.quote(script)
            return each, f"wherever run --dir {where} {_interpreter(ending, text)} {path}"
    return None


def _is_code(path: str, ending: str) -> bool:
    if os.path.isdir(path):
        return os.path.exists(os.path.join(path, f"__init__{ending}"))
    return bool(ending) and path.endswith(ending)


def _interpreter(ending: str, text: str) -> str:
    from wherever.store.catalogue import interpreter_for

    line = text.removeprefix("\ufeff").partition("\n")[0]
    first = interpreter_for(line) if line.startswith("#!") else None
    return first or interpreter_for(ending or ".") or "INTERPRETER"
