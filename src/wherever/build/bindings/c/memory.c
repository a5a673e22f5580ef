#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All blocks of the call under way, the last one first. */
struct block {
    _Alignas(16) struct block *next, *last;
};
static struct block *blocks;

static void *block_sized(struct block *old, size_t size)
{
    struct block *made = size > SIZE_MAX - sizeof *made ? NULL : realloc(old, sizeof *made + size);
    if (made == NULL)
        abort();
    return made;
}

void *wit_alloc(size_t size)
{
    struct block *made = block_sized(NULL, size);
    *made = (struct block){blocks, NULL};
    if (blocks != NULL)
        blocks->last = made;
    blocks = made;
    return made + 1;
}

/* What the caller of a function, or the giver of a result, asks memory of. */
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(
    void *old, size_t old_size, size_t align, size_t size)
{
    if (size == 0)
        return (void *)align;
    if (old == NULL || old_size == 0)
        return wit_alloc(size);
    struct block *made = block_sized((struct block *)old - 1, size);
    if (made->last != NULL)
        made->last->next = made;
    else
        blocks = made;
    if (made->next != NULL)
        made->next->last = made;
    return made + 1;
}

/* What WASI's adapter keeps for good. */
__attribute__((export_name("cabi_realloc_adapter"))) void *wit_keep(
    void *old, size_t old_size, size_t align, size_t size)
{
    (void)old_size;
    if (size == 0)
        return (void *)align;
    void *made = realloc(old, size);
    if (made == NULL)
        abort();
    return made;
}

void *wit_mark(void)
{
    return blocks;
}

void wit_release(void *mark)
{
    while (blocks != NULL && blocks != mark) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
    if (blocks != NULL)
        blocks->last = NULL;
}

wit_string_t wit_string(const char *text)
{
    return (wit_string_t){(char *)text, strlen(text)};
}

char *wit_cstring(wit_string_t text)
{
    char *made = wit_alloc(text.length + 1);
    if (text.length != 0)
        memcpy(made, text.data, text.length);
    made[text.length] = '\0';
    return made;
}

wit_string_t wit_format(const char *format, ...)
{
    va_list given, again;
    va_start(given, format);
    va_copy(again, given);
    int length = vsnprintf(NULL, 0, format, given);
    char *made = wit_alloc(length < 0 ? 1 : (size_t)length + 1);
    if (length > 0)
        vsnprintf(made, (size_t)length + 1, format, again);
    va_end(again);
    va_end(given);
    return (wit_string_t){made, length < 0 ? 0 : (size_t)length};
}

__attribute__((unused)) static inline float f32_of(uint32_t bits)
{
    return ((union { uint32_t bits; float value; }){bits}).value;
}

__attribute__((unused)) static inline double f64_of(uint64_t bits)
{
    return ((union { uint64_t bits; double value; }){bits}).value;
}

__attribute__((unused)) static inline uint32_t bits_of_f32(float value)
{
    return ((union { float value; uint32_t bits; }){value}).bits;
}

__attribute__((unused)) static inline uint64_t bits_of_f64(double value)
{
    return ((union { double value; uint64_t bits; }){value}).bits;
}
