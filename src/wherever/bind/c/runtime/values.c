/* Values that cross: memory for callers, strings, places in the guest's memory, and resources. */

static const char rt_nothing[1] = "";

/* Memory for callers */

static void rt_release(struct rt_arena *arena)
{
    struct rt_block *block = arena->blocks;
    /* A small first block is kept for the next call. */
    while (block != NULL && (block->next != NULL || block->size > (64u << 10))) {
        struct rt_block *next = block->next;
        free(block);
        block = next;
    }
    if (block != NULL)
        block->used = 0;
    arena->blocks = block;
    arena->total = 0;
}

static void rt_free_blocks(struct rt_block *block)
{
    while (block != NULL) {
        struct rt_block *next = block->next;
        free(block);
        block = next;
    }
}

/* NULL where there is no memory, or where callers would get more than the guest may have. */
static void *rt_take(rt_handle *h, struct rt_arena *arena, uint64_t size)
{
    struct rt_block *block = arena->blocks;
    if (size > h->memory_most - arena->total)
        return NULL;
    size = (size + 15) & ~(uint64_t)15;
    if (block == NULL || size > block->size - block->used) {
        uint64_t wanted = size > 4000 ? size : 4000;
        if (wanted > SIZE_MAX - sizeof *block || (block = malloc(sizeof *block + wanted)) == NULL)
            return NULL;
        *block = (struct rt_block){arena->blocks, wanted, 0};
        arena->blocks = block;
    }
    void *found = block->data + block->used;
    block->used += size;
    arena->total += size;
    return found;
}

RT_UNUSED static void *rt_room(rt_handle *h, struct rt_arena *arena, uint64_t count, size_t size)
{
    void *found = rt_take(h, arena, count * size);
    if (found == NULL)
        rt_fail(h, RT_INVALID, "the library gave more than a caller can take: %llu values of %zu bytes",
            (unsigned long long)count, size);
    return found;
}

/* Places in the guest's memory */

RT_UNUSED static uint8_t *rt_at(rt_handle *h, uint32_t at, uint64_t size, uint32_t align)
{
    if ((at & (align - 1)) != 0)
        rt_fail(h, RT_INVALID, "the library gave an address %u that is no multiple of %u",
            (unsigned)at, (unsigned)align);
    if (at + size > h->memory->size)
        rt_fail(h, RT_INVALID, "the library pointed outside of its memory: %llu bytes at %u",
            (unsigned long long)size, (unsigned)at);
    return h->memory->data + at;
}

/* Room for what the guest is given, as it says. */
RT_UNUSED static uint32_t rt_give(rt_handle *h, uint64_t size, uint32_t align, uint8_t **place)
{
    if (size > INT32_MAX)
        rt_fail(h, h->lowering ? RT_ARGUMENT : RT_IMPORT, "%llu bytes are more than can be given",
            (unsigned long long)size);
    bool again = h->is_alone;
    h->is_alone = true;
    uint32_t at = h->realloc(h, align, (uint32_t)size);
    h->is_alone = again;
    *place = rt_at(h, at, size, align);
    return at;
}

/* What the host gave is wrong: the call is refused, or the callback's guest ended. */
#define RT_REFUSE(h, ...) rt_fail((h), (h)->lowering ? RT_ARGUMENT : RT_IMPORT, __VA_ARGS__)

/* Numbers, as they lie in memory */

#define RT_NUMBER(name, type)                                        \
    RT_UNUSED static inline type rt_load_##name(const uint8_t *at)   \
    {                                                                \
        type value;                                                  \
        memcpy(&value, at, sizeof value);                            \
        return value;                                                \
    }                                                                \
    RT_UNUSED static inline void rt_store_##name(uint8_t *at, type value) \
    {                                                                \
        memcpy(at, &value, sizeof value);                            \
    }
RT_NUMBER(u8, uint8_t)
RT_NUMBER(u16, uint16_t)
RT_NUMBER(u32, uint32_t)
RT_NUMBER(u64, uint64_t)
RT_NUMBER(s8, int8_t)
RT_NUMBER(s16, int16_t)
RT_NUMBER(s32, int32_t)
RT_NUMBER(s64, int64_t)
RT_NUMBER(f32, float)
RT_NUMBER(f64, double)

/* Numbers, as values that are passed: all in 64 bits */

RT_UNUSED static inline uint64_t rt_of_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

