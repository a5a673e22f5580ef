#include <stdlib.h>
#include <string.h>
#include "world.h"

typedef lab_market_item_t item_t;
typedef lab_market_trouble_t trouble_t;
typedef wit_result_u64_lab_market_trouble_t cost_t;

struct lab_market_basket {
    char *owner;
    item_t *items;
    size_t count;
};

static uint32_t gone;

static char *kept(wit_string_t text)
{
    char *copy = malloc(text.length + 1);
    memcpy(copy, text.data, text.length);
    copy[text.length] = 0;
    return copy;
}

wit_string_t lab_market_greet(wit_option_string_t name)
{
    return wit_format("hello, %s!", name.is_some ? wit_cstring(name.value) : "nobody");
}

wit_list_string_t lab_market_words(wit_string_t text)
{
    wit_list_string_t words = {wit_alloc((text.length + 1) * sizeof(wit_string_t)), 1};
    words.data[0] = (wit_string_t){text.data, 0};
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == ' ')
            words.data[words.length++] = (wit_string_t){text.data + i + 1, 0};
        else
            words.data[words.length - 1].length++;
    return words;
}

wit_option_u32_t lab_market_find(wit_list_string_t words, wit_string_t word)
{
    for (size_t i = 0; i < words.length; i++)
        if (words.data[i].length == word.length && !memcmp(words.data[i].data, word.data, word.length))
            return (wit_option_u32_t){true, i};
    return (wit_option_u32_t){false};
}

wit_list_u8_t lab_market_reverse(wit_list_u8_t data)
{
    wit_list_u8_t turned = {wit_alloc(data.length), data.length};
    for (size_t i = 0; i < data.length; i++)
        turned.data[i] = data.data[data.length - 1 - i];
    return turned;
}

int64_t lab_market_sum(wit_list_s64_t values)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < values.length; i++)
        sum += (uint64_t)values.data[i];
    return (int64_t)sum;
}

wit_option_f64_t lab_market_mean(wit_list_f64_t values)
{
    double sum = 0;
    for (size_t i = 0; i < values.length; i++)
        sum += values.data[i];
    return (wit_option_f64_t){values.length > 0, sum / values.length};
}

wit_result_u32_string_t lab_market_number(wit_string_t text)
{
    wit_result_u32_string_t number = {.is_err = text.length == 0 || text.length > 9};
    for (size_t i = 0; i < text.length && !number.is_err; i++) {
        number.is_err = text.data[i] < '0' || text.data[i] > '9';
        number.ok = number.ok * 10 + (text.data[i] - '0');
    }
    if (number.is_err)
        number.err = wit_format("\"%s\" is no number", wit_cstring(text));
    return number;
}

item_t lab_market_change(item_t item)
{
    item.count *= 2;
    if (!item.size.is_some)
        item.size = (wit_option_lab_market_size_t){true, LAB_MARKET_SIZE_SMALL};
    else if (item.size.value == LAB_MARKET_SIZE_SMALL)
        item.size.value = LAB_MARKET_SIZE_VERY_LARGE;
    else
        item.size.is_some = false;
    item.service ^= LAB_MARKET_SERVICE_GIFT_WRAPPED | LAB_MARKET_SERVICE_BY_POST;
    return item;
}

wit_list_lab_market_item_t lab_market_sorted(wit_list_lab_market_item_t items)
{
    for (size_t i = 1; i < items.length; i++)
        for (size_t j = i; j > 0 && items.data[j - 1].count < items.data[j].count; j--) {
            item_t other = items.data[j];
            items.data[j] = items.data[j - 1];
            items.data[j - 1] = other;
        }
    return items;
}

double lab_market_area(lab_market_shape_t shape)
{
    switch (shape.tag) {
    case LAB_MARKET_SHAPE_SQUARE:
        return shape.square * shape.square;
    case LAB_MARKET_SHAPE_BOX:
        return shape.box.f0 * shape.box.f1;
    }
    return 0;
}

lab_market_shape_t lab_market_stretch(lab_market_shape_t shape, double by)
{
    switch (shape.tag) {
    case LAB_MARKET_SHAPE_DOT:
        return (lab_market_shape_t){LAB_MARKET_SHAPE_SQUARE, {.square = by}};
    case LAB_MARKET_SHAPE_SQUARE:
        return (lab_market_shape_t){
            LAB_MARKET_SHAPE_BOX, {.box = {shape.square * by, shape.square}}};
    }
    shape.box.f0 *= by;
    return shape;
}

static cost_t fitting(uint64_t cost)
{
    if (cost > 1000000000000)
        return (cost_t){true, {.err = {LAB_MARKET_TROUBLE_TOO_MUCH}}};
    return (cost_t){.ok = cost};
}

cost_t lab_market_cost(item_t item)
{
    wit_result_u64_string_t price = lab_market_host_price(item.name);
    if (price.is_err)
        return (cost_t){true, {.err = {
            LAB_MARKET_TROUBLE_PRICELESS, {.priceless = {item.name, price.err}}}}};
    return fitting(price.ok * item.count);
}

lab_market_basket_own_t lab_market_basket_new(wit_string_t owner)
{
    lab_market_basket_t *made = calloc(1, sizeof *made);
    made->owner = kept(owner);
    return lab_market_basket_own(made);
}

uint32_t lab_market_basket_put(lab_market_basket_t *self, item_t item)
{
    item.name = wit_string(kept(item.name));
    self->items = realloc(self->items, (self->count + 1) * sizeof item);
    self->items[self->count++] = item;
    return self->count;
}

wit_list_lab_market_item_t lab_market_basket_items(lab_market_basket_t *self)
{
    return (wit_list_lab_market_item_t){self->items, self->count};
}

cost_t lab_market_basket_total(lab_market_basket_t *self)
{
    uint64_t total = 0;
    if (self->count == 0)
        return (cost_t){true, {.err = {LAB_MARKET_TROUBLE_EMPTY}}};
    for (size_t i = 0; i < self->count; i++) {
        cost_t cost = lab_market_cost(self->items[i]);
        if (cost.is_err)
            return cost;
        total += cost.ok;
    }
    return fitting(total);
}

lab_market_basket_own_t lab_market_basket_merge(
    lab_market_basket_t *first, lab_market_basket_t *second)
{
    lab_market_basket_t *made = calloc(1, sizeof *made);
    made->owner = kept(wit_format("%s and %s", first->owner, second->owner));
    for (size_t i = 0; i < first->count; i++)
        lab_market_basket_put(made, first->items[i]);
    for (size_t i = 0; i < second->count; i++)
        lab_market_basket_put(made, second->items[i]);
    return lab_market_basket_own(made);
}

wit_string_t lab_market_basket_label(lab_market_basket_t *self)
{
    return wit_format("%s has %zu", self->owner, self->count);
}

void lab_market_basket_free(lab_market_basket_t *self)
{
    gone++;
    for (size_t i = 0; i < self->count; i++)
        free(self->items[i].name.data);
    free(self->items);
    free(self->owner);
    free(self);
}

wit_string_t lab_market_fuller(
    lab_market_basket_t *one, lab_market_basket_t *other)
{
    return lab_market_basket_label(one->count >= other->count ? one : other);
}

wit_string_t lab_market_sell(lab_market_basket_own_t basket)
{
    wit_string_t label = lab_market_basket_label(lab_market_basket_get(basket));
    lab_market_basket_drop(basket);
    return label;
}

uint32_t lab_market_gone(void) { return gone; }
