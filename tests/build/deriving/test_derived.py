"""The world that a library gets: a package of WIT that the tools take, and people can read."""

from wherever.build.bindings import wit
from wherever.build.deriving import derived
from wherever.build.project import find
from wherever.wit.model import Function, Type

MANIFEST = """
[package]
name = "acme:text"
version = "1.2.0"
kind = "library"
"""


def library(folder, manifest=MANIFEST):
    (folder / "wherever.toml").write_text(manifest)
    (folder / "main.c").write_text("int add(int a, int b) { return a + b; }\n")
    return find(folder)


def test_a_derived_world_is_read_like_one_that_was_written(tmp_path):
    project = library(tmp_path)
    target = tmp_path / "scratch"
    target.mkdir()
    point = Type("record", (("x", Type("s32")),), "point", derived.home(project))
    add = Function("add", "add", (("a", point), ("b", Type("s32"))), Type("s32"), docs="Adds.")
    made = derived.world(project, [point], [add], target, "Sums.")
    read = wit.read(made, target)
    assert read.name == "acme:text/library@1.2.0"
    assert read.imports == ()
    (api,) = read.exports
    assert (api.name, api.types, api.functions) == (
        "acme:text/api@1.2.0",
        (("point", point),),
        (add,),
    )
    assert (
        (tmp_path / "build" / "wit" / "world.wit")
        .read_text()
        .startswith("package acme:text@1.2.0;\n\n/// Sums.\ninterface api {\n")
    )


def test_a_world_is_derived_only_where_nobody_wrote_one(tmp_path):
    assert derived.is_wanted(library(tmp_path))
    assert not derived.is_wanted(library(tmp_path, MANIFEST + '[build]\nworld = "text"\n'))
    assert not derived.is_wanted(library(tmp_path, MANIFEST.replace("library", "command")))
    (tmp_path / "wit").mkdir()
    assert not derived.is_wanted(library(tmp_path))
