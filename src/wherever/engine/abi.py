"""The engine library's binary interface: its version, struct layouts and prototypes.

Everything that would have to change with another version of the library is in this file;
`tests/engine/test_abi.py` compares it with the bindings that the wheel itself carries.
"""

from __future__ import annotations

VERSION = "50.0.1"
"""The one version of the wheel whose layouts these are."""

EXTERN_SIZE = 32
"""`wasmtime_extern_t`: kind (u8), then the union at `EXTERN_OF`."""

EXTERN_OF = 8

EXTERN_FUNC, EXTERN_MEMORY, EXTERN_SHAREDMEMORY = 0, 3, 4

VAL_SIZE = 32
"""`wasmtime_val_t`: kind (u8), then the union at `VAL_OF`."""

VAL_OF = 8

VAL_I32, VAL_I64, VAL_F32, VAL_F64 = range(4)

COMPONENT_FUNC_SIZE = 32
COMPONENT_INSTANCE_SIZE = 16

COMPONENT_VAL_SIZE = 32
"""`wasmtime_component_val_t`: kind (u8), then the union at 8."""

COMPONENT_U8, COMPONENT_U32, COMPONENT_U64 = 2, 6, 8
COMPONENT_LIST, COMPONENT_RECORD, COMPONENT_TUPLE = 13, 14, 15

BYTE_VEC_SIZE = 16
"""`wasm_byte_vec_t` and every other `*_vec_t`: size (usize), data (pointer)."""

STORE_LIMITS_OF, STORE_LIMITS_WORDS = 16, 8
"""Where a store's context keeps what `wasmtime_store_limiter` was told, as 64-bit words: one, bytes
of memory, one, elements, then instances, tables, memories; and last, whether a refusal traps."""

STRATEGY_WINCH = 2

UPDATE_DEADLINE_CONTINUE = 0
"""What an epoch callback stores to let the guest go on."""

TRAP_STACK_OVERFLOW = 0
TRAP_OUT_OF_FUEL = 11
"""The `wasmtime_trap_code_t` values that we tell apart; the rest speak by their message."""

