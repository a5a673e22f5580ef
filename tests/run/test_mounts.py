"""Granted folders, and the one that relative paths lead into."""

import pytest

from wherever.errors import InputError
from wherever.run.mounts import check, starting_in


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("a/sub/deep", "b"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "a" / "inner").symlink_to("sub")
    (tmp_path / "a" / "outer").symlink_to(tmp_path / "b")
    return tmp_path


def test_folders_at_paths_of_their_own_are_fine():
    check([("a", "/a", False), ("b", "/a/b", True), ("b", "b", True)], [("b", "/script", True)])


@pytest.mark.parametrize("guest", ["/script", "script", "/script/", "//script/."])
def test_the_programs_own_folder_is_taken(guest):
    with pytest.raises(InputError) as caught:
        check([("a", guest, False)], [("b", "/script", True)])
    assert caught.value.what == (
        f"the guest cannot see both the program's own /script and a at {guest}"
    )


def test_a_zero_byte_is_no_path():
    with pytest.raises(InputError):
        check([("a", "/in\0", False)])


@pytest.mark.parametrize(
    ("workdir", "host"),
    [
        ("/in", "a"),
        ("/in/", "a"),
        ("/in/sub", "a/sub"),
        ("in/sub/deep", "a/sub/deep"),
        ("/in/inner", "a/sub"),
        ("/in/b", "b"),
        ("/", "b"),
    ],
)
def test_the_innermost_grant_holds_it(here, workdir, host):
    folders = [("a", "/in", True), ("b", "/in/b", True), ("b", "/", True)]
    assert starting_in(workdir, folders) == (str(here / host), ".", True)


@pytest.mark.parametrize("workdir", ["/in/outer", "/in/../b", "/elsewhere", "/in/none", "/inside"])
def test_nothing_outside_of_the_grant(workdir):
    with pytest.raises(InputError):
        starting_in(workdir, [("a", "/in", False)])


def test_it_is_as_writable_as_the_grant(here):
    assert starting_in("/in", [("a", "/in", False)]) == (str(here / "a"), ".", False)
