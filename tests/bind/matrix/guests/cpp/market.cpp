#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>
#include "world.h"

namespace {

std::string_view view(wit_string_t text) { return {text.data, text.length}; }

wit_string_t given(std::string_view text)
{
    wit_string_t made = {static_cast<char *>(wit_alloc(text.size())), text.size()};
    std::copy(text.begin(), text.end(), made.data);
    return made;
}

template <typename List, typename Item> List given(const std::vector<Item> &items)
{
    List made = {static_cast<Item *>(wit_alloc(items.size() * sizeof(Item))), items.size()};
    std::copy(items.begin(), items.end(), made.data);
    return made;
}

using Cost = wit_result_u64_lab_market_trouble_t;

Cost trouble(lab_market_trouble_t error)
{
    Cost cost{};
    cost.is_err = true;
    cost.err = error;
    return cost;
}

Cost fitting(uint64_t all)
{
    if (all > 1'000'000'000'000)
        return trouble({.tag = LAB_MARKET_TROUBLE_TOO_MUCH});
    Cost cost{};
    cost.ok = all;
    return cost;
}

struct Kept {
    std::string name;
    lab_market_item_t item;

    lab_market_item_t given() const
    {
        lab_market_item_t made = item;
        made.name = ::given(name);
        return made;
    }
};

uint32_t gone;

} // namespace

struct lab_market_basket {
    std::string owner;
    std::vector<Kept> things;

    std::string label() const { return owner + " has " + std::to_string(things.size()); }
};

wit_string_t lab_market_greet(wit_option_string_t name)
{
    std::string who = name.is_some ? std::string(view(name.value)) : "nobody";
    return given("hello, " + who + "!");
}

wit_list_string_t lab_market_words(wit_string_t text)
{
    std::vector<wit_string_t> words;
    std::string_view rest = view(text);
    for (size_t end; (end = rest.find(' ')) != rest.npos; rest.remove_prefix(end + 1))
        words.push_back(given(rest.substr(0, end)));
    words.push_back(given(rest));
    return given<wit_list_string_t>(words);
}

wit_option_u32_t lab_market_find(wit_list_string_t words, wit_string_t word)
{
    auto end = words.data + words.length;
    auto found = std::find_if(words.data, end, [&](auto each) { return view(each) == view(word); });
    return {found != end, static_cast<uint32_t>(found - words.data)};
}

wit_list_u8_t lab_market_reverse(wit_list_u8_t data)
{
    return given<wit_list_u8_t>(std::vector<uint8_t>(
        std::reverse_iterator(data.data + data.length), std::reverse_iterator(data.data)));
}

int64_t lab_market_sum(wit_list_s64_t values)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < values.length; i++)
        sum += values.data[i];
    return sum;
}

wit_option_f64_t lab_market_mean(wit_list_f64_t values)
{
    double sum = 0;
    for (size_t i = 0; i < values.length; i++)
        sum += values.data[i];
    return {values.length > 0, sum / values.length};
}

wit_result_u32_string_t lab_market_number(wit_string_t text)
{
    wit_result_u32_string_t number{};
    std::string digits(view(text));
    bool are_all = std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); });
    number.is_err = !are_all || digits.empty() || digits.size() > 9;
    if (number.is_err)
        number.err = given("\"" + digits + "\" is no number");
    else
        number.ok = std::stoul(digits);
    return number;
}

lab_market_item_t lab_market_change(lab_market_item_t item)
{
    item.count *= 2;
    if (!item.size.is_some)
        item.size = {true, LAB_MARKET_SIZE_SMALL};
    else if (item.size.value == LAB_MARKET_SIZE_SMALL)
        item.size.value = LAB_MARKET_SIZE_VERY_LARGE;
    else
        item.size.is_some = false;
    item.service ^= LAB_MARKET_SERVICE_GIFT_WRAPPED | LAB_MARKET_SERVICE_BY_POST;
    return item;
}

wit_list_lab_market_item_t lab_market_sorted(wit_list_lab_market_item_t items)
{
    std::stable_sort(items.data, items.data + items.length,
        [](auto &one, auto &other) { return one.count > other.count; });
    return items;
}

double lab_market_area(lab_market_shape_t shape)
{
    switch (shape.tag) {
    case LAB_MARKET_SHAPE_SQUARE: return shape.square * shape.square;
    case LAB_MARKET_SHAPE_BOX: return shape.box.f0 * shape.box.f1;
    default: return 0;
    }
}

lab_market_shape_t lab_market_stretch(lab_market_shape_t shape, double by)
{
    lab_market_shape_t made{};
    if (shape.tag == LAB_MARKET_SHAPE_DOT) {
        made.tag = LAB_MARKET_SHAPE_SQUARE;
        made.square = by;
        return made;
    }
    made.tag = LAB_MARKET_SHAPE_BOX;
    bool is_square = shape.tag == LAB_MARKET_SHAPE_SQUARE;
    made.box.f0 = by * (is_square ? shape.square : shape.box.f0);
    made.box.f1 = is_square ? shape.square : shape.box.f1;
    return made;
}

Cost lab_market_cost(lab_market_item_t item)
{
    wit_result_u64_string_t price = lab_market_host_price(item.name);
    if (!price.is_err)
        return fitting(price.ok * item.count);
    lab_market_trouble_t why{};
    why.tag = LAB_MARKET_TROUBLE_PRICELESS;
    why.priceless = {item.name, price.err};
    return trouble(why);
}

lab_market_basket_own_t lab_market_basket_new(wit_string_t owner)
{
    return lab_market_basket_own(new lab_market_basket{std::string(view(owner)), {}});
}

uint32_t lab_market_basket_put(lab_market_basket_t *self, lab_market_item_t item)
{
    self->things.push_back({std::string(view(item.name)), item});
    return self->things.size();
}

wit_list_lab_market_item_t lab_market_basket_items(lab_market_basket_t *self)
{
    std::vector<lab_market_item_t> items;
    for (auto &each : self->things)
        items.push_back(each.given());
    return given<wit_list_lab_market_item_t>(items);
}

Cost lab_market_basket_total(lab_market_basket_t *self)
{
    if (self->things.empty())
        return trouble({.tag = LAB_MARKET_TROUBLE_EMPTY});
    uint64_t total = 0;
    for (auto &each : self->things) {
        Cost cost = lab_market_cost(each.given());
        if (cost.is_err)
            return cost;
        total += cost.ok;
    }
    return fitting(total);
}

lab_market_basket_own_t lab_market_basket_merge(
    lab_market_basket_t *first, lab_market_basket_t *second)
{
    auto made = new lab_market_basket{first->owner + " and " + second->owner, first->things};
    made->things.insert(made->things.end(), second->things.begin(), second->things.end());
    return lab_market_basket_own(made);
}

wit_string_t lab_market_basket_label(lab_market_basket_t *self) { return given(self->label()); }

void lab_market_basket_free(lab_market_basket_t *self)
{
    gone++;
    delete self;
}

wit_string_t lab_market_fuller(lab_market_basket_t *one, lab_market_basket_t *other)
{
    return given((one->things.size() >= other->things.size() ? one : other)->label());
}

wit_string_t lab_market_sell(lab_market_basket_own_t basket)
{
    wit_string_t label = given(lab_market_basket_get(basket)->label());
    lab_market_basket_drop(basket);
    return label;
}

uint32_t lab_market_gone() { return gone; }
