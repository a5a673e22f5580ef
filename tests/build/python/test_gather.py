"""What a program is made of is found by reading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build.python import gather
from wherever.errors import InputError


def test_modules_beside_the_main_file_come_along_and_others_do_not(project: Path) -> None:
    (project / "main.py").write_text("import one\nfrom two.inner import x\nimport absent, json\n")
    (project / "one.py").write_text("")
    (project / "unused.py").write_text("")
    (project / "two").mkdir()
    (project / "two" / "inner.py").write_text("")
    (project / "two" / "words.txt").write_text("hi")
    found = gather.program(project / "main.py", project)
    assert {name: place for name, (place, *_) in found.modules.items()} == {
        "main": "main.py",
        "one": "one.py",
        "two": "",
        "two.inner": "two/inner.py",
    }
    assert found.files == {"two/words.txt": b"hi"}
    assert found.missing() == ["absent"]


def test_a_main_inside_a_package_is_a_module_of_it(project: Path) -> None:
    (project / "src" / "tool").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py", "part.py"):
        (project / "src" / "tool" / name).write_text("")
    found = gather.program(project / "src" / "tool" / "__main__.py", project)
    assert found.main == "tool.__main__"
    assert sorted(found.modules) == ["tool", "tool.__main__", "tool.part"]


def test_machine_code_in_a_package_is_refused(project: Path) -> None:
    (project / "quick").mkdir()
    (project / "quick" / "core.so").write_bytes(b"\x7fELF")
    with pytest.raises(InputError) as caught:
        gather.add_packages(gather.Gathered("main"), project)
    assert caught.value.what == (
        "the package quick holds machine code (quick/core.so), which cannot run in WebAssembly"
    )


def test_what_no_program_reads_of_a_package_stays_behind(project: Path) -> None:
    (project / "words").mkdir()
    for name in ("__init__.py", "de.mo", "de.po", "stubs.pyi", "page.html"):
        (project / "words" / name).write_text("")
    gathered = gather.Gathered("main")
    gather.add_packages(gathered, project)
    assert sorted(gathered.modules) == ["words"]
    assert sorted(gathered.files) == [
        "site-packages/words/de.mo", "site-packages/words/page.html",
    ]  # fmt: skip
