/* Ten kernels, as people write them: the same file becomes a guest and a native library. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t fibonacci(uint32_t n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t primes(uint32_t n)
{
    uint8_t *crossed = calloc(n + 1, 1);
    uint64_t count = 0;
    for (uint32_t i = 2; i <= n; i++) {
        if (crossed[i])
            continue;
        count++;
        for (uint64_t multiple = (uint64_t)i * i; multiple <= n; multiple += i)
            crossed[multiple] = 1;
    }
    free(crossed);
    return count;
}

static uint64_t matrices(uint32_t n)
{
    double *a = malloc(n * n * sizeof *a), *b = malloc(n * n * sizeof *b);
    double *c = malloc(n * n * sizeof *c);
    for (uint32_t i = 0; i < n * n; i++) {
        a[i] = i % 7;
        b[i] = i % 5;
    }
    for (uint32_t row = 0; row < n; row++)
        for (uint32_t column = 0; column < n; column++) {
            double sum = 0;
            for (uint32_t k = 0; k < n; k++)
                sum += a[row * n + k] * b[k * n + column];
            c[row * n + column] = sum;
        }
    uint64_t middle = (uint64_t)c[n * n / 2];
    free(a);
    free(b);
    free(c);
    return middle;
}

typedef struct {
    double x, y, z, vx, vy, vz, mass;
} body;

static uint64_t planets(uint32_t steps)
{
    enum { COUNT = 5 };
    body all[COUNT];
    for (int i = 0; i < COUNT; i++)
        all[i] = (body){i * 1.5, i * 0.7 + 1, i * 0.3, 0.01 * i, 0.02, 0.03 * i, 1.0 / (i + 1)};
    while (steps-- > 0) {
        for (int i = 0; i < COUNT; i++)
            for (int j = i + 1; j < COUNT; j++) {
                body *one = &all[i], *two = &all[j];
                double x = one->x - two->x, y = one->y - two->y, z = one->z - two->z;
                double square = x * x + y * y + z * z + 0.01;
                double pull = 0.001 / (square * __builtin_sqrt(square));
                one->vx -= x * two->mass * pull;
                one->vy -= y * two->mass * pull;
                one->vz -= z * two->mass * pull;
                two->vx += x * one->mass * pull;
                two->vy += y * one->mass * pull;
                two->vz += z * one->mass * pull;
            }
        for (int i = 0; i < COUNT; i++) {
            all[i].x += 0.001 * all[i].vx;
            all[i].y += 0.001 * all[i].vy;
            all[i].z += 0.001 * all[i].vz;
        }
    }
    return (uint64_t)(all[0].x * 1e6);
}

static uint64_t checksum(uint32_t n)
{
    static uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        table[i] = value;
    }
    uint8_t *data = malloc(n);
    for (uint32_t i = 0; i < n; i++)
        data[i] = (uint8_t)(i * 31);
    uint32_t sum = ~0u;
    for (int round = 0; round < 4; round++)
        for (uint32_t i = 0; i < n; i++)
            sum = table[(sum ^ data[i]) & 255] ^ (sum >> 8);
    free(data);
    return ~sum;
}

static void sort(int32_t *items, int32_t low, int32_t high)
{
    while (low < high) {
        int32_t pivot = items[low + (high - low) / 2], left = low, right = high;
        while (left <= right) {
            while (items[left] < pivot)
                left++;
            while (items[right] > pivot)
                right--;
            if (left <= right) {
                int32_t item = items[left];
                items[left++] = items[right];
                items[right--] = item;
            }
        }
        if (right - low < high - left) {
            sort(items, low, right);
            low = left;
        } else {
            sort(items, left, high);
            high = right;
        }
    }
}

static uint64_t sorted(uint32_t n)
{
    int32_t *items = malloc(n * sizeof *items);
    uint32_t state = 1;
    for (uint32_t i = 0; i < n; i++) {
        state = state * 1664525 + 1013904223;
        items[i] = (int32_t)(state >> 1);
    }
    sort(items, 0, (int32_t)n - 1);
    uint64_t third = (uint64_t)items[n / 3];
    free(items);
    return third;
}

static uint64_t mandelbrot(uint32_t size)
{
    uint64_t total = 0;
    for (uint32_t row = 0; row < size; row++)
        for (uint32_t column = 0; column < size; column++) {
            double x = 3.0 * column / size - 2, y = 2.0 * row / size - 1, real = 0, other = 0;
            int turns = 0;
            for (; turns < 100 && real * real + other * other < 4; turns++) {
                double next = real * real - other * other + x;
                other = 2 * real * other + y;
                real = next;
            }
            total += (uint64_t)turns;
        }
    return total;
}

static uint64_t hashes(uint32_t n)
{
    uint32_t room = 1;
    while (room < n * 2)
        room *= 2;
    uint64_t *keys = calloc(room, sizeof *keys), *values = calloc(room, sizeof *values);
    uint64_t state = 88172645463325252u, sum = 0;
    for (uint32_t round = 0; round < n * 4; round++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        uint64_t key = state % n + 1;
        uint32_t at = (uint32_t)(key * 11400714819323198485u >> 40) & (room - 1);
        while (keys[at] != 0 && keys[at] != key)
            at = (at + 1) & (room - 1);
        keys[at] = key;
        sum += values[at]++;
    }
    free(keys);
    free(values);
    return sum;
}

typedef struct node {
    struct node *left, *right;
} node;

static node *grown(uint32_t depth)
{
    node *made = malloc(sizeof *made);
    made->left = depth == 0 ? NULL : grown(depth - 1);
    made->right = depth == 0 ? NULL : grown(depth - 1);
    return made;
}

static uint64_t felled(node *tree)
{
    if (tree == NULL)
        return 0;
    uint64_t count = 1 + felled(tree->left) + felled(tree->right);
    free(tree);
    return count;
}

static uint64_t trees(uint32_t depth)
{
    uint64_t count = 0;
    for (int round = 0; round < 8; round++)
        count += felled(grown(depth));
    return count;
}

static uint64_t packed(uint32_t n)
{
    enum { HEADS = 1 << 14, FAR = 65535, LONG = 255 };
    uint8_t *in = malloc(n), *out = malloc(n * 2);
    uint32_t *heads = calloc(HEADS, sizeof *heads), state = 7, filled = 0;
    for (uint32_t i = 0; i < n; i++) {
        state = state * 1103515245 + 12345;
        in[i] = (uint8_t)((state >> 16) % 9 + 'a' - (i % 13 == 0) * 20);
    }
    for (uint32_t i = 0; i + 4 < n;) {
        uint32_t hash = (in[i] * 2654435761u ^ in[i + 1] * 40503u ^ in[i + 2] * 97u) % HEADS;
        uint32_t before = heads[hash], length = 0;
        heads[hash] = i;
        if (before != 0 && i - before < FAR)
            while (i + length < n && in[before + length] == in[i + length] && length < LONG)
                length++;
        if (length > 3) {
            out[filled++] = LONG;
            out[filled++] = (uint8_t)length;
            out[filled++] = (uint8_t)((i - before) >> 8);
            out[filled++] = (uint8_t)(i - before);
            i += length;
        } else {
            out[filled++] = in[i++];
        }
    }
    uint64_t result = filled;
    for (uint32_t i = 0; i < filled; i++)
        result = result * 31 + out[i];
    free(in);
    free(out);
    free(heads);
    return result;
}

uint64_t kernels_run(uint32_t which, uint32_t size)
{
    static uint64_t (*const all[])(uint32_t) = {fibonacci, primes, matrices, planets, checksum,
        sorted, mandelbrot, hashes, trees, packed};
    return all[which](size);
}
