"""What we say the baseline compiler refuses is what it refuses."""

import pytest
import wasmtime
from wasmtime import _ffi
from wasmtime.component import Component

from wherever.wasm import facts, winch_refuses

WINCH = 2


def compiles(program, is_component, winch):
    config = wasmtime.Config()
    config.shared_memory = True
    config.wasm_exceptions = not winch
    if winch:
        _ffi.wasmtime_config_strategy_set(config.ptr(), WINCH)
    engine = wasmtime.Engine(config)
    try:
        (Component if is_component else wasmtime.Module)(engine, program)
    except wasmtime.WasmtimeError:
        return False
    return True


def test_the_named_feature_is_the_first_that_is_refused(proposal, wasm):
    assert winch_refuses(facts(wasm(proposal["wat"]))) == proposal.get("winch")


def test_the_baseline_compiler_agrees(proposal, wasm):
    program = wasm(proposal["wat"])
    found = facts(program)
    is_component = found["kind"] == "component"
    if not compiles(program, is_component, winch=False) or "target_features" in proposal["wat"]:
        # No compiler takes it here, or only its custom section speaks of the feature.
        return
    taken = compiles(program, is_component, winch=True)
    if "in_code" in proposal:
        assert winch_refuses(found) is None
        assert not taken
    else:
        # A tag alone passes, but code that throws it does not.
        assert taken == (winch_refuses(found) is None)


@pytest.mark.parametrize("features", [[], ["simd", "bulk-memory", "multi-value"]])
def test_ordinary_programs_are_taken(features):
    assert winch_refuses({"features": features}) is None
