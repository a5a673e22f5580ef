"""WIT as text: what is written says the same to the tool that reads WIT."""

from wherever.wit.model import Function, Interface, Type
from wherever.wit.text import interface_text

HOME = "acme:text/api"
TEXT = Type("string")
COUNTS = Type(
    "record",
    (("words", Type("u32")), ("list", Type("list", (("", Type("u8")),)))),
    "counts",
    HOME,
    "How much.",
    ("Of them.", ""),
)
KIND = Type("enum", (("small", None), ("big", None)), "kind", HOME)
SHAPE = Type("variant", (("dot", None), ("line", COUNTS)), "shape", HOME)
ALIAS = Type("tuple", (("f0", TEXT), ("f1", Type("option", (("none", None), ("some", KIND))))))
BLOB = Type("resource", (), "blob", HOME)
ERROR = Type("result", (("ok", None), ("err", TEXT)))

INTERFACE = Interface(
    HOME,
    (
        *((each.name, each) for each in (COUNTS, KIND, SHAPE)),
        ("pair", ALIAS),
        ("blob", BLOB),
    ),
    (
        Function(
            "blob",
            "[constructor]blob",
            (("name", TEXT),),
            Type("own", (("", BLOB),)),
            "constructor",
            BLOB,
        ),
        Function(
            "size",
            "[method]blob.size",
            (("self", Type("borrow", (("", BLOB),))),),
            Type("u64"),
            "method",
            BLOB,
        ),
        Function("of", "[static]blob.of", (), Type("own", (("", BLOB),)), "static", BLOB),
        Function(
            "count", "count", (("text", TEXT), ("shape", SHAPE)), COUNTS, docs="Counts.\n\nAll."
        ),
        Function("fail", "fail", (), ERROR),
        Function("none", "none", (), Type("result", (("ok", TEXT), ("err", None)))),
    ),
    "Texts.",
)


def test_an_interface_is_written_as_wit():
    assert (
        interface_text("api", INTERFACE)
        == """\
/// Texts.
interface api {
  /// How much.
  record counts {
    /// Of them.
    words: u32,
    %list: list<u8>,
  }
  enum kind {
    small,
    big,
  }
  variant shape {
    dot,
    line(counts),
  }
  type pair = tuple<string, option<kind>>;
  resource blob {
    constructor(name: string);
    size: func() -> u64;
    of: static func() -> blob;
  }
  /// Counts.
  ///
  /// All.
  count: func(text: string, shape: shape) -> counts;
  fail: func() -> result<_, string>;
  none: func() -> result<string>;
}
"""
    )
