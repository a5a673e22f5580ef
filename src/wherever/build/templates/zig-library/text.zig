const std = @import("std");
const world = @import("world");

/// What `my:text/text` is for those who call it.
pub const my_text = struct {
    pub fn slug(title: []const u8) ![]const u8 {
        var made: std.ArrayList(u8) = .empty;
        for (title) |letter| {
            if (std.ascii.isAlphanumeric(letter) or letter >= 0x80) {
                try made.append(world.arena, std.ascii.toLower(letter));
            } else if (made.items.len > 0 and made.getLast() != '-') {
                try made.append(world.arena, '-');
            }
        }
        return std.mem.trimEnd(u8, made.items, "-");
    }

    pub fn count(text: []const u8) world.my_text.Counts {
        var counts: world.my_text.Counts = .{ .words = 0, .letters = 0 };
        var words = std.mem.tokenizeAny(u8, text, &std.ascii.whitespace);
        while (words.next()) |word| {
            counts.words += 1;
            counts.letters += @intCast(word.len);
        }
        return counts;
    }
};

/// What `wherever run .` shows, and `wherever test` compares.
pub const wasi_cli_run = struct {
    pub fn run() !void {
        const title = "Hello, Zig library!";
        const counts = my_text.count(title);
        const shown = .{ try my_text.slug(title), counts.words, counts.letters };
        const text = try world.arena.print("{s}\n{d} words, {d} letters\n", shown);
        var threaded: std.Io.Threaded = .init_single_threaded;
        try std.Io.File.stdout().writeStreamingAll(threaded.io(), text);
    }
};
