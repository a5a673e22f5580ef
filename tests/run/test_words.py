"""The words of each ending."""

import doctest

import pytest

from wherever.policy.limits import Limits
from wherever.run import words as module
from wherever.run.words import option_for, words


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (
            ("limit", "timeout", 0.5, 0.504),
            "stopped after 0.50 s of its 0.5 s (--timeout); give it more with --timeout 5",
        ),
        (
            ("limit", "cpu_time", 2, 2.04),
            "stopped after 2.0 s of its 2 s of processor time (--cpu-time);"
            " give it more with --cpu-time 20",
        ),
        (
            ("limit", "fuel", 1_000_000),
            "stopped after all of its 1,000,000 instructions (--fuel);"
            " give it more with --fuel 10000000",
        ),
        (
            ("limit", "memory", 64 << 20),
            "needed more than its 64 MiB of memory (--memory); give it more with --memory 256m",
        ),
        (
            ("limit", "stack", 1 << 20),
            "called too deep for its 1 MiB of stack (--stack); give it more with --stack 4m",
        ),
        (
            ("limit", "output", 1000),
            "wrote more than its 1000 B of output (--max-output);"
            " give it more with --max-output 4000",
        ),
        (
            ("limit", "disk", 1 << 30),
            "wrote more than its 1 GiB to files (--max-disk); give it more with --max-disk 4g",
        ),
        (
            ("limit", "open_files", 256),
            "opened more than its 256 files at once (--max-open-files);"
            " give it more with --max-open-files 2560",
        ),
        (
            ("limit", "host_calls", 1000),
            "made more than its 1,000 calls out of the sandbox (--max-host-calls);"
            " give it more with --max-host-calls 10000",
        ),
        (
            (
                *("limit", "memory", 1 << 20, None),
                "it needs 1048577 bytes of memory to start, and 1048576 are allowed",
            ),
            "needs 1 MiB of memory to start, more than its 1 MiB (--memory);"
            " give it more with --memory 2m",
        ),
        (("exited",), ""),
        (
            ("trapped", None, None, None, "integer divide by zero"),
            "stopped by a trap: integer divide by zero",
        ),
        (("trapped",), "stopped by a trap"),
        (("interrupted",), "interrupted"),
        (("killed", None, None, None, "signal 9"), "killed: signal 9"),
        (("limit", "threads"), "reached its limit: threads"),
        (
            ("limit", "memory"),
            "needed more than its limit of memory (--memory); give it more with --memory",
        ),
    ],
)
def test_an_ending_in_words(ending, said):
    message, hint = words(*ending)
    assert "; ".join(part for part in (message, hint) if part) == said


def test_python_reads_the_name_of_its_own_argument():
    assert words("limit", "timeout", 1, 1, python=True) == (
        "stopped after 1.0 s of its 1 s (timeout)",
        "give it more with timeout=10",
    )


def test_every_limit_has_words_and_an_option():
    for limit in Limits.__slots__:
        assert option_for(limit).startswith("--")
        assert option_for(limit) in words("limit", limit, 100, 100)[0]


def test_the_examples_run():
    assert doctest.testmod(module).failed == 0


def test_nothing_is_advised_that_would_be_refused() -> None:
    assert words("limit", "stack", 255 << 20)[1] == "no guest can have much more than that"
    assert words("limit", "stack", 1 << 20)[1] == "give it more with --stack 4m"
