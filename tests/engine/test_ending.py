"""The library's long texts, as one line and a list of the guest's functions."""

from wherever.engine.ending import split


def test_a_trap() -> None:
    text = (
        "error while executing at wasm backtrace:\n"
        "    0:     0x2c - guest!boom\n"
        "    1:     0x33 - guest!_start\n\n"
        "Caused by:\n    wasm trap: wasm `unreachable` instruction executed"
    )
    assert split(text) == ("`unreachable` instruction executed", ("boom", "_start"))


def test_source_lines_stay_with_their_function() -> None:
    text = (
        "error while executing at wasm backtrace:\n"
        "    0:     0x6e - guest!divide\n"
        "                    at /src/a.c:3:5\n"
        "    1:     0x99 - guest!main\n"
        "                    at /src/a.c:9:1\n\n"
        "Caused by:\n    wasm trap: integer divide by zero"
    )
    assert split(text) == (
        "integer divide by zero",
        ("divide (/src/a.c:3:5)", "main (/src/a.c:9:1)"),
    )


def test_our_own_frames_are_left_out() -> None:
    text = (
        "error while executing at wasm backtrace:\n"
        "    0:     0x11 - wherever!stop\n"
        "    1:     0x2c - guest!loud\n\n"
        "Caused by:\n    0: something\n    1: wasm trap: out of bounds memory access"
    )
    assert split(text) == ("out of bounds memory access", ("loud",))


def test_a_bare_message() -> None:
    assert split("memory minimum size of 99 pages exceeds memory limits") == (
        "memory minimum size of 99 pages exceeds memory limits",
        (),
    )
