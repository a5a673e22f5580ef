"""What jco's code lacks is put into it; the hostile library shows that it holds."""

from __future__ import annotations

import pytest

from wherever.bind.typescript.guarding import guarded
from wherever.errors import InternalError

HEAD = "export function instantiate(getCoreModule, imports) {\n"
CALL = """
getOrCreateAsyncState(3).throwIfTrapped();
  componentIdx: 3, at(() => realloc1);
  var len0 = 2, result0 = new Uint32Array(memory1.buffer.slice(ptr0, ptr0 + len0 * 4));
  _debugLog('[iface="a:b/c", function="f"][Instruction::Return]', {});
realloc1 = exports1.cabi_realloc;
function trampoline2(handle) {
  const handleEntry = rscTableRemove(handleTable4, handle);
}
"""


def test_calls_lists_rooms_and_handles_are_looked_at() -> None:
    made = guarded(HEAD + CALL)
    for each in (
        "_begin(); getOrCreateAsyncState(3).throwIfTrapped();",
        "_settled(); _debugLog('[iface=",
        "new Uint32Array(_slice(memory1.buffer, ptr0, ptr0 + len0 * 4))",
        "realloc1 = _room(3, exports1.cabi_realloc);",
        "_mine(handleTable4, handle); const handleEntry = rscTableRemove(handleTable4, handle);",
    ):
        assert each in made
    assert made.startswith(HEAD)


def test_code_of_another_form_is_not_taken() -> None:
    with pytest.raises(InternalError, match="begins in another way"):
        guarded(CALL)
