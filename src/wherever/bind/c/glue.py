"""The C between a library's header and the guest's code."""

from __future__ import annotations

from wherever.bind.c.exports import Exports, body_of
from wherever.bind.c.header import ERRORS, is_host, resources
from wherever.bind.c.imports import Imports
from wherever.bind.c.machine import Place
from wherever.bind.c.values import Values
from wherever.wit.model import gathered, within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.c.guest import Guest
    from wherever.bind.c.header import Header
    from wherever.bind.c.linking import Linked
    from wherever.bind.library import Library
    from wherever.wit.model import Type


class Glue:
    """The C of one library.

    Args:
        stands_on: its core instances.
        codes: their modules as C.
    """

    def __init__(
        self, library: Library, header: Header, stands_on: Linked, codes: tuple[Guest, ...]
    ) -> None:
        self._library = library
        self._header = header
        self._linked = stands_on
        self._codes = codes
        self._numbers = {kind: at for at, kind in enumerate(resources(library))}
        self._host = {kind: is_host(library, kind) for kind in self._numbers}
        got, given = _directions(library)
        self._values = Values(header.names, self._numbers, self._host.__getitem__, got, given)
        self._exports = Exports(library, header, stands_on, codes, self._values)
        self._own = header.names.own

    @property
    def is_alone(self) -> bool:
        """Whether it is one module, which gets WASI preview 1 from `wasi.c`."""
        return self._linked.instances == (None,)

    def text(self) -> str:
        """All of it.

        Raises:
            InputError: the guest calls what C bindings do not give it, or has a value that they
                cannot carry.
        """
        lines: list[str] = []
        for kind in gathered((*self._library.needs, *self._library.api)):
            lines += self._values.functions(kind)
        lines += self._start()
        lines += self._exports.functions()
        parts = (self._library, self._header, self._linked, self._codes, self._values)
        lines += Imports(*parts, self._exports).functions()
        lines += self._errors()
        return "\n".join([*lines, ""])

    def _start(self) -> list[str]:
        """Room for the guest, and how an instance of it begins and ends."""
        own, linked = self._own, self._linked
        drops = []
        for kind, number in self._numbers.items():
            if self._host[kind]:
                member = f"handle->imports.{self._header.drops[kind]}"
                drops += [
                    f"if (slot->type == {number} && {member} != NULL)",
                    f"    {member}(handle->imports.context, slot->is.host);",
                ]
        room = [
            "(void)align, (void)size;",
            'rt_fail(h, RT_INVALID, "the library takes nothing that needs memory");',
        ]
        if linked.realloc is not None:
            called = self._exports.called(linked.realloc, "0", "0", "align", "size")
            room = [f"{own}_t *handle = ({own}_t *)h;", f"return {called};"]
        begin = ["rt_handle *h = (rt_handle *)handle;", "h->realloc = lib_realloc;"]
        for number, code in enumerate(self._codes):
            given = [f"&handle->guest{number}", *(f"({kind})(void *)handle" for kind in code.given)]
            made = [f"{code.instantiate}({', '.join(given)});"]
            if linked.memory is not None and linked.memory.instance == number:
                memory = f"h->memory = {self._exports.called(linked.memory)};"
                made = [memory, *made] if self.is_alone else [*made, memory]
            if self.is_alone and "_initialize" in code.exports:
                made.append(f"{self._exports.called(Place(0, '_initialize'))};")
            begin += made
        end = [
            "for (uint32_t at = 0; at < handle->rt.guests.count; at++) {",
            "    struct rt_slot *slot = &handle->rt.guests.slots[at];",
            "    if (slot->what != RT_OWN)",
            "        continue;",
            *(f"    {line}" for line in drops),
            "}",
        ]
        for number, code in enumerate(self._codes):
            end += [
                f"{code.free}(&handle->guest{number});",
                f"memset(&handle->guest{number}, 0, sizeof handle->guest{number});",
            ]
        return [
            "static uint32_t lib_realloc(rt_handle *h, uint32_t align, uint32_t size)",
            *body_of(room),
            f"static void lib_begin({own}_t *handle)",
            *body_of(begin),
            f"static void lib_end({own}_t *handle)",
            *body_of(end),
        ]

    def _errors(self) -> list[str]:
        upper = self._own.upper()
        cases = (f'    "{upper}_{name}",' for name, _ in ERRORS)
        return [
            f"const char *{self._own}_error_name(int error)",
            *body_of(
                [
                    "static const char *const names[] = {",
                    *cases,
                    "};",
                    "int count = (int)(sizeof names / sizeof *names);",
                    'return error < 0 || error >= count ? "unknown" : names[error];',
                ]
            ),
        ]


def _directions(library: Library) -> tuple[frozenset[Type], frozenset[Type]]:
    """The types of which the guest gives values, and those of which it gets some."""
    called = [each for interface in library.api for each in interface.functions]
    callbacks = [each for interface in library.needs for each in interface.functions]
    taken = [kind for each in called for _, kind in each.params]
    told = [kind for each in callbacks for _, kind in each.params]
    got = within([*(each.result for each in called), *told])
    return frozenset(got), frozenset(within([*(each.result for each in callbacks), *taken]))
