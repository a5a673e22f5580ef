"""From an app's settings to what answers its requests."""

from __future__ import annotations

import asyncio
import weakref

from wherever.edge.cgi import CgiApp
from wherever.edge.config import STREAM
from wherever.edge.guest import lane
from wherever.edge.guest.actors import ActorApp, key_of
from wherever.edge.guest.app import GuestApp
from wherever.edge.guest.loading import PLAIN, WASI, load
from wherever.edge.guest.outside import Outside
from wherever.edge.guest.turns import Turns
from wherever.engine.text import binary
from wherever.errors import InputError, NotRunnable
from wherever.policy.grants import Grants
from wherever.run.loaded import CAPTURED
from wherever.run.loaded import load as load_program
from wherever.run.request import job_for, program_for
from wherever.wasm import facts, sniff
from wherever.wasm.cursor import Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.config import AppSpec, Serving
    from wherever.edge.exchange import App
    from wherever.edge.guest.loading import Loaded
    from wherever.edge.host.apps import Around
    from wherever.edge.http.limits import Limits as ConnectionLimits
    from wherever.edge.http.server import Lane
    from wherever.edge.routing import Router
    from wherever.policy.limits import Limits
    from wherever.run.job import Job
    from wherever.run.program import Program

_turns: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = weakref.WeakKeyDictionary()


def open_app(spec: AppSpec, around: Around) -> App:
    """Makes an app of its settings: compiled, checked, ready for its first request.

    Raises:
        NotFound: there is no such package.
        NotRunnable: it answers no requests.
        LimitReached: it needs more memory or fuel to begin than it may have.
    """
    program = program_for(spec.what)
    serving, limits = spec.settled(program.limits)
    if serving.handler == "cgi" or program.is_script or program.starter:
        return _cgi(spec, serving, limits, program, around)
    with open(program.wasm, "rb") as file:
        data = binary(file.read())
    if serving.handler is None and _is_command(data):
        return _cgi(spec, serving, limits, program, around)
    program.clear()
    if sniff(data) == "module":
        raise NotRunnable(
            f"{spec.name} is a module that answers no requests, and no command either",
            "export wasi:http/incoming-handler, or begin with: wherever new NAME --kind http",
        )
    loaded = load(spec.name, data, limits)
    _check(spec, serving, loaded)
    job = _job(spec, limits, program)
    turns = turns_of(asyncio.get_running_loop())
    turns.watch(loaded.assembly.engine.pointer)
    outside = Outside(spec, around.neighbours, job)
    given = spec, serving, limits, loaded, turns, outside, around.meter
    if serving.isolation != "actor":
        return GuestApp(*given)
    return ActorApp(*given).keyed(key_of(serving.key or ""), serving.pool or 1)


def _is_command(data: bytes) -> bool:
    """Whether it is started once and ends, so that a run of it is an answer."""
    try:
        exports = facts(data)["exports"]
    except Malformed:
        return False
    return any(name == "_start" or name.startswith("wasi:cli/run@") for name, *_ in exports)


def _cgi(
    spec: AppSpec, serving: Serving, limits: Limits, program: Program, around: Around
) -> CgiApp:
    try:
        _check_body(spec, serving)
        if serving.isolation in ("pool", "actor"):
            raise InputError(
                f"{spec.name} answers by CGI, where each request is a run of its own",
                "leave out isolation, pool and reuse",
            )
        job = _job(spec, limits, program)
        job.stdout = job.stderr = "capture"
        # No visitor waits for a compiler, and what cannot run is told now.
        load_program(job, CAPTURED)
    except BaseException:
        program.clear()
        raise
    return CgiApp(spec.name, job, serving, around.meter, program.clear)


def _job(spec: AppSpec, limits: Limits, program: Program) -> Job:
    """What `run` would be given of the same settings.

    Raises:
        InputError: one of them cannot be used.
    """
    return job_for(
        spec.what,
        program,
        spec.args,
        grants=Grants(spec.files, dict(spec.env)),
        limits=limits,
        named=limits.__slots__,
    )


def _check(spec: AppSpec, serving: Serving, loaded: Loaded) -> None:
    """Refuses settings that this kind of handler cannot keep."""
    wanted = {"http": PLAIN, "wasi-http": WASI}.get(serving.handler or "", loaded.kind)
    if wanted != loaded.kind:
        raise NotRunnable(
            f"{spec.name} answers by {loaded.kind}, not as {serving.handler}",
            "leave out handler: it is found in the binary",
        )
    if loaded.kind == PLAIN:
        _check_body(spec, serving)


def _check_body(spec: AppSpec, serving: Serving) -> None:
    """Refuses bodies without a bound where they are gathered before they are handed on."""
    if serving.body == STREAM:
        raise InputError(
            f"{spec.name} is given the bodies of its requests whole, which need a bound",
            'set its body to a size, such as "10m"',
        )


def lane_of(router: Router, scheme: str, limits: ConnectionLimits) -> Lane | None:
    """The short way to apps that guests answer, or None where there is none."""
    return lane.lane_of(router.site, turns_of(asyncio.get_running_loop()), scheme, limits)


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """The guests of a loop."""
    found = _turns.get(loop)
    if found is None:
        found = _turns[loop] = Turns()
    return found
