"""The modules of a start in one file, as Python keeps a `.pyc` file for each.

To find and check dozens of files costs more than to run what is in them. So the first run without
options after a change writes their code to one file beside the `.pyc` files, and later starts take
it from there, as long as each source has the size and the time that it had. The file "start" holds
what every start needs, and "direct" what those need besides that do not go by the front door.
"""

import marshal
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import SourceFileLoader

if sys.platform == "win32":
    from nt import stat
else:
    from posix import stat  # beneath `os`, whose import costs as much as all of ours together

PACKAGE = __file__.rpartition("/")[0]
loaded: set[str] = set()
"""The files that modules of this process came from."""

STAMP = (1, sys.hexversion, sys.flags.optimize)


def path(part: str) -> str:
    """Where a file is, whether or not it exists."""
    return f"{PACKAGE}/__pycache__/{part}.{sys.implementation.cache_tag}.bin"


def is_wanted(part: str) -> bool:
    """Whether a file should be made now, and can be."""
    from wherever.system import os

    return not (
        part in loaded or sys.dont_write_bytecode or "wherever.engine.compiler" in sys.modules
    ) and os.access(f"{PACKAGE}/__pycache__", os.W_OK)


def load(part: str) -> bool:
    """Load every module of a file that is not loaded yet; False where there is none that fits."""
    if part in loaded:
        return True
    try:
        with open(path(part), "rb", 0) as file:
            stamp, modules = marshal.loads(file.read())
        if stamp != STAMP:
            return False
        for _, source, _, size, time, _ in modules:
            seen = stat(source)
            if seen.st_mtime_ns != time or seen.st_size != size:
                return False
    except (OSError, ValueError, EOFError, TypeError):
        return False
    known = sys.modules
    for name, source, is_package, _, _, code in modules:
        if name in known:
            continue
        loader = SourceFileLoader(name, source)
        spec = ModuleSpec(name, loader, origin=source, is_package=is_package)
        spec.has_location = True
        module = type(sys)(name)
        module.__spec__, module.__loader__, module.__file__ = spec, loader, source
        module.__package__, _, last = name.rpartition(".")
        if is_package:
            module.__package__ = name
            module.__path__ = spec.submodule_search_locations = [source[: source.rindex("/")]]
        known[name] = module
        try:
            exec(code, module.__dict__)
        except BaseException:
            del known[name]
            raise
        parent = name[: -len(last) - 1]
        if parent:
            setattr(known[parent], last, module)
    loaded.add(part)
    return True
