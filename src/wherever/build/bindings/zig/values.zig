//! Values, in memory and as core values.
//!
//! As core values they are bits, whatever the core type: what several cases share needs no
//! conversion.

const layout = @import("layout.zig");
const memory = @import("memory.zig");

// What was lent for the call under way has to be given back at its end.

const Lent = struct { next: ?*Lent, handle: u32, drop: *const fn (u32) void };

var lent: ?*Lent = null;

fn borrowed(comptime T: type, handle: u32) *const T {
    const drop = struct {
        fn drop(which: u32) void {
            T.deinit(.{ .handle = which });
        }
    }.drop;
    lent = memory.one(Lent, .{ .next = lent, .handle = handle, .drop = &drop });
    return memory.one(T, .{ .handle = handle });
}

pub fn giveBack() void {
    while (lent) |each| : (lent = each.next) each.drop(each.handle);
}

fn ofWord(comptime T: type, bits: layout.Bits(T)) T {
    switch (@typeInfo(T)) {
        .bool => return bits != 0,
        .int => return if (T == u21) @intCast(bits) else @bitCast(bits),
        .@"enum" => return @enumFromInt(bits),
        .pointer => |info| return if (comptime layout.isHandle(info.child)) borrowed(info.child, bits) else @ptrFromInt(bits),
        .@"struct" => return if (comptime layout.isHandle(T)) .{ .handle = bits } else @bitCast(bits),
        else => return @bitCast(bits),
    }
}

fn word(comptime T: type, value: T) layout.Bits(T) {
    switch (@typeInfo(T)) {
        .bool => return @intFromBool(value),
        .int => return if (T == u21) value else @bitCast(value),
        .@"enum" => return @intFromEnum(value),
        .pointer => |info| return if (comptime layout.isHandle(info.child)) value.handle else @intCast(@intFromPtr(value)),
        .@"struct" => return if (comptime layout.isHandle(T)) value.handle else @bitCast(value),
        else => return @bitCast(value),
    }
}

pub fn toBits(value: anytype) u64 {
    const T = @TypeOf(value);
    if (T == void) return 0;
    return @as(layout.Bits(T), @bitCast(value));
}

pub fn fromBits(comptime T: type, bits: u64) T {
    return @bitCast(@as(layout.Bits(T), @truncate(bits)));
}

pub fn room(comptime T: type) u32 {
    return @intCast(@intFromPtr(memory.many(u64, comptime (layout.sizeOf(T) + 7) / 8).ptr));
}

fn read(comptime T: type, at: u32) T {
    return @as(*const T, @ptrFromInt(at)).*;
}

fn write(comptime T: type, value: T, at: u32) void {
    @as(*T, @ptrFromInt(at)).* = value;
}

fn slice(comptime T: type, at: u32, length: u32) []const T {
    if (length == 0) return &.{};
    if (comptime layout.isPlain(T)) return @as([*]const T, @ptrFromInt(at))[0..length];
    const made = memory.many(T, length);
    for (made, 0..) |*each, index| each.* = load(T, at + @as(u32, @intCast(index)) * comptime layout.sizeOf(T));
    return made;
}

fn placeOf(comptime T: type, all: []const T) u32 {
    if (all.len == 0) return 8;
    if (comptime layout.isPlain(T)) return @intCast(@intFromPtr(all.ptr));
    const size = comptime layout.sizeOf(T);
    const made: u32 = @intCast(@intFromPtr(memory.many(u64, (all.len * size + 7) / 8).ptr));
    for (all, 0..) |each, index| store(T, each, made + @as(u32, @intCast(index)) * size);
    return made;
}

pub fn load(comptime T: type, at: u32) T {
    @setEvalBranchQuota(layout.loops);
    if (T == void) return;
    if (comptime layout.isWord(T)) return ofWord(T, read(layout.Bits(T), at));
    switch (@typeInfo(T)) {
        .pointer => |info| return slice(info.child, read(u32, at), read(u32, at + 4)),
        .@"struct" => |info| {
            var made: T = undefined;
            comptime var place = 0;
            inline for (info.field_names, info.field_types) |name, Each| {
                place = comptime layout.up(place, layout.alignOf(Each));
                @field(made, name) = load(Each, at + place);
                place += comptime layout.sizeOf(Each);
            }
            return made;
        },
        .optional => |info| return if (read(u8, at) == 0) null else load(info.child, at + comptime layout.payloadAt(T)),
        else => |info| {
            const tag = read(layout.Tag(layout.Payloads(T).len), at);
            inline for (info.@"union".field_names, info.@"union".field_types, 0..) |name, Each, case| {
                if (tag == case) return @unionInit(T, name, load(Each, at + comptime layout.payloadAt(T)));
            }
            unreachable;
        },
    }
}

