/* What a component's caller asks memory of: realloc as the canonical ABI spells it. */
#include <stdlib.h>

__attribute__((weak, export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size)
{
    if (size == 0)
        return (void *)align;
    void *made = align > 16 ? aligned_alloc(align, size) : realloc(old, size);
    if (made == NULL)
        abort();
    if (align > 16 && old != NULL) {
        __builtin_memcpy(made, old, old_size < size ? old_size : size);
        free(old);
    }
    return made;
}
