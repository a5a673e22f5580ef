//! The canonical ABI: between a core module's imports and exports and functions of values.

const std = @import("std");
const layout = @import("layout.zig");
const memory = @import("memory.zig");
const values = @import("values.zig");

const flat = layout.flat;

/// More core values than these are given in memory.
const most_params = 16;

/// Calls an imported function.
pub fn call(comptime R: type, comptime function: anytype, args: anytype) R {
    const Args = @TypeOf(args);
    const count = comptime flat(Args);
    var core: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
    if (count > most_params) {
        core[0] = values.room(Args);
        values.store(Args, args, core[0]);
    } else {
        var bits: [count]u64 = @splat(0);
        values.lower(Args, args, &bits);
        inline for (0..count) |at| core[at] = values.fromBits(@TypeOf(core[at]), bits[at]);
    }
    if (comptime flat(R) > 1) {
        core[core.len - 1] = values.room(R);
        @call(.auto, function, core);
        return values.load(R, core[core.len - 1]);
    }
    const result = @call(.auto, function, core);
    if (R == void) return;
    return values.lift(R, &.{values.toBits(result)});
}

/// Answers a call of an exported function.
///
/// `F` is its type as the world has it; `function` is the program's, which may also return an
/// error, and for a result what is in it.
pub fn serve(comptime F: type, comptime function: anytype, core: anytype) Core(Returned(F)) {
    const Args = std.meta.ArgsTuple(F);
    const R = Returned(F);
    const args: Args = if (comptime flat(Args) > most_params) values.load(Args, core[0]) else args: {
        var bits: [core.len]u64 = undefined;
        inline for (&bits, core) |*to, each| to.* = values.toBits(each);
        break :args values.lift(Args, &bits);
    };
    const result: R = given(R, @call(.auto, function, args));
    values.giveBack();
    if (comptime flat(R) > 1) {
        const place = values.room(R);
        values.store(R, result, place);
        return place;
    }
    defer memory.done();
    if (R == void) return;
    var bits: [1]u64 = .{0};
    values.lower(R, result, &bits);
    return values.fromBits(Core(R), bits[0]);
}

fn Returned(comptime F: type) type {
    return @typeInfo(F).@"fn".return_type.?;
}

fn Core(comptime R: type) type {
    if (R == void) return void;
    if (comptime flat(R) > 1) return u32;
    return switch (@typeInfo(R)) {
        .int => if (@sizeOf(R) == 8) u64 else u32,
        .float => R,
        .@"struct" => |info| if (layout.isWord(R)) u32 else Core(info.field_types[0]),
        else => u32,
    };
}

fn given(comptime R: type, value: anytype) R {
    const V = @TypeOf(value);
    if (V == R) return value;
    if (@typeInfo(V) == .error_union) {
        return if (value) |found| given(R, found) else |failure| failed(R, failure);
    }
    if (comptime isResult(R)) return .{ .ok = given(@FieldType(R, "ok"), value) };
    if (comptime layout.isHandle(R) and @hasDecl(R, "Value") and V == R.Value) return R.init(value);
    return value;
}

fn failed(comptime R: type, failure: anyerror) R {
    @setEvalBranchQuota(layout.loops);
    const name = @errorName(failure);
    if (comptime isResult(R)) {
        const E = @FieldType(R, "err");
        if (E == void) return .{ .err = {} };
        if (E == []const u8) return .{ .err = name };
        switch (@typeInfo(E)) {
            .@"enum" => |info| inline for (info.field_names) |each| {
                if (same(each, name)) return .{ .err = @field(E, each) };
            },
            .@"union" => |info| inline for (info.field_names, info.field_types) |each, T| {
                if (T == void and same(each, name)) return .{ .err = @unionInit(E, each, {}) };
            },
            else => {},
        }
    }
    @panic(name);
}

/// Whether `not_found` and `NotFound` are the same name.
fn same(case: []const u8, name: []const u8) bool {
    var at: usize = 0;
    for (case) |letter| {
        if (letter == '_') continue;
        if (at == name.len or std.ascii.toLower(name[at]) != letter) return false;
        at += 1;
    }
    return at == name.len;
}

pub fn Result(comptime T: type, comptime E: type) type {
    return union(enum) {
        ok: T,
        err: E,

        pub const wit_result = true;

        /// What came of it, or `error.Failed`, whatever the reason.
        pub fn unwrap(self: @This()) error{Failed}!T {
            return switch (self) {
                .ok => |value| value,
                .err => error.Failed,
            };
        }
    };
}

fn isResult(comptime T: type) bool {
    return @typeInfo(T) == .@"union" and @hasDecl(T, "wit_result");
}

/// Stops the compiler where the program lacks a function, and shows what to write.
pub fn wants(comptime program: type, comptime path: []const []const u8, comptime head: []const u8) void {
    comptime {
        @setEvalBranchQuota(layout.loops);
        var place = program;
        var name: []const u8 = "the main file";
        for (path, 1..) |part, depth| {
            if (!@hasDecl(place, part))
                @compileError(name ++ " lacks what the world exports: `pub " ++ head ++ "`" ++
                    (if (depth < path.len) " in `pub const " ++ part ++ " = struct { ... };`" else ""));
            if (depth < path.len) place = @field(place, part);
            name = "`" ++ part ++ "`";
        }
    }
}
