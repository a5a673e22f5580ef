#include "shim.h"

#define HT "wasi:http/types#"

/* More header fields than these are no header. */
#define MOST_FIELDS 4096

Fields *fields_new(void) {
    Fields *made = take(sizeof *made);
    *made = (Fields){0, 0, 0, 0};
    return made;
}

void fields_add(Fields *fields, Text name, Text value) {
    if (fields->count == MOST_FIELDS) TRAP();
    if (fields->count == fields->room) {
        u32 room = fields->room ? 2 * fields->room : 8;
        Field *all = take(room * sizeof *all);
        if (fields->count) COPY(all, fields->all, fields->count * sizeof *all);
        fields->all = all;
        fields->room = room;
    }
    fields->all[fields->count++] = (Field){name, value};
}

const u8 *line(const u8 *at, const u8 *end, Text *found) {
    const u8 *start = at;
    while (at < end && *at != '\n') at++;
    *found = (Text){start, (u32)(at - start)};
    return at < end ? at + 1 : at;
}

Fields *fields_read(Text block) {
    Fields *made = fields_new();
    const u8 *at = block.at, *end = at + block.size;
    while (at < end) {
        Text name, value;
        at = line(at, end, &name);
        at = line(at, end, &value);
        fields_add(made, name, value);
    }
    return made;
}

u32 fields_size(const Fields *fields) {
    u32 size = 0;
    for (u32 n = 0; n < fields->count; n++)
        size += fields->all[n].name.size + fields->all[n].value.size + 2;
    return size;
}

u32 fields_write(const Fields *fields, u8 *to) {
    u8 *at = to;
    for (u32 n = 0; n < fields->count; n++) {
        Text both[2] = {fields->all[n].name, fields->all[n].value};
        for (int part = 0; part < 2; part++) {
            COPY(at, both[part].at, both[part].size);
            at += both[part].size;
            *at++ = '\n';
        }
    }
    return (u32)(at - to);
}

int same_name(Text a, Text b) {
    if (a.size != b.size) return 0;
    for (u32 n = 0; n < a.size; n++) {
        u8 x = a.at[n], y = b.at[n];
        if (x != y && !((x ^ y) == 32 && (x | 32) >= 'a' && (x | 32) <= 'z')) return 0;
    }
    return 1;
}

static int is_token(u8 letter) {
    if ((letter | 32) >= 'a' && (letter | 32) <= 'z') return 1;
    if (letter >= '0' && letter <= '9') return 1;
    for (const char *other = "!#$%&'*+-.^_`|~"; *other; other++)
        if (letter == (u8)*other) return 1;
    return 0;
}

/* Those of the connection, which are the server's. */
static const Text FORBIDDEN[] = {
    TEXT("connection"), TEXT("keep-alive"), TEXT("proxy-authenticate"), TEXT("proxy-authorization"),
    TEXT("proxy-connection"), TEXT("transfer-encoding"), TEXT("upgrade"), TEXT("host"),
    TEXT("http2-settings")};

static int check_name(Text *name) {
    if (!name->size) return HEADER_SYNTAX;
    u8 *small = take(name->size);
    for (u32 n = 0; n < name->size; n++) {
        u8 letter = name->at[n];
        if (!is_token(letter)) return HEADER_SYNTAX;
        small[n] = letter >= 'A' && letter <= 'Z' ? letter | 32 : letter;
    }
    name->at = small;
    for (u32 n = 0; n < sizeof FORBIDDEN / sizeof *FORBIDDEN; n++)
        if (same_name(*name, FORBIDDEN[n])) return HEADER_FORBIDDEN;
    return HEADER_GOOD;
}

int field_check(Text *name, Text value) {
    int bad = check_name(name);
    if (bad == HEADER_SYNTAX) return bad;
    for (u32 n = 0; n < value.size; n++) {
        u8 letter = value.at[n];
        if ((letter < 32 && letter != '\t') || letter == 127) return HEADER_SYNTAX;
    }
    return bad;
}

/* ----- wasi:http fields */

static void header_said(u32 result, int error) {
    u8 both[2] = {error != HEADER_GOOD, error == HEADER_GOOD ? 0 : (u8)error};
    border_put(result, both, sizeof both);
}

EXPORT(HT "[constructor]fields") u32 constructor(void) {
    arena_begin();
    return handle_new(FIELDS, fields_new());
}

