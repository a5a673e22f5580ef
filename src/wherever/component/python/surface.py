"""A component's exports as attributes: what `wherever.load` gives for a component."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

from wherever.component.broken import Broken
from wherever.component.canonical import Codecs
from wherever.component.codec import said
from wherever.component.functions import Lifted
from wherever.component.handles import Resource
from wherever.component.linking import Given, Linking
from wherever.component.python.calling import Caller
from wherever.component.python.crossing import shaped
from wherever.component.python.names import snake
from wherever.component.python.outline import Signature, Space
from wherever.component.python.resources import Leavings, Objects, opened
from wherever.component.python.values import Err, Ok
from wherever.errors import ResultError
from wherever.wit.api import needed, offered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wherever.component.codec import Codec
    from wherever.component.python.given import Imports
    from wherever.component.python.outline import Outline
    from wherever.component.types import FuncType
    from wherever.engine.gate import Gate
    from wherever.engine.runtime import Code
    from wherever.wasm.definitions import Definition
    from wherever.wit.model import Function, Interface, Type, World


class Surface:
    """One instance of a component, and its exports as Python has them.

    Args:
        name: what messages call it.
        world: its world.
        outline: what it is to Python, which all instances share.
        definitions: what it is made of.
        codes: the code of its core modules, by where their bytes begin.
        gate: the way into the store; held while this goes on.
        imports: what the caller gives for its imports.
        wasi: what is given for imports of WASI: called with interface, name and type.

    Attributes:
        members: functions, classes and interfaces by name.
    """

    def __init__(
        self,
        name: str,
        world: World,
        outline: Outline,
        definitions: tuple[Definition, ...],
        codes: Mapping[int, Code],
        gate: Gate,
        imports: Imports,
        wasi: Given,
    ) -> None:
        self._gate = gate
        self._imports = imports
        self._wasi = wasi
        self._objects = Objects()
        self._leavings = Leavings(gate)
        self._hosted: dict[tuple[str, str], Resource] = {}
        theirs = needed(world)
        self._imported = {(each.name, own.core): own for each in theirs for own in each.functions}
        self._outline = outline
        # A resource that it imports may have the name of one that it exports.
        self._codecs, self._hosted_codecs = (
            Codecs(partial(self._resource, is_hosted), partial(self._shape, is_hosted))
            for is_hosted in (False, True)
        )
        self._exported: dict[Type, Resource] = {}
        self._made: dict[Type, Any] = {}
        self._linking = Linking(definitions, gate, codes, Given(self._host, self._host_resource))
        for interface in offered(world):
            self._find_resources(interface)
        # What the world itself exports uses types that the world imports.
        own, hosted = (
            Caller(name, outline.module, gate, codecs, self._leavings)
            for codecs in (self._codecs, self._hosted_codecs)
        )
        self._callers = {each.name: own if each.name else hosted for each in offered(world)}
        for kind, signatures in outline.methods.items():
            for signature in signatures:
                self._put(self._made[kind], signature)
        self.members = self._members(outline.top)

    def lifted(self, interface: Interface, function: Function) -> Lifted:
        """A function that the guest exports, as it is called with values in their neutral form."""
        return self._lifted(interface.name, function)

    def _lifted(self, interface: str, function: Function) -> Lifted:
        exports = self._linking.exports.get(interface, ("", self._linking.exports))[1]
        _, found = exports.get(function.core, ("", None))
        if not isinstance(found, Lifted):
            raise Broken(f"exports {function.core}, which is no function of its own")
        return found

    # ----- what the guest is given

    def _host(self, interface: str, name: str, kind: FuncType) -> Callable[..., Any]:
        if interface.startswith("wasi:"):
            return self._wasi.function(interface, name, kind)
        function = self._imported[interface, name]
        return _Host(self._called(interface, function), self._hosted_codecs, function)

    def _host_resource(self, interface: str, name: str) -> Resource:
        if interface.startswith("wasi:"):
            return self._wasi.resource(interface, name)
        found = Resource(None, self._objects.drop, name)
        self._hosted[interface, name] = found
        return found

    def _called(self, interface: str, function: Function) -> Callable[..., Any]:
        """The caller's function, or what calls the caller's object."""
        if function.resource is None:
            found: Callable[..., Any] = self._imports.function(interface, function.name)
            return found
        own = snake(function.name)
        if function.kind == "method":
            return lambda self, *values: getattr(self, own)(*values)
        made: Any = self._imports.of_resource(interface, function.resource.name)
        chosen: Callable[..., Any] = made if function.kind == "constructor" else getattr(made, own)
        return chosen

    # ----- values

    def _resource(self, is_hosted: bool, kind: Type) -> Resource:
        hosted, exported = self._hosted.get((kind.home, kind.name)), self._exported.get(kind)
        found = (hosted or exported) if is_hosted else (exported or hosted)
        if found is None:
            raise Broken(f"has handles of a resource that nobody names: {kind.name!r}")
        return found

    def _shape(self, is_hosted: bool, kind: Type, codec: Codec) -> Codec:
        if kind.kind not in ("own", "borrow"):
            return self._outline.classes.shape(kind, codec)
        is_own = kind.kind == "own"
        if self._resource(is_hosted, kind.inner) is self._exported.get(kind.inner):
            made = self._made[kind.inner]

            def back(value: Any) -> int:
                if type(value) is not made:
                    other = " of this instance" if isinstance(value, made) else ""
                    raise TypeError(f"{said(value)} is no {made.__name__}{other}")
                number: int = value._given() if is_own else value._borrowed()
                return number

            return shaped(kind, codec, made._of, back)
        objects = self._objects
        return shaped(kind, codec, objects.take if is_own else objects.at, objects.add)

    def _find_resources(self, interface: Interface) -> None:
        exports = self._linking.exports.get(interface.name, ("", self._linking.exports))[1]
        for own, kind in interface.types:
            if kind in self._outline.classes.resources and kind not in self._exported:
                resource = self._linking.resources(exports[own][1].kind)
                resource.name = own
                self._exported[kind] = resource
                base = self._outline.classes.resources[kind]
                self._made[kind] = opened(base, resource, self._gate, self._leavings)

    # ----- what the guest gives

    def _members(self, space: Space) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, item in space.members.items():
            if isinstance(item, Space):
                found[name] = _Interface(item, self._members(item))
            elif isinstance(item, Signature):
                lifted = self._lifted(item.interface, item.function)
                found[name] = made = self._callers[item.interface].function(item, lifted)
                made.__module__ = space.module
            else:
                found[name] = (
                    self._made.get(space.kinds[name], item) if name in space.kinds else item
                )
        return found

    def _put(self, made: Any, signature: Signature) -> None:
        """A function of a resource into its class."""
        lifted = self._lifted(signature.interface, signature.function)
        call = self._callers[signature.interface].function(signature, lifted, made)
        is_static = signature.function.kind == "static"
        setattr(made, signature.name, staticmethod(call) if is_static else call)


class _Interface(ModuleType):
    """The members of one of several interfaces."""

    def __init__(self, space: Space, members: dict[str, Any]) -> None:
        super().__init__(space.module, space.docs or None)
        self.__dict__.update(members)
        self.__all__ = list(members)

    def __repr__(self) -> str:
        return f"<interface {self.__name__}>"


class _Host:
    """A function of the caller, called with Python's values."""

    def __init__(self, function: Callable[..., Any], codecs: Codecs, kind: Function) -> None:
        self._function = function
        self.codecs = [codecs[each] for _, each in kind.params]
        self.returned = None if kind.result is None else codecs[kind.result]
        self._has_error = kind.result is not None and kind.result.kind == "result"
        # What is given is then the value itself, as it is by functions of a library.
        ok = kind.result.parts[0][1] if self._has_error and kind.result is not None else None
        self._gives_result = ok is not None and ok.kind == "result"

    def __call__(self, *values: Any) -> Any:
        if not self._has_error:
            return self._function(*values)
        try:
            result = self._function(*values)
        except ResultError as error:
            is_whole = hasattr(error, "__dataclass_fields__")
            return Err(error if is_whole else error.value)
        is_whole = isinstance(result, (Ok, Err)) and not self._gives_result
        return result if is_whole else Ok(result)
