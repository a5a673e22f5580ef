"""The world of a component, or of the one a module will become, is printed as WIT."""

from pathlib import Path

import pytest

from wherever.errors import NotRunnable
from wherever.wasm import world

EMBEDDED = """package root:component;

world app {
  import small: interface {
    now: func() -> u64;
  }
  import lab:demo/shapes@1.2.3;
  use lab:demo/shapes@1.2.3.{point};
  import log: func(s: string, p: point);
  export run: func(args: list<string>) -> result<_, string>;
  export out: interface {
    use lab:demo/shapes@1.2.3.{canvas};
    give: func(c: canvas) -> list<u8>;
  }
}

package lab:demo@1.2.3 {
  interface shapes {
    record point {
      x: f32,
      y: f32,
    }
    variant shape {
      circle(tuple<point, f32>),
      poly(list<point>),
      none,
    }
    enum colour {
      red,
      green,
    }
    flags mode {
      read,
      write,
    }
    resource canvas {
      constructor(w: u32);
      draw: func(s: shape, c: option<colour>) -> result<u32, string>;
      open: static func(name: string) -> result<canvas, colour>;
    }
    type alias = list<u8>;
    area: func(s: borrow<canvas>, %type: mode) -> f64;
  }
}
"""


def test_the_world_embedded_in_a_module(wasm):
    assert world(wasm("shapes-module.wat")) == EMBEDDED


def test_a_component_prints_what_was_written_for_it(wasm):
    lines = sorted(world(wasm("shapes-component.wat")).splitlines())
    # The encoder leaves out an alias that nothing uses, and the name of the world.
    assert lines == sorted(
        line
        for line in EMBEDDED.replace("world app", "world root").splitlines()
        if line != "    type alias = list<u8>;"
    )


def test_the_source_of_these_samples_says_the_same():
    source = (Path(__file__).parent / "shapes.wit").read_text()
    for line in EMBEDDED.splitlines():
        if ": func(" in line or ": static func(" in line:
            assert line.strip().removeprefix("import ").removeprefix("export ") in source


def test_types_are_used_from_where_they_are_defined(wasm):
    program = wasm("""(component
      (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
      (alias export $error "error" (type $e))
      (import "wasi:io/streams@0.2.0" (instance
        (alias outer 1 $e (type $e')) (export "error" (type $e'' (eq $e')))
        (export "fault" (type (eq $e')))
        (type $code (enum "a" "b")) (export "code" (type $c (eq $code)))
        (export "also" (type (eq $c)))
        (type $list (list $c)) (export "codes" (type (eq $list)))
        (export "last" (func (result (own $e''))))))
      (import "lab:x/y" (instance (alias outer 1 $e (type $e')) (export "error" (type (eq $e')))
        (export "from" (func async (param "list" (stream u8)) (result (future)))))))""")
    assert (
        world(program)
        == """package root:component;

world root {
  import wasi:io/error@0.2.0;
  import wasi:io/streams@0.2.0;
  import lab:x/y;
}

package wasi:io@0.2.0 {
  interface error {
    resource error;
  }
  interface streams {
    use error.{error};
    use error.{error as fault};
    enum code {
      a,
      b,
    }
    type also = code;
    type codes = list<code>;
    last: func() -> error;
  }
}

package lab:x {
  interface y {
    use wasi:io/error@0.2.0.{error};
    %from: async func(%list: stream<u8>) -> future;
  }
}
"""
    )


def test_nested_things_that_wit_has_no_word_for_are_named(wasm):
    program = wasm("""(component (import "m" (core module))
      (import "c" (component (export "x" (func)))) (import "a" (type (sub resource))))""")
    assert "import m: module;\n  import c: component;\n  resource a;" in world(program)


def test_a_module_without_a_world_says_so(forge):
    with pytest.raises(NotRunnable, match="the module holds no WIT"):
        world(forge.module())


def test_an_embedded_world_may_be_malformed(forge):
    broken = forge.module(forge.custom("component-type:x", b"\0asm\x0d\0\1\0\x07\x7f"))
    with pytest.raises(NotRunnable, match="announces 127 bytes, 0 are left"):
        world(broken)
    empty = forge.module(forge.custom("component-type", forge.component()))
    with pytest.raises(NotRunnable, match="holds no WIT"):
        world(empty)


def test_names_cannot_move_the_terminal(forge):
    name = "a\x1b[2J\nworld"
    function = forge.section(7, b"\1\x40\1", forge.name(name), b"\x79\1\0")
    imports = forge.section(10, b"\1\0", forge.name(name), b"\1\0")
    text = world(forge.component(function, imports))
    assert "import a\\x1b[2J\\nworld: func(a\\x1b[2J\\nworld: u32);" in text
