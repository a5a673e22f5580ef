"""Packages of npm are kept under what names them, so none may be a file that can change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wherever.build.javascript import packages
from wherever.errors import InputError


def refused(project: Path, tmp_path: Path, package: object, lock: object = None) -> InputError:
    (project / "package.json").write_text(json.dumps(package, indent=2))
    if lock is not None:
        (project / "package-lock.json").write_text(json.dumps(lock))
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    with pytest.raises(InputError) as caught:
        packages.bring(project, scratch, lambda text: None)
    return caught.value


@pytest.mark.parametrize(
    "spec",
    ["file:lib", "FILE:../lib", "./lib", "../lib-1.0.0.tgz", "/lib", "~/lib", "lib-1.0.0.tar.gz"],
)
def test_a_path_is_refused_where_it_stands(project: Path, tmp_path: Path, spec: str) -> None:
    error = refused(project, tmp_path, {"dependencies": {"zod": "~4.1", "lib": spec}})
    assert error.what == f'package.json:4: "lib" is the path {json.dumps(spec)}, not a package'
    assert error.hint == (
        "import it by that path, or install the packages yourself: npm install, whose node_modules"
        " is then used as it is"
    )
    optional = {"dependencies": {"zod": "~4.1"}, "optionalDependencies": {"lib": spec}}
    assert refused(project, tmp_path, optional).what.startswith('package.json:6: "lib" is the path')
    overridden = {"dependencies": {"zod": "~4.1"}, "overrides": {"a": {"lib": spec}}}
    assert refused(project, tmp_path, overridden).what.startswith('package.json:7: "lib" is the')


@pytest.mark.parametrize(
    "lock",
    [
        {"packages": {"node_modules/lib": {"resolved": "lib", "link": True}}},
        {"packages": {"node_modules/lib": {"resolved": "file:lib-1.0.0.tgz"}}},
        {"dependencies": {"lib": {"version": "file:lib"}}},
    ],
)
def test_a_path_in_the_lock_is_refused(project: Path, tmp_path: Path, lock: object) -> None:
    package = {"dependencies": {"zod": "~4.1"}}
    error = refused(project, tmp_path, package, lock)
    assert error.what.startswith('package-lock.json: "')
    assert "is the path" in error.what


def test_wrong_files_are_told(project: Path, tmp_path: Path) -> None:
    wrong = refused(project, tmp_path, {"dependencies": ["zod"]})
    assert wrong.what == 'package.json cannot be read: "dependencies" is no table of texts'
    wrong = refused(project, tmp_path, {"dependencies": {"zod": 4}})
    assert wrong.what == 'package.json cannot be read: "dependencies" is no table of texts'
    wrong = refused(project, tmp_path, {"dependencies": {"zod": "4"}}, [1])
    assert wrong.what.startswith("package-lock.json cannot be read: ")


def test_the_users_own_node_modules_is_used_as_it_is(project: Path, tmp_path: Path) -> None:
    (project / "node_modules").mkdir()
    (project / "package.json").write_text('{"dependencies": {"lib": "file:../lib"}}')
    assert packages.bring(project, tmp_path, lambda text: None) == (None, ())
