"""Only what has no branch, and is long, is left unoptimised."""

from __future__ import annotations

from wherever.bind.c.straight import LONGEST, unoptimised

STORES = "  i32_store(memory, 1, 2);\n" * (LONGEST // 27 + 1)


def function(head: str, body: str) -> str:
    return f"{head} {{\n  FUNC_PROLOGUE;\n{body}}}\n"


def test_a_table_of_relocations_is_left_as_it_is() -> None:
    before = function("static u32 first(struct w2c* instance, u32 var_p0)", "  return 1;\n")
    table = function("void relocate(struct w2c* instance)", STORES)
    after = function("u32* last(struct w2c* instance)", "  return 2;\n")
    made = unoptimised(before + table + after)
    assert made.endswith(f"#endif\n\n{before}GUEST_STRAIGHT {table}{after}")


def test_what_branches_and_what_is_short_is_optimised() -> None:
    data = "static int x[] = {\n" + "1,\n" * LONGEST + "};\n"
    for body in (
        STORES + "  if (var_i0) {goto var_B1;}\n",
        "  var_L1: GUEST_CHECK\n" + STORES,
        STORES + "  switch (var_i0) {\n",
        STORES + "  LOAD_DATA(memory, 1u, data, 2);\n",
        "  i32_store(memory, 1, 2);\n",
    ):
        text = function("void run(struct w2c* instance)", body) + data
        assert unoptimised(text) == text
