#include "shim.h"

/* A command's memory: chunks of 1 KiB and more, each of an arena, each used again. */

#define MOST_ARENAS (MOST_HANDLES + 1)
#define SMALLEST 10
#define SIZES 18 /* so that the largest has 128 MiB */

typedef struct Chunk { struct Chunk *next; u32 size; } Chunk;

typedef struct { Chunk *chunks; u32 top, end, handles; } Arena;

extern u8 __heap_base;

static Arena arenas[MOST_ARENAS]; /* the first is what is pending */
static u16 nexts[MOST_ARENAS];
static u16 here, free_arenas, used_arenas;
static Chunk *free_chunks[SIZES];
static u32 heap;

static void *grow(u32 size) {
    if (!heap) heap = ((u32)&__heap_base + 7) & ~7u;
    u32 at = heap, after = at + size, there = (u32)__builtin_wasm_memory_size(0) << 16;
    if (after < at) TRAP();
    if (after > there && __builtin_wasm_memory_grow(0, (after - there + 65535) >> 16) == NONE) TRAP();
    heap = after;
    return (void *)at;
}

static void give_back(Arena *arena, Chunk *until) {
    while (arena->chunks != until) {
        Chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        chunk->next = free_chunks[chunk->size];
        free_chunks[chunk->size] = chunk;
    }
}

static void empty(Arena *arena) {
    give_back(arena, 0);
    *arena = (Arena){0, 0, 0, 0};
}

static void end(u16 arena) {
    empty(&arenas[arena]);
    nexts[arena] = free_arenas;
    free_arenas = arena;
}

void *take(u32 size) {
    Arena *arena = &arenas[here];
    u32 at = (arena->top + 7) & ~7u;
    if (!arena->chunks || at + size < at || at + size > arena->end) {
        u32 number = 0;
        while (number < SIZES && (1u << (SMALLEST + number)) - sizeof(Chunk) < size) number++;
        if (number == SIZES) TRAP();
        Chunk *chunk = free_chunks[number];
        if (chunk) free_chunks[number] = chunk->next;
        else chunk = grow(1u << (SMALLEST + number));
        *chunk = (Chunk){arena->chunks, number};
        arena->chunks = chunk;
        at = (u32)(chunk + 1);
        arena->end = (u32)chunk + (1u << (SMALLEST + number));
    }
    arena->top = at + size;
    return (void *)at;
}

void arena_enter(u16 to) {
    u16 from = here;
    here = to;
    if (from && from != to && !arenas[from].handles) end(from);
}

void arena_begin(void) {
    arena_enter(0);
    empty(&arenas[0]);
}

u16 arena_join(void) {
    if (!here) {
        u16 made = free_arenas;
        if (made) free_arenas = nexts[made];
        else if (used_arenas < MOST_ARENAS - 1) made = ++used_arenas;
        else TRAP();
        arenas[made] = arenas[0];
        arenas[0] = (Arena){0, 0, 0, 0};
        here = made;
    }
    arenas[here].handles++;
    return here;
}

/* Where this was the last handle, what it led to stays until another arena is entered. */
void arena_leave(u16 arena) {
    if (arena && !--arenas[arena].handles && arena != here) end(arena);
}

Mark arena_mark(void) {
    Arena *arena = &arenas[here];
    return (Mark){here, arena->chunks, arena->top, arena->end};
}

void arena_back(Mark mark) {
    Arena *arena = &arenas[mark.arena];
    if (here != mark.arena) return;
    give_back(arena, mark.chunk);
    arena->top = mark.top;
    arena->end = mark.end;
}
