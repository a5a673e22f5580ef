#include "acts.h"

int main(void) {
    static char text[1 << 18];
    size_t size = fread(text, 1, sizeof text - 1, stdin);
    text[size] = 0;
    act_all(text);
    fwrite(said, 1, said_size, stdout);
    return 0;
}