RT_UNUSED static inline uint64_t rt_of_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return bits;
}

RT_UNUSED static inline float rt_to_f32(uint64_t value)
{
    uint32_t bits = (uint32_t)value;
    float found;
    memcpy(&found, &bits, 4);
    return found;
}

RT_UNUSED static inline double rt_to_f64(uint64_t value)
{
    double found;
    memcpy(&found, &value, 8);
    return found;
}

RT_UNUSED static inline uint32_t rt_char(rt_handle *h, uint32_t value)
{
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        rt_fail(h, RT_INVALID, "the library gave %#x, which is no character", (unsigned)value);
    return value;
}

RT_UNUSED static inline uint32_t rt_given_char(rt_handle *h, uint32_t value)
{
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        RT_REFUSE(h, "%#x is no character", (unsigned)value);
    return value;
}

RT_UNUSED static inline uint32_t rt_case(rt_handle *h, uint64_t value, uint32_t count)
{
    if ((uint32_t)value >= count)
        rt_fail(h, RT_INVALID, "the library gave case %u of %u", (unsigned)value, (unsigned)count);
    return (uint32_t)value;
}

RT_UNUSED static inline uint32_t rt_given_case(rt_handle *h, uint32_t value, uint32_t count)
{
    if (value >= count)
        RT_REFUSE(h, "there is no case %u of %u", (unsigned)value, (unsigned)count);
    return value;
}

/* Strings */

static bool rt_is_utf8(const uint8_t *text, size_t length)
{
    const uint8_t *end = text + length;
    while (text < end) {
        if ((size_t)(end - text) >= 8) {
            uint64_t eight;
            memcpy(&eight, text, 8);
            if ((eight & 0x8080808080808080u) == 0) {
                text += 8;
                continue;
            }
        }
        uint8_t first = *text++;
        if (first < 0x80)
            continue;
        size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4 || (size_t)(end - text) < more)
            return false;
        uint8_t low = 0x80, high = 0xbf;
        if (first == 0xe0)
            low = 0xa0;
        else if (first == 0xed)
            high = 0x9f;
        else if (first == 0xf0)
            low = 0x90;
        else if (first == 0xf4)
            high = 0x8f;
        if (*text < low || *text > high)
            return false;
        for (size_t at = 1; at < more; at++)
            if ((text[at] & 0xc0) != 0x80)
                return false;
        text += more;
    }
    return true;
}

RT_UNUSED static const char *rt_text(
    rt_handle *h, struct rt_arena *arena, uint32_t at, uint32_t length)
{
    const uint8_t *found = rt_at(h, at, length, 1);
    if (!rt_is_utf8(found, length))
        rt_fail(h, RT_INVALID, "the library gave a string that is not UTF-8");
    char *text = rt_room(h, arena, (uint64_t)length + 1, 1);
    memcpy(text, found, length);
    text[length] = '\0';
    return text;
}

RT_UNUSED static uint32_t rt_give_text(rt_handle *h, const char *text, size_t length)
{
    uint8_t *place;
    if (length != 0 && text == NULL)
        RT_REFUSE(h, "a string of %zu bytes is nowhere", length);
    if (!rt_is_utf8((const uint8_t *)text, length))
        RT_REFUSE(h, "a string is not UTF-8");
    uint32_t at = rt_give(h, length, 1, &place);
    if (length != 0)
        memcpy(place, text, length);
    return at;
}

/* Resources: numbers that stand for something, for the guest and for callers */

static uint32_t rt_add(rt_handle *h, struct rt_table *table, struct rt_slot slot)
{
    uint32_t at = table->free;
    if (at == 0) {
        uint32_t count = table->count == 0 ? 16 : table->count * 2;
        struct rt_slot *slots
            = count > (1u << 24) ? NULL : realloc(table->slots, count * sizeof *slots);
        if (slots == NULL)
            rt_fail(h, RT_INVALID, "the library has too many resources");
        for (uint32_t each = count; each-- > table->count;)
            if (each != 0) {
                slots[each] = (struct rt_slot){.turn = 1, .is.guest = table->free};
                table->free = each;
            }
        table->slots = slots;
        table->count = count;
        at = table->free;
    }
    slot.turn = table->slots[at].turn;
    table->free = table->slots[at].is.guest;
    table->slots[at] = slot;
    return at;
}

