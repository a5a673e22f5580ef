"""Parts by name: ours from a table, strangers' from their packages' metadata."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wherever import InputError, NotFound, plugins

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
GROUP = "wherever.test-seam"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package that offers a part under GROUP, as pip would leave it on disk."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(package: str, name: str, body: str) -> None:
        (tmp_path / f"{package}.py").write_text(body)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {package}:Part\n")

    yield make
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_the_table_holds_what_pyproject_declares():
    declared = tomllib.loads(PYPROJECT.read_text())["project"].get("entry-points", {})
    assert plugins.BUILT_IN == declared


def test_every_part_of_ours_can_be_loaded():
    for group, parts in plugins.BUILT_IN.items():
        assert plugins.names(group)[: len(parts)] == list(parts)
        for name in parts:
            assert plugins.part(group, name) is not None


def test_a_stranger_is_found_and_loaded_only_when_named(install):
    install("stranger_one", "kind", "class Part: origin = 'one'\n")
    assert plugins.names(GROUP) == ["kind"]
    assert "stranger_one" not in sys.modules
    assert plugins.part(GROUP, "kind").origin == "one"


def test_a_stranger_does_not_take_the_place_of_ours(install, monkeypatch):
    install("stranger_two", "kind", "class Part: pass\n")
    monkeypatch.setitem(plugins.BUILT_IN, GROUP, {"kind": "wherever.errors:NotFound"})
    assert plugins.part(GROUP, "kind") is NotFound
    assert plugins.names(GROUP) == ["kind"]


def test_two_strangers_of_one_name_are_both_named(install):
    install("stranger_three", "kind", "class Part: pass\n")
    install("stranger_four", "kind", "class Part: pass\n")
    with pytest.raises(InputError) as caught:
        plugins.part(GROUP, "kind")
    assert str(caught.value) == (
        "'kind' in wherever.test-seam is offered by two packages, stranger_four and"
        " stranger_three; uninstall one of them"
    )


def test_a_stranger_that_breaks_is_named(install):
    install("stranger_five", "kind", "import nowhere_at_all\n")
    with pytest.raises(InputError) as caught:
        plugins.part(GROUP, "kind")
    assert str(caught.value) == (
        "'kind' in wherever.test-seam, from the package stranger_five, cannot be loaded:"
        " ModuleNotFoundError: No module named 'nowhere_at_all'; update or uninstall that package"
    )


def test_a_name_that_nobody_offers(install):
    install("stranger_six", "kind", "class Part: pass\n")
    with pytest.raises(NotFound) as caught:
        plugins.part(GROUP, "knid")
    assert str(caught.value) == "no part named 'knid' in wherever.test-seam; there is: kind"


def test_a_stranger_is_found_by_a_command_that_started_without_site(tmp_path):
    source = Path(plugins.__file__).parent.parent
    code = (
        f"import sys; sys.path.insert(0, {str(source)!r});"
        "from wherever import plugins; print(plugins.names('console_scripts'))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert "pytest" in done.stdout
