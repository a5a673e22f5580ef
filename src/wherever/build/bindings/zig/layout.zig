//! How types lie in memory, and how many core values they are.

/// Loops that the compiler may run while it reckons with a type; worlds can be large.
pub const loops = 1_000_000;

pub fn isHandle(comptime T: type) bool {
    return @typeInfo(T) == .@"struct" and @hasDecl(T, "wit_handle");
}

fn isPacked(comptime T: type) bool {
    return @typeInfo(T) == .@"struct" and @typeInfo(T).@"struct".layout == .@"packed";
}

/// Whether a type is one that lies in memory as in Zig, so that slices of it need no copy.
pub fn isPlain(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .bool, .float, .@"enum" => true,
        .int => T != u21,
        else => isPacked(T),
    };
}

pub fn Tag(comptime cases: usize) type {
    return if (cases <= 1 << 8) u8 else if (cases <= 1 << 16) u16 else u32;
}

/// An unsigned integer of the same size in memory.
pub fn Bits(comptime T: type) type {
    return switch (@typeInfo(T)) {
        .bool => u8,
        .int => |info| if (T == u21) u32 else @Int(.unsigned, info.bits),
        .float => |info| @Int(.unsigned, info.bits),
        .@"enum" => |info| info.tag_type,
        .@"struct" => |info| if (isHandle(T)) u32 else info.backing_integer.?,
        .pointer => u32,
        else => comptime unreachable,
    };
}

/// Whether a type is one core value, and no sum with a payload.
pub fn isWord(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .bool, .int, .float, .@"enum" => true,
        .pointer => |info| info.size == .one,
        .@"struct" => isHandle(T) or isPacked(T),
        else => false,
    };
}

pub fn sizeOf(comptime T: type) u32 {
    @setEvalBranchQuota(loops);
    if (T == void) return 0;
    if (isWord(T)) return @sizeOf(Bits(T));
    switch (@typeInfo(T)) {
        .pointer => return 8,
        .@"struct" => |info| {
            var end: u32 = 0;
            for (info.field_types) |each| end = up(end, alignOf(each)) + sizeOf(each);
            return up(end, alignOf(T));
        },
        else => {
            var most: u32 = 0;
            for (Payloads(T)) |each| most = @max(most, sizeOf(each));
            return up(payloadAt(T) + most, alignOf(T));
        },
    }
}

pub fn alignOf(comptime T: type) u32 {
    @setEvalBranchQuota(loops);
    if (T == void) return 1;
    if (isWord(T)) return @sizeOf(Bits(T));
    switch (@typeInfo(T)) {
        .pointer => return 4,
        .@"struct" => |info| return mostAligned(info.field_types),
        else => return @max(@sizeOf(Tag(Payloads(T).len)), mostAligned(Payloads(T))),
    }
}

fn mostAligned(comptime types: []const type) u32 {
    var most: u32 = 1;
    for (types) |each| most = @max(most, alignOf(each));
    return most;
}

/// The types of the cases of a sum, in their order.
pub fn Payloads(comptime T: type) []const type {
    return switch (@typeInfo(T)) {
        .optional => |info| &.{ void, info.child },
        .@"union" => |info| info.field_types,
        else => @compileError(@typeName(T) ++ " is not a type of WIT"),
    };
}

pub fn payloadAt(comptime T: type) u32 {
    @setEvalBranchQuota(loops);
    return up(@sizeOf(Tag(Payloads(T).len)), mostAligned(Payloads(T)));
}

pub fn up(place: u32, to: u32) u32 {
    return (place + to - 1) / to * to;
}

/// How many core values a type is.
pub fn flat(comptime T: type) usize {
    comptime {
        @setEvalBranchQuota(loops);
        if (T == void) return 0;
        if (isWord(T)) return 1;
        var count: usize = 0;
        switch (@typeInfo(T)) {
            .pointer => return 2,
            .@"struct" => |info| for (info.field_types) |each| {
                count += flat(each);
            },
            else => {
                for (Payloads(T)) |each| count = @max(count, flat(each));
                count += 1;
            },
        }
        return count;
    }
}
