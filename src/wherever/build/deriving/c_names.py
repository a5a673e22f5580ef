"""What names of C say: which number is a length, what is handed back, and what WIT calls it all."""

from __future__ import annotations

import re

from wherever.build.deriving.derived import kebab

_LENGTH = re.compile(
    r"n|nr|num|number|nb|cnt|sz|cap|[a-z0-9]*(?:len|length|size|count|bytes|capacity)"
)
_ENDING = re.compile(r"(.+?)(?:len|length|size|sz|count|bytes|cap)")
_BOUND = {"max", "min", "maximum", "minimum", "limit", "most", "least", "block", "chunk", "step"}
_POINTER = {"p", "ptr"}
_OUT = {"out", "output", "result", "results", "res", "ret", "dst", "dest", "destination"}
_MAKES = ("new", "create", "make", "alloc", "open")
_COPIES = ("copy", "clone", "dup", "duplicate")
_ENDS = ("free", "destroy", "delete", "release", "close", "dispose")


def words(name: str) -> list[str]:
    """The words of a name.

    Example:
        >>> words("srcSize"), words("XXH32_createState")
        (['src', 'size'], ['xxh32', 'create', 'state'])
    """
    return [word for word in kebab(name).split("-") if word]


def is_length(name: str) -> bool:
    """Whether a number's name says that it counts what another points to.

    Example:
        >>> [is_length(name) for name in ("len", "buf_len", "n", "nitems", "max_len", "seed")]
        [True, True, True, True, False, False]
    """
    found = words(name)
    if not found or _BOUND.intersection(found):
        return False
    return (
        any(_LENGTH.fullmatch(word) for word in found) or re.fullmatch("n[a-z]+s", name) is not None
    )


def is_length_of(name: str, pointer: str) -> bool:
    """Whether it is the length of just this one.

    Example:
        >>> [is_length_of(name, "src") for name in ("src_len", "srcSize", "n_src")]
        [True, True, True]
        >>> is_length_of("len", "data"), is_length_of("data_len", "more")
        (False, False)
    """
    found, own = words(name), words(pointer)
    if not own or _BOUND.intersection(found):
        return False
    left = [word for word in found if not _LENGTH.fullmatch(word) and word not in _POINTER]
    if len(left) < len(found) and left == own:
        return True
    ending = _ENDING.fullmatch(name.lower())
    plain = pointer.lower()
    return name.lower() == f"n{plain}" or (ending is not None and ending[1].rstrip("_") == plain)


def is_out(name: str) -> bool:
    """Whether a pointer's name says that the function writes there, and reads nothing.

    Example:
        >>> is_out("out_size"), is_out("pDest"), is_out("value")
        (True, True, False)
    """
    return bool(_OUT.intersection(words(name)))


def makes(name: str) -> bool:
    """Whether a function's name says that it makes what it returns: `counter_new`."""
    return any(word in _MAKES for word in words(name))


def gives(name: str) -> bool:
    """Whether a function's name says that what it returns is another one: `list_clone`."""
    return any(word in (*_MAKES, *_COPIES) for word in words(name))


def ends(name: str) -> int:
    """How well a function's name says that it is the end of something; 0 where it does not."""
    found = words(name)
    return next((len(_ENDS) - at for at, word in enumerate(_ENDS) if word in found), 0)


def of_type(name: str) -> str:
    """What WIT calls a type.

    Example:
        >>> of_type("color_t"), of_type("XXH32_state_t"), of_type("Point")
        ('color', 'xxh32-state', 'point')
    """
    return kebab(re.sub(r"(?<=.)_(?:t|s|st|tag)$", "", name))


def of_method(function: str, resource: str) -> str:
    """What WIT calls a function of a resource: what they both begin with is left away.

    Example:
        >>> of_method("counter_next", "counter"), of_method("XXH32_digest", "xxh32-state")
        ('next', 'digest')
    """
    own, shared = words(function), 0
    for one, other in zip(own[:-1], resource.split("-"), strict=False):
        if one != other:
            break
        shared += 1
    return "-".join(own[shared:])


def of_constants(names: list[str]) -> list[str]:
    """What WIT calls the constants of an enum: what all begin with is left away.

    Example:
        >>> of_constants(["COLOR_RED", "COLOR_DARK_GREEN"]), of_constants(["ON", "OFF"])
        (['red', 'dark-green'], ['on', 'off'])
        >>> of_constants(["MODE_2D", "MODE_3D"])
        ['mode-n2-d', 'mode-n3-d']
    """
    split = [words(name) for name in names]
    shared = 0
    while all(
        len(each) > shared + 1 and each[shared] == split[0][shared] for each in split
    ) and not any(re.match(r"n\d", each[shared + 1]) for each in split):
        shared += 1
    return unique(["-".join(each[shared:]) for each in split])


def unique(names: list[str]) -> list[str]:
    """The same names, told apart where two are the same.

    Example:
        >>> unique(["a", "b", "a"])
        ['a', 'b', 'a-again']
    """
    found: list[str] = []
    for name in names:
        while name in found:
            name = f"{name}-again"
        found.append(name or "unnamed")
    return found
