const std = @import("std");
const world = @import("world");
const Item = world.lab_market.Item;
const Shape = world.lab_market.Shape;
const Trouble = world.lab_market.Trouble;
const Handle = world.lab_market.Basket;
const Cost = world.Result(u64, Trouble);

var gone_baskets: u32 = 0;

fn fitting(cost_of_all: u64) Cost {
    return if (cost_of_all > 1_000_000_000_000) .{ .err = .too_much } else .{ .ok = cost_of_all };
}

pub const lab_market = struct {
    pub fn greet(name: ?[]const u8) ![]const u8 {
        return world.arena.print("hello, {s}!", .{name orelse "nobody"});
    }

    pub fn words(text: []const u8) ![]const []const u8 {
        var found: std.ArrayList([]const u8) = .empty;
        var parts = std.mem.splitScalar(u8, text, ' ');
        while (parts.next()) |part| try found.append(world.arena, part);
        return found.items;
    }

    pub fn find(all: []const []const u8, word: []const u8) ?u32 {
        for (all, 0..) |each, at| {
            if (std.mem.eql(u8, each, word)) return @intCast(at);
        }
        return null;
    }

    pub fn reverse(data: []const u8) ![]const u8 {
        const made = try world.arena.dupe(u8, data);
        std.mem.reverse(u8, made);
        return made;
    }

    pub fn sum(values: []const i64) i64 {
        var all: i64 = 0;
        for (values) |each| all +%= each;
        return all;
    }

    pub fn mean(values: []const f64) ?f64 {
        var all: f64 = 0;
        for (values) |each| all += each;
        return if (values.len == 0) null else all / @as(f64, @floatFromInt(values.len));
    }

    pub fn number(text: []const u8) !world.Result(u32, []const u8) {
        var found: u32 = 0;
        var is_number = text.len > 0 and text.len <= 9;
        for (text) |letter| {
            is_number = is_number and std.ascii.isDigit(letter);
            if (is_number) found = found * 10 + (letter - '0');
        }
        if (is_number) return .{ .ok = found };
        return .{ .err = try world.arena.print("\"{s}\" is no number", .{text}) };
    }

    pub fn change(item: Item) Item {
        var made = item;
        made.count *= 2;
        made.size = if (item.size) |size| (if (size == .small) .very_large else null) else .small;
        made.service = .{
            .gift_wrapped = !item.service.gift_wrapped,
            .by_post = !item.service.by_post,
        };
        return made;
    }

    pub fn sorted(items: []const Item) ![]const Item {
        const made = try world.arena.dupe(Item, items);
        std.mem.sort(Item, made, {}, struct {
            fn isBefore(_: void, one: Item, other: Item) bool {
                return one.count > other.count;
            }
        }.isBefore);
        return made;
    }

    pub fn area(shape: Shape) f64 {
        return switch (shape) {
            .dot => 0,
            .square => |side| side * side,
            .box => |sides| sides[0] * sides[1],
        };
    }

    pub fn stretch(shape: Shape, by: f64) Shape {
        return switch (shape) {
            .dot => .{ .square = by },
            .square => |side| .{ .box = .{ side * by, side } },
            .box => |sides| .{ .box = .{ sides[0] * by, sides[1] } },
        };
    }

    pub fn cost(item: Item) Cost {
        return switch (world.lab_market_host.price(item.name)) {
            .ok => |price| fitting(price * item.count),
            .err => |reason| .{ .err = .{ .priceless = .{ .name = item.name, .reason = reason } } },
        };
    }

    pub const Basket = struct {
        owner: []const u8,
        things: std.ArrayList(Item) = .empty,

        const allocator = world.memory.kept;

        pub fn init(owner: []const u8) !Basket {
            return .{ .owner = try allocator.dupe(u8, owner) };
        }

        pub fn deinit(self: *Basket) void {
            gone_baskets += 1;
            for (self.things.items) |each| allocator.free(each.name);
            self.things.deinit(allocator);
            allocator.free(self.owner);
        }

        pub fn put(self: *Basket, item: Item) !u32 {
            var kept = item;
            kept.name = try allocator.dupe(u8, item.name);
            try self.things.append(allocator, kept);
            return @intCast(self.things.items.len);
        }

        pub fn items(self: *Basket) []const Item {
            return self.things.items;
        }

        pub fn total(self: *Basket) Cost {
            if (self.things.items.len == 0) return .{ .err = .empty };
            var all: u64 = 0;
            for (self.things.items) |each| {
                switch (cost(each)) {
                    .ok => |found| all += found,
                    .err => |trouble| return .{ .err = trouble },
                }
            }
            return fitting(all);
        }

        pub fn merge(first: *Basket, second: *Basket) !Handle {
            var made: Basket = try .init(try world.arena.print("{s} and {s}", .{ first.owner, second.owner }));
            for ([_]*Basket{ first, second }) |from| {
                for (from.things.items) |each| _ = try made.put(each);
            }
            return .init(made);
        }

        pub fn label(self: *Basket) ![]const u8 {
            return world.arena.print("{s} has {d}", .{ self.owner, self.things.items.len });
        }
    };

    pub fn fuller(one: *Basket, other: *Basket) ![]const u8 {
        return (if (one.things.items.len >= other.things.items.len) one else other).label();
    }

    pub fn sell(basket: Handle) ![]const u8 {
        defer basket.deinit();
        return basket.get().label();
    }

    pub fn gone() u32 {
        return gone_baskets;
    }
};
