/* What a market tells a program in C. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "market.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static market_t *lib;

static void done(int error)
{
    if (error == MARKET_OK)
        return;
    fprintf(stderr, "%s: %s\n", market_error_name(error), market_error_message(lib));
    exit(1);
}

static int price(
    market_t *handle, void *context, market_string_t name, market_result_u64_string_t *result)
{
    (void)context;
    if (strcmp(name.data, "tea") == 0) {
        result->value.ok = 250;
    } else if (strcmp(name.data, "gold") == 0) {
        result->value.ok = 900000000001;
    } else {
        size_t room = name.length + 16;
        char *why = market_alloc(handle, room);
        snprintf(why, room, "we have no %s", name.data);
        result->is_err = true;
        result->value.err = market_string(why);
    }
    return 0;
}

static market_item_t some(const char *name, uint32_t count)
{
    return (market_item_t){.name = market_string(name), .count = count};
}

static void print_item(const market_item_t *item)
{
    static const char *const sizes[] = {"small", "very-large"};
    printf("%" PRIu32 " %s, %s%s%s", item->count, item->name.data,
        item->size.is_some ? sizes[item->size.value] : "no size",
        item->service & MARKET_SERVICE_GIFT_WRAPPED ? ", gift-wrapped" : "",
        item->service & MARKET_SERVICE_BY_POST ? ", by-post" : "");
}

static void print_items(const char *label, market_list_item_t items)
{
    printf("%s:", label);
    for (size_t i = 0; i < items.length; i++) {
        printf(i == 0 ? " " : "; ");
        print_item(&items.data[i]);
    }
    printf("\n");
}

static void print_bytes(const char *label, market_list_u8_t data)
{
    printf("%s:%s", label, data.length == 0 ? "" : " ");
    for (size_t i = 0; i < data.length; i++)
        printf("%02x", data.data[i]);
    printf("\n");
}

static void print_shape(market_shape_t shape)
{
    if (shape.tag == MARKET_SHAPE_SQUARE)
        printf("square %g", shape.value.square);
    else if (shape.tag == MARKET_SHAPE_BOX)
        printf("box %g by %g", shape.value.box.f0, shape.value.box.f1);
    else
        printf("dot");
}

static void print_cost(const char *label, market_result_u64_trouble_t cost)
{
    printf("%s: ", label);
    if (!cost.is_err)
        printf("%" PRIu64 "\n", cost.value.ok);
    else if (cost.value.err.tag == MARKET_TROUBLE_PRICELESS)
        printf("priceless %s: %s\n", cost.value.err.value.priceless.name.data,
            cost.value.err.value.priceless.reason.data);
    else
        printf(cost.value.err.tag == MARKET_TROUBLE_EMPTY ? "empty\n" : "too-much\n");
}

static void cost(const char *label, market_item_t item)
{
    market_result_u64_trouble_t found;
    done(market_cost(lib, &item, &found));
    print_cost(label, found);
}

static void total(const char *label, market_basket_t basket)
{
    market_result_u64_trouble_t found;
    done(market_basket_total(lib, basket, &found));
    print_cost(label, found);
}

static void label_of(const char *label, market_basket_t basket)
{
    market_string_t found;
    if (market_basket_label(lib, basket, &found) == MARKET_ARGUMENT)
        printf("%s: refused\n", label);
    else
        printf("%s: %s\n", label, found.data);
}

static void gone(const char *label)
{
    uint32_t found;
    done(market_gone(lib, &found));
    printf("%s: %" PRIu32 "\n", label, found);
}

static void texts(void)
{
    market_string_t text;
    market_option_string_t name = {true, market_string("Zażółć 🙂")};
    done(market_greet(lib, &name, &text));
    printf("greet someone: %s\n", text.data);
    name.is_some = false;
    done(market_greet(lib, &name, &text));
    printf("greet nobody: %s\n", text.data);
    name = (market_option_string_t){true, market_string("")};
    done(market_greet(lib, &name, &text));
    printf("greet no letters: %s\n", text.data);

    market_list_string_t words;
    done(market_words(lib, market_string("one  żółć 🙂 "), &words));
    printf("words:");
    for (size_t i = 0; i < words.length; i++)
        printf(" [%s]", words.data[i].data);
    printf("\n");

    market_string_t all[] = {market_string("a"), market_string(""), market_string("żółć"), market_string("żółć")};
    market_option_u32_t at;
    done(market_find(lib, (market_list_string_t){all, COUNT(all)}, market_string("żółć"), &at));
    printf("find: %" PRIu32 "\n", at.is_some ? at.value : 99);
    done(market_find(lib, (market_list_string_t){NULL, 0}, market_string(""), &at));
    printf("find nothing: %s\n", at.is_some ? "some" : "none");
}

static void bytes(void)
{
    static uint8_t much[100000];
    const uint8_t few[] = {255, 2, 1, 0, 128, 254};
    market_list_u8_t data;
    done(market_reverse(lib, (market_list_u8_t){few, COUNT(few)}, &data));
    print_bytes("reverse", data);
    done(market_reverse(lib, (market_list_u8_t){NULL, 0}, &data));
    print_bytes("reverse nothing", data);
    for (size_t i = 0; i < COUNT(much); i++)
        much[i] = i % 251;
    done(market_reverse(lib, (market_list_u8_t){much, COUNT(much)}, &data));
    printf("reverse much: %zu bytes, %d at 10\n", data.length, data.data[10]);
}

static void numbers(void)
{
    const int64_t values[] = {INT64_C(1) << 62, -3, 4}, least[] = {INT64_MIN};
    int64_t sum;
    done(market_sum(lib, (market_list_s64_t){values, COUNT(values)}, &sum));
    printf("sum: %" PRId64 "\n", sum);
    done(market_sum(lib, (market_list_s64_t){least, 1}, &sum));
    printf("sum of the least: %" PRId64 "\n", sum);
    done(market_sum(lib, (market_list_s64_t){NULL, 0}, &sum));
    printf("sum of nothing: %" PRId64 "\n", sum);

    const double some_values[] = {1.5, 2.25, 3};
    market_option_f64_t mean;
    done(market_mean(lib, (market_list_f64_t){some_values, COUNT(some_values)}, &mean));
    printf("mean: %g\n", mean.is_some ? mean.value : -1);
    done(market_mean(lib, (market_list_f64_t){NULL, 0}, &mean));
    printf("mean of nothing: %s\n", mean.is_some ? "some" : "none");

    market_result_u32_string_t number;
    done(market_number(lib, market_string("123456789"), &number));
    printf("number: %" PRIu32 "\n", number.is_err ? 0 : number.value.ok);
    done(market_number(lib, market_string("12x"), &number));
    printf("no number: %s\n", number.is_err ? number.value.err.data : "a number");
}

static void change(const char *label, market_item_t *item)
{
    market_item_t changed;
    done(market_change(lib, item, &changed));
    printf("%s: ", label);
    print_item(&changed);
    printf("\n");
    *item = changed;
}

static void items(void)
{
    market_item_t item = some("tea", 2);
    item.service = MARKET_SERVICE_GIFT_WRAPPED;
    change("change", &item);
    /* What a result points to is there until the next one. */
    item.name = market_string("tea");
    change("change again", &item);
    item = some("żółć", 0);
    item.size = (market_option_size_t){true, MARKET_SIZE_VERY_LARGE};
    change("change back", &item);

    market_item_t all[] = {some("a", 2), some("b", 3), some("c", 3)};
    all[2].size = (market_option_size_t){true, MARKET_SIZE_SMALL};
    market_list_item_t sorted;
    done(market_sorted(lib, (market_list_item_t){all, COUNT(all)}, &sorted));
    print_items("sorted", sorted);
    done(market_sorted(lib, (market_list_item_t){NULL, 0}, &sorted));
    print_items("sorted nothing", sorted);
}

