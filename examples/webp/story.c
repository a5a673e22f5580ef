/* The same sandboxed file as a C library, with nothing to install beside it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webp_everywhere.h"

static const webp_everywhere_option_upsampling_t AS_USUAL = {.is_some = false};

static void check(webp_everywhere_t *webp, int error)
{
    if (error == 0)
        return;
    fprintf(stderr, "%s\n", webp_everywhere_error_message(webp));
    exit(1);
}

int main(void)
{
    static uint8_t file[1 << 20];
    FILE *opened = fopen("photo.webp", "rb");
    if (opened == NULL) {
        perror("photo.webp");
        return 1;
    }
    webp_everywhere_list_u8_t image = {file, fread(file, 1, sizeof file, opened)};
    fclose(opened);

    webp_everywhere_t *webp;
    char message[256];
    webp_everywhere_options_t options = {.size = sizeof options, .timeout_ms = 10000};
    if (webp_everywhere_open(&options, &webp, message) != 0) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }

    webp_everywhere_result_info_string_t info;
    check(webp, webp_everywhere_describe(webp, image, &info));
    printf("%u x %u, %s\n", info.value.ok.width, info.value.ok.height,
           info.value.ok.is_lossy ? "lossy" : "without loss");

    webp_everywhere_result_picture_string_t decoded, again;
    check(webp, webp_everywhere_decode(webp, image, &AS_USUAL, &decoded));
    void *first = webp_everywhere_keep(webp);
    webp_everywhere_picture_t *picture = &decoded.value.ok;
    const uint8_t *pixels = picture->pixels.data;
    printf("first pixel: %u %u %u\n", pixels[0], pixels[1], pixels[2]);

    webp_everywhere_result_list_u8_string_t encoded;
    check(webp, webp_everywhere_encode(webp, picture, &encoded));
    void *second = webp_everywhere_keep(webp);
    check(webp, webp_everywhere_decode(webp, encoded.value.ok, &AS_USUAL, &again));
    int same = again.value.ok.pixels.length == picture->pixels.length
               && memcmp(again.value.ok.pixels.data, pixels, picture->pixels.length) == 0;
    printf("without loss: %zu bytes, the same: %s\n", encoded.value.ok.length,
           same ? "True" : "False");

    image.length -= 100;
    check(webp, webp_everywhere_decode(webp, image, &AS_USUAL, &decoded));
    printf("%s\n", decoded.is_err ? decoded.value.err.data : "");
    webp_everywhere_free(first);
    webp_everywhere_free(second);
    return webp_everywhere_close(webp);
}
