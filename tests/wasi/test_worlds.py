"""A guest made for another world is told so before it starts."""

import pytest

from wherever.errors import NotGranted, NotRunnable, WhereverError
from wherever.wasi.worlds import refuse


def module(*imports: tuple[str, str]) -> dict[str, object]:
    return {"kind": "module", "imports": [(m, n, "func", "(i32) -> ()") for m, n in imports]}


def component(*names: str) -> dict[str, object]:
    return {"kind": "component", "imports": [("", name, "instance", "") for name in names]}


@pytest.mark.parametrize(
    "facts",
    [
        module(("wasi_snapshot_preview1", "fd_write"), ("wasi_snapshot_preview1", "sock_accept")),
        component("wasi:cli/environment@0.2.0", "wasi:io/streams@0.2.12"),
        component("wasi:sockets/tcp@0.2.3"),
        component("wasi:http/types@0.2.12", "wasi:http/outgoing-handler@0.2.0"),
    ],
)
def test_hosted(facts: dict[str, object]) -> None:
    refuse(facts)


def test_what_a_recipe_provides_is_not_missing() -> None:
    refuse(module(("env", "now")), ["env#now"])


@pytest.mark.parametrize(
    ("facts", "kind", "words"),
    [
        (
            component("wasi:http/incoming-handler@0.2.0"),
            NotRunnable,
            "it imports wasi:http/incoming-handler@0.2.0, which is not in the worlds that can be "
            "hosted; commands of WASI 0.2 and preview 1 run here; see: wherever inspect",
        ),
        (
            component("wasi:cli/stdout@0.3.0-rc-2026-02-09"),
            NotRunnable,
            "it is made for WASI 0.3.0-rc-2026-02-09 (wasi:cli/stdout@0.3.0-rc-2026-02-09), "
            "which the engine cannot host yet; build it for WASI 0.2",
        ),
        (
            component("wasi:keyvalue/store@0.2.0-draft"),
            NotRunnable,
            "it imports wasi:keyvalue/store@0.2.0-draft, which is not in the worlds that can be "
            "hosted; commands of WASI 0.2 and preview 1 run here; see: wherever inspect",
        ),
        (
            component("acme:db/query"),
            NotRunnable,
            "it imports acme:db/query, which is not part of WASI; "
            "it needs the host it was made for; see: wherever inspect",
        ),
        (
            module(("wasi_snapshot_preview1", "sock_open")),
            NotGranted,
            "it wants the network (sock_open), which cannot be granted; "
            "a program may be granted HTTP with --net, by wasi:http 0.2, and no sockets",
        ),
        (
            module(("wasi_unstable", "fd_write")),
            NotRunnable,
            "it is made for the first WASI of 2019 (wasi_unstable), which nobody hosts now; "
            "build it with a newer compiler",
        ),
        (
            module(("wasi", "thread-spawn")),
            NotRunnable,
            "it starts threads (wasi thread-spawn), which are not hosted; build it without threads",
        ),
        (
            module(("wasi_snapshot_preview1", "fd_dance")),
            NotRunnable,
            "it imports fd_dance, which preview 1 does not have",
        ),
        (
            module(("gojs", "runtime.wasmExit")),
            NotRunnable,
            "it imports gojs.runtime.wasmExit (i32) -> (), which nothing here has; "
            "it was built by Go for JavaScript: build it with GOOS=wasip1",
        ),
        (
            module(("guest", "f")),
            NotRunnable,
            "it imports guest.f (i32) -> (), which nothing here has; "
            "it needs the host it was made for; see: wherever inspect",
        ),
        (
            module(("mine", "f")),
            NotRunnable,
            "it imports mine.f (i32) -> (), which nothing here has; "
            "it needs the host it was made for; see: wherever inspect",
        ),
    ],
)
def test_refused(facts: dict[str, object], kind: type[WhereverError], words: str) -> None:
    with pytest.raises(kind) as caught:
        refuse(facts)
    assert str(caught.value) == words
