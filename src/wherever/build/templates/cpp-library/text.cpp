#include <cctype>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include "world.h"

static std::string_view view(wit_string_t text)
{
    return {text.data, text.length};
}

static wit_string_t given(const std::string &text)
{
    wit_string_t made = {static_cast<char *>(wit_alloc(text.size())), text.size()};
    std::memcpy(made.data, text.data(), text.size());
    return made;
}

wit_string_t my_text_slug(wit_string_t title)
{
    std::string slug;
    for (unsigned char letter : view(title)) {
        if (std::isalnum(letter) || letter >= 0x80)
            slug += std::tolower(letter);
        else if (!slug.empty() && slug.back() != '-')
            slug += '-';
    }
    if (!slug.empty() && slug.back() == '-')
        slug.pop_back();
    return given(slug);
}

my_text_counts_t my_text_count(wit_string_t text)
{
    my_text_counts_t counts = {0, 0};
    bool inside = false;
    for (unsigned char letter : view(text)) {
        bool was = inside;
        inside = !std::isspace(letter);
        counts.letters += inside;
        counts.words += inside && !was;
    }
    return counts;
}

// What `wherever run .` shows, and `wherever test` compares.
wit_result_none_none_t wasi_cli_run()
{
    wit_string_t title = wit_string("Hello, C++ library!");
    my_text_counts_t counts = my_text_count(title);
    std::printf("%s\n", wit_cstring(my_text_slug(title)));
    std::printf("%u words, %u letters\n", counts.words, counts.letters);
    std::fflush(stdout);
    return {.is_err = false};
}
