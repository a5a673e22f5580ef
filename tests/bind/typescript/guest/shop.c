/* A shop with everything that a binding has to carry, and with every way to go wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "world.h"

struct lab_shop_basket {
    char *owner;
    lab_shop_item_t *items;
    size_t count;
};

static uint32_t freed;
static volatile uint32_t sink;

static wit_string_t copied(wit_string_t text)
{
    wit_string_t copy = {malloc(text.length + 1), text.length};
    memcpy(copy.data, text.data, text.length);
    return copy;
}

lab_shop_basket_own_t lab_shop_basket_new(wit_string_t owner)
{
    lab_shop_basket_t *made = calloc(1, sizeof *made);
    made->owner = copied(owner).data;
    return lab_shop_basket_own(made);
}

void lab_shop_basket_put(lab_shop_basket_t *self, lab_shop_item_t item)
{
    item.name = copied(item.name);
    self->items = realloc(self->items, (self->count + 1) * sizeof item);
    self->items[self->count++] = item;
}

wit_result_u64_lab_shop_trouble_t lab_shop_basket_total(lab_shop_basket_t *self)
{
    wit_result_u64_lab_shop_trouble_t total = {.is_err = self->count == 0};
    for (size_t i = 0; i < self->count && !total.is_err; i++) {
        wit_result_u64_lab_shop_host_no_price_t price = lab_shop_host_price(self->items[i].name);
        total.is_err = price.is_err;
        if (price.is_err)
            total.err = (lab_shop_trouble_t){LAB_SHOP_TROUBLE_PRICE_OF, {price.err}};
        else
            total.ok += price.ok * self->items[i].count;
    }
    return total;
}

wit_list_lab_shop_item_t lab_shop_basket_items(lab_shop_basket_t *self)
{
    return (wit_list_lab_shop_item_t){self->items, self->count};
}

lab_shop_basket_own_t lab_shop_basket_merge(
    lab_shop_basket_own_t first, wit_list_borrow_lab_shop_basket_t others)
{
    lab_shop_basket_t *into = lab_shop_basket_get(first);
    for (size_t i = 0; i < others.length; i++)
        for (size_t j = 0; j < others.data[i]->count; j++)
            lab_shop_basket_put(into, others.data[i]->items[j]);
    return first;
}

void lab_shop_basket_free(lab_shop_basket_t *self)
{
    freed++;
    free(self->owner);
    free(self->items);
    free(self);
}

uint32_t lab_shop_freed(void) { return freed; }

uint32_t lab_shop_receipt(lab_shop_basket_t *of, lab_shop_host_printer_t to)
{
    lab_shop_host_printer_t own = lab_shop_host_printer_new(wit_string(of->owner));
    uint32_t lines = 0;
    for (size_t i = 0; i < of->count; i++) {
        lines = lab_shop_host_printer_print(to, of->items[i].name);
        lab_shop_host_printer_print(own, of->items[i].name);
    }
    lab_shop_host_printer_drop(own);
    lab_shop_host_printer_drop(to);
    return lines;
}

wit_string_t lab_shop_greet(wit_option_string_t name, uint8_t times)
{
    const char *who = name.is_some ? wit_cstring(name.value) : "nobody";
    char *text = wit_alloc((strlen(who) + 1) * times + 1);
    text[0] = 0;
    for (int i = 0; i < times; i++)
        strcat(strcat(text, i ? " " : ""), who);
    lab_shop_host_log(wit_string(text));
    return wit_string(text);
}

wit_tuple2_f64_u64_t lab_shop_sums(wit_list_f64_t values)
{
    wit_tuple2_f64_u64_t sums = {0, values.length};
    for (size_t i = 0; i < values.length; i++)
        sums.f0 += values.data[i];
    return sums;
}

wit_list_u8_t lab_shop_through(wit_list_u8_t data) { return lab_shop_host_echo(data); }

wit_result_none_string_t lab_shop_delete(wit_string_t name)
{
    return (wit_result_none_string_t){.is_err = name.length == 0, .err = wit_string("no name")};
}

void lab_shop_say(wit_string_t text)
{
    printf("%s\n", wit_cstring(text));
    fprintf(stderr, "%zu bytes\n", text.length);
    fflush(stdout);
}

void lab_shop_nap(uint32_t milliseconds) { usleep(milliseconds * 1000); }

void lab_shop_spin(void)
{
    for (;;)
        sink++;
}

void lab_shop_crash(void) { __builtin_trap(); }

static uint32_t (*volatile deeper)(uint32_t);

uint32_t lab_shop_dive(uint32_t depth)
{
    volatile uint32_t here[64];
    here[depth % 64] = 1;
    deeper = lab_shop_dive;
    return depth == 0 ? 0 : deeper(depth - 1) + here[depth % 64];
}

void lab_shop_devour(void)
{
    for (;;) {
        char *some = malloc(1 << 20);
        if (!some)
            __builtin_trap();
        memset(some, 1, 1 << 20);
        sink += some[sink % (1 << 20)];
    }
}

wit_string_t lab_shop_dangle(void) { return (wit_string_t){(char *)0x7fffff00, 4096}; }

wit_string_t lab_shop_mumble(void) { return wit_string("\xff\xfe"); }

uint32_t lab_shop_files(void)
{
    FILE *file = fopen("/etc/passwd", "r");
    return (file != NULL) + (getenv("HOME") != NULL) + (fopen("made", "w") != NULL);
}