pub fn store(comptime T: type, value: T, at: u32) void {
    @setEvalBranchQuota(layout.loops);
    if (T == void) return;
    if (comptime layout.isWord(T)) return write(layout.Bits(T), word(T, value), at);
    switch (@typeInfo(T)) {
        .pointer => |info| {
            write(u32, placeOf(info.child, value), at);
            write(u32, @intCast(value.len), at + 4);
        },
        .@"struct" => |info| {
            comptime var place = 0;
            inline for (info.field_names, info.field_types) |name, Each| {
                place = comptime layout.up(place, layout.alignOf(Each));
                store(Each, @field(value, name), at + place);
                place += comptime layout.sizeOf(Each);
            }
        },
        .optional => |info| {
            write(u8, @intFromBool(value != null), at);
            if (value) |found| store(info.child, found, at + comptime layout.payloadAt(T));
        },
        else => {
            const info = @typeInfo(T).@"union";
            inline for (info.field_names, info.field_types, 0..) |name, Each, case| {
                if (value == @field(info.tag_type.?, name)) {
                    write(layout.Tag(layout.Payloads(T).len), case, at);
                    store(Each, @field(value, name), at + comptime layout.payloadAt(T));
                }
            }
        },
    }
}

pub fn lift(comptime T: type, from: []const u64) T {
    @setEvalBranchQuota(layout.loops);
    if (T == void) return;
    if (comptime layout.isWord(T)) return ofWord(T, @truncate(from[0]));
    switch (@typeInfo(T)) {
        .pointer => |info| return slice(info.child, @truncate(from[0]), @truncate(from[1])),
        .@"struct" => |info| {
            var made: T = undefined;
            comptime var place = 0;
            inline for (info.field_names, info.field_types) |name, Each| {
                @field(made, name) = lift(Each, from[place..]);
                place += comptime layout.flat(Each);
            }
            return made;
        },
        .optional => |info| return if (from[0] == 0) null else lift(info.child, from[1..]),
        else => {
            const info = @typeInfo(T).@"union";
            inline for (info.field_names, info.field_types, 0..) |name, Each, case| {
                if (from[0] == case) return @unionInit(T, name, lift(Each, from[1..]));
            }
            unreachable;
        },
    }
}

pub fn lower(comptime T: type, value: T, to: []u64) void {
    @setEvalBranchQuota(layout.loops);
    if (T == void) return;
    if (comptime layout.isWord(T)) {
        to[0] = lowered(T, word(T, value));
        return;
    }
    switch (@typeInfo(T)) {
        .pointer => |info| {
            to[0] = placeOf(info.child, value);
            to[1] = value.len;
        },
        .@"struct" => |info| {
            comptime var place = 0;
            inline for (info.field_names, info.field_types) |name, Each| {
                lower(Each, @field(value, name), to[place..]);
                place += comptime layout.flat(Each);
            }
        },
        .optional => |info| {
            to[0] = @intFromBool(value != null);
            if (value) |found| lower(info.child, found, to[1..]);
        },
        else => {
            const info = @typeInfo(T).@"union";
            inline for (info.field_names, info.field_types, 0..) |name, Each, case| {
                if (value == @field(info.tag_type.?, name)) {
                    to[0] = case;
                    lower(Each, @field(value, name), to[1..]);
                }
            }
        },
    }
}

/// Small integers with a sign keep it in a core value.
fn lowered(comptime T: type, bits: layout.Bits(T)) u64 {
    if (@typeInfo(T) == .int and @typeInfo(T).int.signedness == .signed and @sizeOf(T) < 4) {
        return @as(u32, @bitCast(@as(i32, @as(T, @bitCast(bits)))));
    }
    return bits;
}
