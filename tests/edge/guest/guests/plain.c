/* A guest of the plain interface: it answers with what it was asked, or breaks a rule. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

#define EXPORT(name) __attribute__((export_name(name)))

extern u8 __heap_base;
static u32 top, mode, visits;

void *memcpy(void *to, const void *from, unsigned long size) {
    u8 *a = to;
    const u8 *b = from;
    while (size--) *a++ = *b++;
    return to;
}

static void *room(u32 align, u32 size) {
    if (!top) top = (u32)&__heap_base;
    u32 at = (top + align - 1) & ~(align - 1);
    u32 there = (u32)__builtin_wasm_memory_size(0) << 16;
    if (at + size > there && __builtin_wasm_memory_grow(0, (at + size - there + 65535) >> 16) == -1ul)
        __builtin_trap();
    top = at + size;
    return (void *)at;
}

EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 size, u32 align, u32 wanted) {
    void *made = room(align, wanted);
    if (old && size) memcpy(made, old, size < wanted ? size : wanted);
    return made;
}

typedef struct { const u8 *at; u32 size; } Text;
typedef struct { Text name, value; } Field;
typedef struct { u32 status; Field *headers; u32 count; const u8 *body; u32 size; } Answer;

static u8 said[1 << 17];
static u32 size;

static void say(const void *at, u32 length) {
    memcpy(said + size, at, length);
    size += length;
}

static u32 number_of(Text text) {
    u32 number = 0, at = 0;
    while (at < text.size && text.at[at] != '?') at++;
    for (at++; at < text.size; at++) number = 10 * number + text.at[at] - '0';
    return number;
}

static Answer answer;

EXPORT("cabi_post_wherever:http/handler@0.1.0#handle") void after(u32 result) {
    (void)result;
    if (mode == 20) __builtin_trap();
    if (mode == 21) for (volatile u32 n = 0;; n++) {}
    top = 0;
}

#define TEXT(name) const u8 *name##_at, u32 name##_size
#define GIVEN(name) {name##_at, name##_size}

EXPORT("wherever:http/handler@0.1.0#handle")
Answer *handle(TEXT(a), TEXT(b), TEXT(c), TEXT(d), TEXT(e), TEXT(f), TEXT(g), TEXT(h)) {
    const Text asked[] = {GIVEN(a), GIVEN(b), GIVEN(c), GIVEN(d),
                          GIVEN(e), GIVEN(f), GIVEN(g), GIVEN(h)};
    Text method = asked[0], target = asked[3], body = asked[7], params = asked[6];
    Field *headers = (Field *)asked[5].at;
    static Field own[4];
    static Field many[5000];
    size = 0;
    visits++;
    mode = number_of(target);
    for (u32 part = 0; part < 5; part++) say(asked[part].at, asked[part].size), say(" ", 1);
    say("\n", 1);
    for (u32 n = 0; n < asked[5].size; n++) {
        say(headers[n].name.at, headers[n].name.size), say("=", 1);
        say(headers[n].value.at, headers[n].value.size), say("\n", 1);
    }
    headers = (Field *)params.at;
    for (u32 n = 0; n < params.size; n++) {
        say(headers[n].name.at, headers[n].name.size), say(":", 1);
        say(headers[n].value.at, headers[n].value.size), say("\n", 1);
    }
    own[0] = (Field){{(const u8 *)"X-Own", 5}, {(const u8 *)"1", 1}};
    own[1] = (Field){{(const u8 *)"connection", 10}, {(const u8 *)"upgrade", 7}};
    own[2] = (Field){{(const u8 *)"x-own", 5}, {method.at, method.size}};
    answer = (Answer){200, own, 3, said, size};
    if (body.size) answer.body = body.at, answer.size = body.size;
    switch (mode) {
    case 1: answer.status = 99; break;
    case 2: answer.status = 600; break;
    case 3: answer.body = (const u8 *)0xfffffff0, answer.size = 100; break;
    case 4: answer.size = 0xffffffff; break;
    case 5: answer.headers = (Field *)0xfffffff0; break;
    case 6: answer.count = 0xffffffff; break;
    case 7: answer.count = 0x10000001; break;
    case 8: own[0].value.size = 0x7fffffff; break;
    case 9: own[0].value.at = (const u8 *)"a\r\nx-more: 1"; own[0].value.size = 12; break;
    case 10: own[0].name.at = (const u8 *)"two words"; own[0].name.size = 9; break;
    case 11: own[0].name.size = 0; break;
    case 12: return (Answer *)0xfffffff0;
    case 13: return (Answer *)(__builtin_wasm_memory_size(0) * 65536 - 4);
    case 14: __builtin_trap();
    case 15:
        for (u32 n = 0; n < 5000; n++) many[n] = own[0];
        answer.headers = many, answer.count = 5000;
        break;
    case 16: answer.status = 0x100c8; break; /* its upper half means nothing */
    }
    return &answer;
}
