"""What cannot be given to a guest is refused in words, before anything runs."""

from pathlib import Path

import pytest

import wherever
from tests.wasi.guests import guest
from wherever.errors import InputError

NOTHING = guest("")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"args": ["a\0b"]}, "arguments and variables cannot hold a zero byte"),
        (
            {"args": ["\udcff"]},
            "an argument is not UTF-8 text; guests take no other arguments",
        ),
        (
            {"env": {"A": "\udcff"}},
            "a variable is not UTF-8 text; guests take no other variables",
        ),
        ({"args": ["x" * (1 << 20)]}, "arguments and variables are over 1048576 bytes"),
        ({"args": "abc"}, "args is 'abc', one text; pass a list of arguments"),
    ],
)
def test_refused(how: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        wherever.run(NOTHING, **how)
    assert str(caught.value) == words


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no folder .* to grant"):
        wherever.run(NOTHING, dirs=[f"{tmp_path}/none:/in"])


def test_arguments_and_variables_arrive() -> None:
    count = """(drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
      (drop (call $environ_sizes_get (i32.const 8) (i32.const 12)))
      (call $proc_exit (i32.add (i32.load (i32.const 0)) (i32.mul (i32.const 10)
        (i32.load (i32.const 8)))))"""
    module = guest(count, "args_sizes_get", "environ_sizes_get")
    # argv[0] and two arguments; no variables unless given.
    assert wherever.run(module, ["a", "b"]).exit_code == 3
    assert wherever.run(module, env={"A": "1", "B": "ä"}).exit_code == 21
