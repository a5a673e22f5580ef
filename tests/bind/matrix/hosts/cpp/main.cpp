// What a market tells a program in C++.
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include "market.hpp"

using namespace market;
using std::cout;
using std::string;

static Item some(string name, std::uint32_t count, std::optional<Size> size = {},
    Service service = Service::none)
{
    return {std::move(name), count, size, service};
}

static string shown(const Item &item)
{
    string text = std::to_string(item.count) + " " + item.name;
    text += !item.size ? ", no size" : *item.size == Size::small ? ", small" : ", very-large";
    if ((item.service & Service::gift_wrapped) != Service::none)
        text += ", gift-wrapped";
    if ((item.service & Service::by_post) != Service::none)
        text += ", by-post";
    return text;
}

static string shown(const std::vector<Item> &items)
{
    string text;
    for (auto &each : items)
        text += (text.empty() ? " " : "; ") + shown(each);
    return text;
}

static string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

static string shown(const Shape &shape)
{
    if (auto *square = std::get_if<ShapeSquare>(&shape))
        return "square " + number(square->value);
    if (auto *box = std::get_if<ShapeBox>(&shape))
        return "box " + number(std::get<0>(box->value)) + " by " + number(std::get<1>(box->value));
    return "dot";
}

static string cost(const std::function<std::uint64_t()> &call)
{
    try {
        return std::to_string(call());
    } catch (const Failure<Trouble> &error) {
        if (auto *found = std::get_if<TroublePriceless>(&error.value))
            return "priceless " + found->value.name + ": " + found->value.reason;
        return std::holds_alternative<TroubleEmpty>(error.value) ? "empty" : "too-much";
    }
}

static string hex(const std::vector<std::uint8_t> &data)
{
    string text;
    for (auto each : data) {
        char two[4];
        std::snprintf(two, sizeof two, "%02x", each);
        text += two;
    }
    return text.empty() ? text : " " + text;
}

int main() try {
    Imports imports;
    imports.price = [](const string &name) -> std::uint64_t {
        static const std::map<string, std::uint64_t> prices{
            {"tea", 250}, {"gold", 900000000001}};
        auto found = prices.find(name);
        if (found == prices.end())
            throw Failure<string>("we have no " + name);
        return found->second;
    };
    Options options;
    options.timeout = std::chrono::seconds(30);
    Library lib(options, imports);
    cout << "greet someone: " << lib.greet("Zażółć 🙂") << "\n";
    cout << "greet nobody: " << lib.greet(std::nullopt) << "\n";
    cout << "greet no letters: " << lib.greet("") << "\n";
    cout << "words:";
    for (auto &each : lib.words("one  żółć 🙂 "))
        cout << " [" << each << "]";
    cout << "\nfind: " << *lib.find({"a", "", "żółć", "żółć"}, "żółć") << "\n";
    cout << "find nothing: " << (lib.find({}, "") ? "some" : "none") << "\n";
    cout << "reverse:" << hex(lib.reverse({255, 2, 1, 0, 128, 254})) << "\n";
    cout << "reverse nothing:" << hex(lib.reverse({})) << "\n";
    std::vector<std::uint8_t> much(100000);
    for (std::size_t at = 0; at < much.size(); at++)
        much[at] = static_cast<std::uint8_t>(at % 251);
    much = lib.reverse(much);
    cout << "reverse much: " << much.size() << " bytes, " << int(much[10]) << " at 10\n";
    cout << "sum: " << lib.sum({std::int64_t(1) << 62, -3, 4}) << "\n";
    cout << "sum of the least: " << lib.sum({INT64_MIN}) << "\n";
    cout << "sum of nothing: " << lib.sum({}) << "\n";
    cout << "mean: " << *lib.mean({1.5, 2.25, 3}) << "\n";
    cout << "mean of nothing: " << (lib.mean({}) ? "some" : "none") << "\n";
    cout << "number: " << lib.number("123456789") << "\n";
    try {
        cout << lib.number("12x");
    } catch (const Failure<string> &error) {
        cout << "no number: " << error.value << "\n";
    }
    Item once = lib.change(some("tea", 2, {}, Service::gift_wrapped));
    cout << "change: " << shown(once) << "\n";
    cout << "change again: " << shown(lib.change(once)) << "\n";
    cout << "change back: " << shown(lib.change(some("żółć", 0, Size::very_large))) << "\n";
    auto sorted = lib.sorted({some("a", 2), some("b", 3), some("c", 3, Size::small)});
    cout << "sorted:" << shown(sorted) << "\n";
    cout << "sorted nothing:" << shown(lib.sorted({})) << "\n";
    cout << "area: " << number(lib.area(ShapeDot{})) << ", " << number(lib.area(ShapeSquare{2.5}))
         << ", " << number(lib.area(ShapeBox{{1.5, 2}})) << "\n";
    cout << "stretch: " << shown(lib.stretch(ShapeDot{}, 1.5)) << ", "
         << shown(lib.stretch(ShapeSquare{2}, 1.5)) << ", "
         << shown(lib.stretch(ShapeBox{{4, 0.25}}, 2.5)) << "\n";
    auto costs = [&](string name, std::uint32_t count) {
        return cost([&] { return lib.cost(some(name, count)); });
    };
    cout << "cost: " << costs("tea", 2) << "\n";
    cout << "cost beyond 32 bits: " << costs("gold", 1) << "\n";
    cout << "cost of what is not there: " << costs("silk", 1) << "\n";
    cout << "cost of too much: " << costs("gold", 2) << "\n";
    Basket ann(lib, "Ann");
    cout << "empty basket: " << cost([&] { return ann.total(); }) << "\n";
    cout << "put: " << ann.put(some("tea", 2, Size::very_large, Service::by_post));
    cout << ", " << ann.put(some("gold", 1)) << "\n";
    cout << "items:" << shown(ann.items()) << "\n";
    cout << "total: " << cost([&] { return ann.total(); }) << "\n";
    auto refused = [](Basket &basket, const char *label) {
        try {
            string found = basket.label();
            cout << label << ": " << found << "\n";
        } catch (const Argument &) {
            cout << label << ": refused\n";
        }
    };
    Basket bob(lib, "Bob");
    {
        bob.put(some("silk", 1));
        cout << "other total: " << cost([&] { return bob.total(); }) << "\n";
        cout << "fuller: " << lib.fuller(bob, ann) << "\n";
        Basket both = Basket::merge(lib, ann, bob);
        cout << "merged: " << both.label() << "\n";
        Basket ended = std::move(bob);
    }
    refused(bob, "closed");
    cout << "gone: " << lib.gone() << "\n";
    cout << "sold: " << lib.sell(std::move(ann)) << "\n";
    refused(ann, "given away");
    cout << "gone when sold: " << lib.gone() << "\n";
} catch (const std::exception &error) {
    std::cerr << error.what() << "\n";
    return 1;
}