static void shapes(void)
{
    market_shape_t all[] = {
        {.tag = MARKET_SHAPE_DOT},
        {.tag = MARKET_SHAPE_SQUARE, .value.square = 2.5},
        {.tag = MARKET_SHAPE_BOX, .value.box = {1.5, 2}},
    };
    printf("area: ");
    for (size_t i = 0; i < COUNT(all); i++) {
        double area;
        done(market_area(lib, &all[i], &area));
        printf("%s%g", i == 0 ? "" : ", ", area);
    }
    printf("\nstretch: ");
    const double by[] = {1.5, 1.5, 2.5};
    all[1].value.square = 2;
    all[2].value.box = (market_tuple2_f64_f64_t){4, 0.25};
    for (size_t i = 0; i < COUNT(all); i++) {
        market_shape_t wider;
        done(market_stretch(lib, &all[i], by[i], &wider));
        printf(i == 0 ? "" : ", ");
        print_shape(wider);
    }
    printf("\n");
}

static void baskets(void)
{
    market_basket_t ann, bob, both;
    market_list_item_t inside;
    market_string_t label;
    uint32_t first, second;
    market_item_t tea = some("tea", 2), gold = some("gold", 1), silk = some("silk", 1);
    tea.size = (market_option_size_t){true, MARKET_SIZE_VERY_LARGE};
    tea.service = MARKET_SERVICE_BY_POST;
    done(market_basket_new(lib, market_string("Ann"), &ann));
    total("empty basket", ann);
    done(market_basket_put(lib, ann, &tea, &first));
    done(market_basket_put(lib, ann, &gold, &second));
    printf("put: %" PRIu32 ", %" PRIu32 "\n", first, second);
    done(market_basket_items(lib, ann, &inside));
    print_items("items", inside);
    total("total", ann);
    done(market_basket_new(lib, market_string("Bob"), &bob));
    done(market_basket_put(lib, bob, &silk, &first));
    total("other total", bob);
    done(market_fuller(lib, bob, ann, &label));
    printf("fuller: %s\n", label.data);
    done(market_basket_merge(lib, ann, bob, &both));
    label_of("merged", both);
    done(market_basket_drop(lib, both));
    done(market_basket_drop(lib, bob));
    label_of("closed", bob);
    gone("gone");
    done(market_sell(lib, ann, &label));
    printf("sold: %s\n", label.data);
    label_of("given away", ann);
    gone("gone when sold");
}

int main(void)
{
    market_imports_t imports = {.price = price};
    market_options_t options = {
        .size = sizeof options, .imports = &imports, .timeout_ms = 60000};
    char message[256];
    if (market_open(&options, &lib, message) != MARKET_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    texts();
    bytes();
    numbers();
    items();
    shapes();
    cost("cost", some("tea", 2));
    cost("cost beyond 32 bits", some("gold", 1));
    cost("cost of what is not there", some("silk", 1));
    cost("cost of too much", some("gold", 2));
    baskets();
    done(market_close(lib));
    return 0;
}
