//! Memory: that of a call, which is free again at its end, and that which stays.

const builtin = @import("builtin");
const std = @import("std");

/// Memory that nobody frees but the program.
pub const kept: std.mem.Allocator =
    if (builtin.link_libc) std.heap.c_allocator else std.heap.wasm_allocator;

/// Memory of the call under way; see `arena` of the world.
pub const arena: std.mem.Allocator = call_memory.allocator();

var call_memory: std.heap.ArenaAllocator = .init(kept);

/// What a call gives and allocates while a scope lasts.
pub const Scope = struct {
    outer: std.heap.ArenaAllocator.State,

    pub fn end(self: Scope) void {
        call_memory.deinit();
        call_memory.state = self.outer;
    }
};

pub fn scope() Scope {
    defer call_memory.state = .init;
    return .{ .outer = call_memory.state };
}

/// The end of a call: what it was given and has allocated is free again.
pub fn done() void {
    _ = call_memory.reset(.{ .retain_with_limit = 64 << 10 });
}

/// What the caller of a function, or the giver of a result, asks memory of.
export fn cabi_realloc(old: usize, old_size: usize, alignment: usize, size: usize) usize {
    return moved(arena, old, old_size, alignment, size);
}

/// What WASI's adapter keeps for good.
export fn cabi_realloc_adapter(old: usize, old_size: usize, alignment: usize, size: usize) usize {
    return moved(kept, old, old_size, alignment, size);
}

fn moved(from: std.mem.Allocator, old: usize, old_size: usize, alignment: usize, size: usize) usize {
    if (size == 0) return alignment;
    const made = from.rawAlloc(size, .fromByteUnits(alignment), @returnAddress()) orelse noneLeft();
    const count = @min(old_size, size);
    if (count != 0) @memcpy(made[0..count], @as([*]const u8, @ptrFromInt(old))[0..count]);
    return @intFromPtr(made);
}

pub fn noneLeft() noreturn {
    @panic("no memory is left");
}

pub fn many(comptime T: type, count: usize) []T {
    return arena.alloc(T, count) catch noneLeft();
}

pub fn one(comptime T: type, value: T) *T {
    const made = arena.create(T) catch noneLeft();
    made.* = value;
    return made;
}

/// A value that callers have a handle of.
pub fn held(comptime T: type, value: T) u32 {
    const made = kept.create(T) catch noneLeft();
    made.* = value;
    return @intCast(@intFromPtr(made));
}

/// The end of such a value.
pub fn ended(comptime T: type, at: u32) void {
    const value: *T = @ptrFromInt(at);
    if (@hasDecl(T, "deinit")) value.deinit();
    kept.destroy(value);
}
