/* Traps of tables, which C from wasm2c does not tell from those of memories. */
#ifndef TRAPS_H
#define TRAPS_H

enum { WASM_RT_TRAP_TABLE = 32, WASM_RT_TRAP_NULL, WASM_RT_TRAP_SIGNATURE };

#define TABLE_CHECK(table, offset, length)                                           \
    do {                                                                             \
        if ((offset) > (table)->size || (length) > (table)->size - (offset))         \
            TRAP(TABLE);                                                             \
    } while (0)

#endif