PROTOTYPES = {
    "wasm_config_new": "p",
    "wasm_engine_new_with_config": "pp",
    "wasm_byte_vec_delete": "vp",
    "wasm_byte_vec_new": "vpzp",
    "wasm_trap_delete": "vp",
    "wasm_trap_message": "vpp",
    "wasi_config_new": "p",
    "wasi_config_delete": "vp",
    "wasi_config_set_argv": "bpzp",
    "wasi_config_set_env": "bpzpp",
    "wasi_config_set_stdin_file": "bps",
    "wasi_config_set_stdin_bytes": "vpp",
    "wasi_config_inherit_stdin": "vp",
    "wasi_config_set_stdout_file": "bps",
    "wasi_config_inherit_stdout": "vp",
    "wasi_config_set_stderr_file": "bps",
    "wasi_config_inherit_stderr": "vp",
    "wasi_config_preopen_dir": "bpssb",
    "wasmtime_error_delete": "vp",
    "wasmtime_error_message": "vpp",
    "wasmtime_error_exit_status": "bpp",
    "wasmtime_error_new": "ps",
    "wasmtime_module_new": "pppzp",
    "wasmtime_module_validate": "pppz",
    "wasmtime_module_delete": "vp",
    "wasmtime_module_serialize": "ppp",
    "wasmtime_module_deserialize_file": "ppsp",
    "wasmtime_sharedmemory_new": "pppp",
    "wasmtime_sharedmemory_delete": "vp",
    "wasmtime_sharedmemory_data": "pp",
    "wasmtime_store_new": "pppp",
    "wasmtime_store_context": "pp",
    "wasmtime_store_limiter": "vpqqqqq",
    "wasmtime_store_delete": "vp",
    "wasmtime_context_set_fuel": "ppQ",
    "wasmtime_context_get_fuel": "ppp",
    "wasmtime_context_set_wasi": "ppp",
    "wasmtime_context_set_epoch_deadline": "vpQ",
    "wasmtime_context_epoch_deadline_async_yield_and_update": "ppQ",
    "wasmtime_store_epoch_deadline_callback": "vpppp",
    "wasmtime_config_consume_fuel_set": "vpb",
    "wasmtime_config_epoch_interruption_set": "vpb",
    "wasmtime_config_max_wasm_stack_set": "vpz",
    "wasmtime_config_wasm_threads_set": "vpb",
    "wasmtime_config_shared_memory_set": "vpb",
    "wasmtime_config_wasm_relaxed_simd_deterministic_set": "vpb",
    "wasmtime_config_strategy_set": "vpB",
    "wasmtime_config_cranelift_nan_canonicalization_set": "vpb",
    "wasmtime_config_async_stack_size_set": "vpz",
    "wasmtime_config_target_set": "pps",
    "wasmtime_engine_increment_epoch": "vp",
    "wasmtime_linker_new": "pp",
    "wasmtime_linker_delete": "vp",
    "wasmtime_linker_allow_shadowing": "vpb",
    "wasmtime_linker_define": "pppszszp",
    "wasmtime_linker_define_func_unchecked": "ppszszpppp",
    "wasmtime_linker_define_wasi": "pp",
    "wasmtime_linker_define_instance": "pppszp",
    "wasmtime_linker_instantiate": "pppppp",
    "wasmtime_linker_instantiate_pre": "pppp",
    "wasmtime_instance_pre_instantiate": "ppppp",
    "wasmtime_instance_pre_delete": "vp",
    "wasmtime_instance_new": "ppppzpp",
    "wasmtime_instance_export_get": "bppszp",
    "wasmtime_func_new_unchecked": "vpppppp",
    "wasmtime_func_call_unchecked": "ppppzp",
    "wasmtime_func_call_async": "ppppzpzpp",
    "wasmtime_call_future_poll": "bp",
    "wasmtime_call_future_delete": "vp",
    "wasmtime_caller_context": "pp",
    "wasmtime_func_type": "ppp",
    "wasm_functype_new": "ppp",
    "wasm_functype_delete": "vp",
    "wasm_functype_params": "pp",
    "wasm_functype_results": "pp",
    "wasm_valtype_new": "pB",
    "wasmtime_wasm_valtype_v128": "p",
    "wasm_valtype_vec_new": "vpzp",
    "wasmtime_memorytype_new": "pQbQbbBp",
    "wasm_memorytype_delete": "vp",
    "wasmtime_memory_new": "pppp",
    "wasmtime_memory_data": "ppp",
    "wasmtime_memory_data_size": "zpp",
    "wasmtime_global_get": "vppp",
    "wasmtime_trap_new": "psz",
    "wasmtime_trap_new_code": "pB",
    "wasmtime_trap_code": "bpp",
    "wasmtime_wat2wasm": "pszp",
    "wasmtime_component_new": "pppzp",
    "wasmtime_component_deserialize_file": "ppsp",
    "wasmtime_component_serialize": "ppp",
    "wasmtime_component_delete": "vp",
    "wasmtime_component_linker_new": "pp",
    "wasmtime_component_linker_delete": "vp",
    "wasmtime_component_linker_add_wasip2": "pp",
    "wasmtime_component_linker_allow_shadowing": "vpb",
    "wasmtime_component_linker_root": "pp",
    "wasmtime_component_linker_instance_add_instance": "ppszp",
    "wasmtime_component_linker_instance_add_func": "ppszppp",
    "wasmtime_component_linker_instance_delete": "vp",
    "wasmtime_component_linker_instantiate": "ppppp",
    "wasmtime_component_instance_get_export_index": "ppppsz",
    "wasmtime_component_instance_get_func": "bpppp",
    "wasmtime_component_export_index_delete": "vp",
    "wasmtime_component_func_call": "ppppzpz",
    "wasmtime_component_vallist_new_uninit": "vpz",
    "wasmtime_component_valrecord_new_uninit": "vpz",
    "wasmtime_component_valtuple_new_uninit": "vpz",
    "wasmtime_pooling_allocation_config_new": "p",
    "wasmtime_pooling_allocation_config_delete": "vp",
    "wasmtime_pooling_allocation_config_total_memories_set": "vpI",
    "wasmtime_pooling_allocation_config_total_stacks_set": "vpI",
    "wasmtime_pooling_allocation_config_total_tables_set": "vpI",
    "wasmtime_pooling_allocation_config_total_core_instances_set": "vpI",
    "wasmtime_pooling_allocation_config_max_core_instance_size_set": "vpz",
    "wasmtime_pooling_allocation_config_max_tables_per_module_set": "vpI",
    "wasmtime_pooling_allocation_config_table_elements_set": "vpz",
    "wasmtime_pooling_allocation_config_max_memories_per_module_set": "vpI",
    "wasmtime_pooling_allocation_config_max_memory_size_set": "vpz",
    "wasmtime_pooling_allocation_config_linear_memory_keep_resident_set": "vpz",
    "wasmtime_pooling_allocation_config_table_keep_resident_set": "vpz",
    "wasmtime_pooling_allocation_config_async_stack_keep_resident_set": "vpz",
    "wasmtime_pooling_allocation_strategy_set": "vpp",
}
"""Each function that our Python calls: the code of its result, then those of its arguments.

`p` pointer, `s` bytes, `z` usize, `b` bool, `B` u8, `i` i32, `I` u32, `q` i64, `Q` u64, `v` none.
"""