EXPORT(HT "[static]fields.from-list") void from_list(u32 list, u32 count, u32 result) {
    u32 both[2] = {0, 0};
    arena_begin();
    Fields *made = fields_new();
    if (count > MOST_FIELDS) TRAP();
    u32 *all = take(16 * count);
    border_get(all, list, 16 * count);
    for (u32 n = 0; n < count; n++) {
        u32 *entry = all + 4 * n;
        Text name = got(entry[0], entry[1]), value = got(entry[2], entry[3]);
        int error = field_check(&name, value);
        if (error != HEADER_GOOD) {
            both[0] = 1;
            both[1] = (u32)error;
            border_put(result, both, sizeof both);
            return;
        }
        fields_add(made, name, value);
    }
    both[1] = handle_new(FIELDS, made);
    border_put(result, both, sizeof both);
}

EXPORT(HT "[method]fields.get") void get(u32 self, u32 at, u32 size, u32 result) {
    Fields *fields = handle_of(self, FIELDS);
    Mark mark = arena_mark();
    Text name = got(at, size);
    u32 *found = take(8 * fields->count), count = 0;
    for (u32 n = 0; n < fields->count; n++) {
        if (!same_name(fields->all[n].name, name)) continue;
        found[2 * count] = given(fields->all[n].value);
        found[2 * count++ + 1] = fields->all[n].value.size;
    }
    u32 list = border_room(4, 8 * count);
    border_put(list, found, 8 * count);
    put_list(result, list, count);
    arena_back(mark);
}

EXPORT(HT "[method]fields.has") u32 has(u32 self, u32 at, u32 size) {
    Fields *fields = handle_of(self, FIELDS);
    Mark mark = arena_mark();
    Text name = got(at, size);
    u32 found = 0;
    for (u32 n = 0; n < fields->count && !found; n++)
        found = (u32)same_name(fields->all[n].name, name);
    arena_back(mark);
    return found;
}

static void without(Fields *fields, Text name) {
    u32 kept = 0;
    for (u32 n = 0; n < fields->count; n++)
        if (!same_name(fields->all[n].name, name)) fields->all[kept++] = fields->all[n];
    fields->count = kept;
}

EXPORT(HT "[method]fields.set")
void set(u32 self, u32 at, u32 size, u32 list, u32 count, u32 result) {
    Fields *fields = handle_of(self, FIELDS);
    Text name = got(at, size);
    if (count > MOST_FIELDS) TRAP();
    u32 *values = take(8 * count);
    border_get(values, list, 8 * count);
    Text *all = take(count * sizeof *all);
    int error = fields->is_fixed ? HEADER_IMMUTABLE : check_name(&name);
    for (u32 n = 0; n < count && error == HEADER_GOOD; n++) {
        all[n] = got(values[2 * n], values[2 * n + 1]);
        error = field_check(&name, all[n]);
    }
    if (error == HEADER_GOOD) {
        without(fields, name);
        for (u32 n = 0; n < count; n++) fields_add(fields, name, all[n]);
    }
    header_said(result, error);
}

EXPORT(HT "[method]fields.delete") void delete(u32 self, u32 at, u32 size, u32 result) {
    Fields *fields = handle_of(self, FIELDS);
    Text name = got(at, size);
    int error = fields->is_fixed ? HEADER_IMMUTABLE : check_name(&name);
    if (error == HEADER_GOOD) without(fields, name);
    header_said(result, error);
}

EXPORT(HT "[method]fields.append")
void append(u32 self, u32 at, u32 size, u32 value_at, u32 value_size, u32 result) {
    Fields *fields = handle_of(self, FIELDS);
    Text name = got(at, size), value = got(value_at, value_size);
    int error = fields->is_fixed ? HEADER_IMMUTABLE : field_check(&name, value);
    if (error == HEADER_GOOD) fields_add(fields, name, value);
    header_said(result, error);
}

EXPORT(HT "[method]fields.entries") void entries(u32 self, u32 result) {
    Fields *fields = handle_of(self, FIELDS);
    Mark mark = arena_mark();
    u32 *all = take(16 * fields->count);
    for (u32 n = 0; n < fields->count; n++) {
        Field *each = fields->all + n;
        all[4 * n] = given(each->name);
        all[4 * n + 1] = each->name.size;
        all[4 * n + 2] = given(each->value);
        all[4 * n + 3] = each->value.size;
    }
    u32 list = border_room(4, 16 * fields->count);
    border_put(list, all, 16 * fields->count);
    put_list(result, list, fields->count);
    arena_back(mark);
}

EXPORT(HT "[method]fields.clone") u32 clone(u32 self) {
    Fields *fields = handle_of(self, FIELDS);
    arena_begin();
    Fields *made = fields_new();
    for (u32 n = 0; n < fields->count; n++)
        fields_add(made, kept(fields->all[n].name), kept(fields->all[n].value));
    return handle_new(FIELDS, made);
}

EXPORT(HT "[resource-drop]fields") void drop_fields(u32 self) { handle_drop(self, FIELDS); }