static void rt_remove(struct rt_table *table, uint32_t at)
{
    uint32_t turn = table->slots[at].turn + 1;
    table->slots[at] = (struct rt_slot){.turn = turn, .is.guest = table->free};
    table->free = at;
}

/* What the guest names by a number. */
RT_UNUSED static struct rt_slot *rt_guests(rt_handle *h, uint32_t at, uint32_t type)
{
    struct rt_slot *slot = at < h->guests.count ? &h->guests.slots[at] : NULL;
    if (slot == NULL || slot->what == RT_FREE || slot->type != type)
        rt_fail(h, RT_INVALID, "the library used a resource %u that it does not have", (unsigned)at);
    return slot;
}

/* What a caller names by a number: its place, and how often that was given out. */
RT_UNUSED static struct rt_slot *rt_hosts(rt_handle *h, uint64_t id, uint32_t type)
{
    uint32_t at = (uint32_t)id, turn = (uint32_t)(id >> 32);
    struct rt_slot *slot = at < h->hosts.count ? &h->hosts.slots[at] : NULL;
    if (slot == NULL || slot->what == RT_FREE || slot->type != type || slot->turn != turn)
        RT_REFUSE(h, "a resource that is not there any more, or never was");
    return slot;
}

RT_UNUSED static uint64_t rt_to_host(rt_handle *h, uint32_t type, uint32_t rep)
{
    uint32_t at = rt_add(h, &h->hosts, (struct rt_slot){RT_OWN, type, 0, 0, {.guest = rep}});
    return (uint64_t)h->hosts.slots[at].turn << 32 | at;
}

/* A resource of the guest that it gave away becomes one of the caller. */
RT_UNUSED static uint64_t rt_lift_own(rt_handle *h, uint32_t type, uint32_t at)
{
    struct rt_slot *slot = rt_guests(h, at, type);
    if (slot->what != RT_OWN)
        rt_fail(h, RT_INVALID, "the library gave away a resource that is not its own");
    uint32_t rep = slot->is.guest;
    rt_remove(&h->guests, at);
    return rt_to_host(h, type, rep);
}

RT_UNUSED static uint32_t rt_lower_own(rt_handle *h, uint32_t type, uint64_t id)
{
    uint32_t rep = rt_hosts(h, id, type)->is.guest;
    rt_remove(&h->hosts, (uint32_t)id);
    return rt_add(h, &h->guests, (struct rt_slot){RT_OWN, type, 0, 0, {.guest = rep}});
}

RT_UNUSED static uint32_t rt_new(rt_handle *h, uint32_t type, uint32_t rep)
{
    return rt_add(h, &h->guests, (struct rt_slot){RT_OWN, type, 0, 0, {.guest = rep}});
}

/* A resource of the host: what the guest gets for it, and what it means by that. */
RT_UNUSED static uint32_t rt_lower_host(rt_handle *h, uint32_t type, void *host, bool own)
{
    if (!own)
        h->borrowed++;
    return rt_add(
        h, &h->guests, (struct rt_slot){own ? RT_OWN : RT_BORROW, type, 0, 0, {.host = host}});
}

RT_UNUSED static void *rt_lift_host(rt_handle *h, uint32_t type, uint32_t at, bool own)
{
    struct rt_slot *slot = rt_guests(h, at, type);
    void *host = slot->is.host;
    if (own) {
        if (slot->what != RT_OWN || slot->lent == h->callbacks)
            rt_fail(h, RT_INVALID, "the library gave away a resource that is not its own");
        rt_remove(&h->guests, at);
    } else {
        slot->lent = h->callbacks;
    }
    return host;
}

/* What a callback was given is there no more, and may be given away again. */
RT_UNUSED static void rt_called_out(rt_handle *h)
{
    rt_release(&h->scratch);
    h->callbacks++;
}

/* Whether a number that the guest gives up was its own: then what it stands for has to end. */
RT_UNUSED static bool rt_drop(rt_handle *h, uint32_t type, uint32_t at, struct rt_slot *was)
{
    *was = *rt_guests(h, at, type);
    rt_remove(&h->guests, at);
    if (was->what == RT_BORROW)
        h->borrowed--;
    return was->what == RT_OWN;
}

RT_UNUSED static void rt_check_borrowed(rt_handle *h)
{
    if (h->borrowed != 0)
        rt_fail(h, RT_INVALID, "the library kept a resource that it was lent for the call");
}
