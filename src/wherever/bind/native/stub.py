"""The C between a library's callbacks and a language that is entered by one function of its own."""

from __future__ import annotations

from wherever.bind.c.types import BY_VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Member, Surface


def stub(surface: Surface, member: Member, hand_on: str) -> list[str]:
    """A function `on_NAME` that hands pointers to its arguments on.

    Args:
        surface: the library.
        member: the callback.
        hand_on: the call that takes `args` and `{result}`, and whose code is returned.
    """
    params, passed = [f"{surface.own}_t *handle", "void *context"], []
    for at, (_, kind) in enumerate(member.function.params):
        by_value = kind.kind in BY_VALUE
        params.append(f"{surface.c(kind)} p{at}" if by_value else f"const {surface.c(kind)} *p{at}")
        passed.append(f"&p{at}" if by_value else f"(void *)p{at}")
    result = member.function.result
    if result is not None:
        params.append(f"{surface.c(result)} *result")
    return [
        f"static int on_{surface.callback(member)}({', '.join(params)})",
        "{",
        "    (void)handle;",
        f"    void *args[] = {{{', '.join([*passed, 'NULL'])}}};",
        f"    return {hand_on.format(result='result' if result is not None else 'NULL')};",
        "}",
    ]
