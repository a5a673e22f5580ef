#include "shim.h"

/* The guest's memory: for each pair three functions in the table, from slot 1. */

u32 pair;

typedef void Copy(u32, u32, u32);
typedef u32 Room(u32, u32);

/* While the guest makes room it is in the middle of a call of ours, and may not begin another. */
static int is_asked;

void may_call(void) {
    if (is_asked) TRAP();
}

void border_get(void *own, u32 theirs, u32 size) {
    may_call();
    if (size) ((Copy *)(1 + 3 * pair))((u32)own, theirs, size);
}

void border_check(u32 theirs, u32 size) {
    u8 last;
    if (theirs + size < theirs) TRAP();
    if (size) border_get(&last, theirs + size - 1, 1);
}

void border_put(u32 theirs, const void *own, u32 size) {
    may_call();
    if (size) ((Copy *)(2 + 3 * pair))(theirs, (u32)own, size);
}

u32 border_room(u32 align, u32 size) {
    may_call();
    is_asked = 1;
    u32 at = ((Room *)(3 + 3 * pair))(align, size);
    is_asked = 0;
    return at;
}

EXPORT("use") void use(u32 number) {
    may_call();
    pair = number;
}

Text got(u32 at, u32 size) {
    if (size > BODY_MOST) border_check(at, size);
    u8 *own = take(size);
    border_get(own, at, size);
    return (Text){own, size};
}

u32 given(Text text) {
    u32 at = border_room(1, text.size);
    border_put(at, text.at, text.size);
    return at;
}

void put_list(u32 result, u32 at, u32 count) {
    u32 both[2] = {at, count};
    border_put(result, both, sizeof both);
}

Text kept(Text text) {
    u8 *at = take(text.size);
    COPY(at, text.at, text.size);
    return (Text){at, text.size};
}
