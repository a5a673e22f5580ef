#include "shim.h"

/* A request's memory: it begins where the module's own data end, and grows up to what the link
   allows. */

extern u8 __heap_base;
static u32 top;

void memory_reset(void) { top = 0; }

void *take(u32 size) {
    if (!top) top = (u32)&__heap_base;
    u32 at = (top + 7) & ~7u, end = at + size;
    if (end < at) TRAP();
    u32 there = (u32)__builtin_wasm_memory_size(0) << 16;
    if (end > there) {
        u32 pages = (end - there + 65535) >> 16;
        if (__builtin_wasm_memory_grow(0, pages) == NONE) TRAP();
    }
    top = end;
    return (void *)at;
}

Text kept(Text text) {
    u8 *at = take(text.size);
    COPY(at, text.at, text.size);
    return (Text){at, text.size};
}

/* ----- the guest's memory: for each pair three functions in the table, from slot 1 */

u32 pair;

typedef void Copy(u32, u32, u32);
typedef u32 Room(u32, u32);

void border_get(void *own, u32 theirs, u32 size) {
    if (size) ((Copy *)(1 + 3 * pair))((u32)own, theirs, size);
}

void border_put(u32 theirs, const void *own, u32 size) {
    if (size) ((Copy *)(2 + 3 * pair))(theirs, (u32)own, size);
}

u32 border_room(u32 align, u32 size) { return ((Room *)(3 + 3 * pair))(align, size); }

EXPORT("use") void use(u32 number) { pair = number; }

Text got(u32 at, u32 size) {
    u8 *own = take(size);
    border_get(own, at, size);
    return (Text){own, size};
}

u32 given(Text text) {
    if (!text.size) return 1;
    u32 at = border_room(1, text.size);
    border_put(at, text.at, text.size);
    return at;
}

void put_list(u32 result, u32 at, u32 count) {
    u32 both[2] = {at, count};
    border_put(result, both, sizeof both);
}
