/* How well two colours are told apart, as the W3C reckons it for text on pages. */
#include <math.h>
#include <stdbool.h>
#include "wherever_http.h"

static const char TEXT[] = "text/plain; charset=utf-8";

/* The three parts of a colour written as ffcc00, #ffcc00 or #fc0. */
static bool parts(http_text text, double made[3])
{
    size_t from = text.length > 0 && text.data[0] == '#' ? 1 : 0;
    size_t each = (text.length - from) / 3;
    if (text.length - from != each * 3 || (each != 1 && each != 2))
        return false;
    for (int part = 0; part < 3; part++) {
        int high = http_digit(text.data[from + part * each]);
        int low = http_digit(text.data[from + part * each + each - 1]);
        if (high < 0 || low < 0)
            return false;
        made[part] = (high * 16 + low) / 255.0;
    }
    return true;
}

/* How bright a colour is to the eye, from 0 to 1: the relative luminance of WCAG 2. */
static double brightness(const double colour[3])
{
    static const double WEIGHT[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int part = 0; part < 3; part++)
        sum += WEIGHT[part] * (colour[part] <= 0.04045 ? colour[part] / 12.92
                                                       : pow((colour[part] + 0.055) / 1.055, 2.4));
    return sum;
}

http_response wherever_http_handler_handle(http_request request)
{
    double text[3], ground[3];
    if (!http_is(http_path(request), "/"))
        return http_answer(404, TEXT, wit_string("Not found\n"));
    if (!parts(http_query(request, "text", wit_string("1f2328")), text) ||
        !parts(http_query(request, "on", wit_string("ffffff")), ground))
        return http_answer(400, TEXT, wit_string("write colours as ffcc00: /?text=ffcc00&on=333\n"));
    double one = brightness(text), other = brightness(ground);
    double ratio = (fmax(one, other) + 0.05) / (fmin(one, other) + 0.05);
    const char *good = ratio >= 7     ? "good for any text"
                       : ratio >= 4.5 ? "enough for text"
                       : ratio >= 3   ? "enough for large text only"
                                      : "too little to read";
    return http_answer(200, TEXT, wit_format("%.2f to 1: %s\n", ratio, good));
}
