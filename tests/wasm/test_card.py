"""The permission card says what imports prove, and no more."""

import pytest

from wherever.wasm import facts
from wherever.wasm.card import WORDS, reach

WASI = "wasi_snapshot_preview1"


def card(*imports):
    return {subject: words for subject, words, _ in reach(imports)}


def preview_1(*names):
    return card(*[(WASI, name, "func", "() -> i32") for name in names])


def interface(name, text=""):
    return card(("", name, "instance", text))


def test_nothing_proves_nothing():
    assert card() == {}
    assert preview_1("proc_exit", "sched_yield", "fd_close") == {}
    assert interface("wasi:cli/exit@0.2.0") == interface("wasi:io/poll@0.2.0") == {}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["fd_write"], {"streams": "stdin, stdout and stderr"}),
        (["args_get"], {"arguments": "what follows its name on the command line"}),
        (["environ_get"], {"environment": "only the variables that you give it with --env"}),
        (["clock_time_get"], {"clock": "reads the time"}),
        (["clock_time_get", "poll_oneoff"], {"clock": "reads the time, and sleeps"}),
        (["random_get"], {"random": "random numbers"}),
        (
            ["sock_accept"],
            {"network": "none: it may use connections that it is given, and is given none"},
        ),
        (
            ["path_open", "fd_readdir"],
            {"files": "reads, only in folders that you give it with --dir"},
        ),
        (
            ["path_unlink_file"],
            {"files": "reads and writes, only in folders that you give it with --dir"},
        ),
    ],
)
def test_of_preview_1(names, expected):
    assert preview_1(*names) == expected


def test_opening_and_writing_together_prove_that_files_are_written():
    assert preview_1("path_open", "fd_write")["files"].startswith("reads and writes")
    assert preview_1("path_open", "fd_read")["files"].startswith("reads,")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("wasi:cli/stdin@0.2.0", "", {"streams"}),
        ("wasi:cli/terminal-stdin@0.2.0", "", {"terminal"}),
        ("wasi:clocks/wall-clock@0.2.0", "", {"clock"}),
        ("wasi:random/insecure@0.2.0", "", {"random"}),
        ("wasi:sockets/tcp@0.2.0", "", {"network"}),
        ("wasi:http/outgoing-handler@0.2.0", "", {"network"}),
        ("wasi:cli/environment@0.2.0", "get-environment: func()", {"environment"}),
        ("wasi:cli/environment@0.2.0", "get-arguments: func()", {"arguments"}),
        (
            "wasi:cli/environment@0.2.0",
            "get-environment: func()\nget-arguments: func()",
            {"environment", "arguments"},
        ),
        ("wasi:keyvalue/store@0.2.0", "", {"host"}),
    ],
)
def test_of_components(name, text, expected):
    assert set(interface(name, text)) == expected


def test_an_interface_is_written_to_when_its_functions_write():
    files = "wasi:filesystem/types@0.2.0"
    assert interface(files, "[method]descriptor.stat: f")["files"].startswith("reads,")
    writes = interface(files, "[method]descriptor.write-via-stream: f")["files"]
    assert writes.startswith("reads and writes,")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["types@0.2.0"], "none: it answers HTTP requests, and sends none"),
        (
            ["types@0.2.12", "outgoing-handler@0.2.12"],
            "sends HTTP requests, only to hosts that you give it with --net",
        ),
        (
            ["types@0.2.0", "handler@0.3.0"],
            "wants it, and cannot be given it: it will not start",
        ),
        (["types"], "wants it, and cannot be given it: it will not start"),
    ],
)
def test_who_answers_requests_cannot_send_any(names, words):
    imports = [("", f"wasi:http/{name}", "instance", "") for name in names]
    assert card(*imports) == {"network": words}


def test_hosts_are_named_and_not_all_of_them():
    found = card(*[(f"m{n}", "f", "func", "") for n in range(9)])
    assert found == {"host": "only what a host of its own gives it: m0, m1, m2, m3 and 5 more"}
    assert card(("wasi", "thread-spawn", "func", "")) == {"threads": WORDS["threads"]}


def test_proofs_are_the_imports(wasm):
    program = wasm(f"""(module (import "{WASI}" "random_get" (func (param i32 i32) (result i32)))
      (import "{WASI}" "clock_time_get" (func (param i32 i64 i32) (result i32)))
      (import "env" "log" (func)) (import "env" "memory" (memory 1)))""")
    assert reach(facts(program)["imports"]) == [
        ("clock", "reads the time", ["clock_time_get"]),
        ("random", "random numbers", ["random_get"]),
        ("host", "only what a host of its own gives it: env", ["env.log", "env.memory"]),
    ]
