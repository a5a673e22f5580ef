#include <ctype.h>
#include <stdio.h>
#include "world.h"

wit_string_t my_text_slug(wit_string_t title)
{
    wit_string_t slug = {wit_alloc(title.length), 0};
    for (size_t i = 0; i < title.length; i++) {
        unsigned char letter = title.data[i];
        if (isalnum(letter) || letter >= 0x80)
            slug.data[slug.length++] = tolower(letter);
        else if (slug.length > 0 && slug.data[slug.length - 1] != '-')
            slug.data[slug.length++] = '-';
    }
    if (slug.length > 0 && slug.data[slug.length - 1] == '-')
        slug.length--;
    return slug;
}

my_text_counts_t my_text_count(wit_string_t text)
{
    my_text_counts_t counts = {0, 0};
    for (size_t i = 0; i < text.length; i++) {
        if (!isspace((unsigned char)text.data[i])) {
            counts.letters++;
            counts.words += i == 0 || isspace((unsigned char)text.data[i - 1]);
        }
    }
    return counts;
}

/* What `wherever run .` shows, and `wherever test` compares. */
wit_result_none_none_t wasi_cli_run(void)
{
    wit_string_t title = wit_string("Hello, C library!");
    my_text_counts_t counts = my_text_count(title);
    printf("%s\n", wit_cstring(my_text_slug(title)));
    printf("%u words, %u letters\n", counts.words, counts.letters);
    fflush(stdout);
    return (wit_result_none_none_t){.is_err = false};
}
