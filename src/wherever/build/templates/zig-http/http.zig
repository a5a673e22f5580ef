//! What makes requests and answers pleasant to have. Nothing of what these functions give has to be
//! freed: it is there until the answer was read.

const std = @import("std");
const world = @import("world");

const Request = world.wherever_http_handler.Request;
const Response = world.wherever_http_handler.Response;

pub const Kind = enum { text, html, json, bytes };

/// The path of a request, as it was sent: %20 is a blank that is not decoded yet.
pub fn path(request: Request) []const u8 {
    const end = std.mem.findScalar(u8, request.target, '?') orelse request.target.len;
    return request.target[0..end];
}

/// The first value of a name in the query, decoded.
pub fn query(request: Request, name: []const u8) !?[]const u8 {
    const begin = std.mem.findScalar(u8, request.target, '?') orelse return null;
    var pairs = std.mem.splitScalar(u8, request.target[begin + 1 ..], '&');
    while (pairs.next()) |pair| {
        const middle = std.mem.findScalar(u8, pair, '=') orelse pair.len;
        if (!std.mem.eql(u8, try decoded(pair[0..middle]), name)) continue;
        return try decoded(if (middle == pair.len) "" else pair[middle + 1 ..]);
    }
    return null;
}

/// The first value of a header, whose name is written in lower case.
pub fn header(request: Request, name: []const u8) ?[]const u8 {
    for (request.headers) |pair| if (std.mem.eql(u8, pair[0], name)) return pair[1];
    return null;
}

/// What the route's parameter of a name has matched.
pub fn param(request: Request, name: []const u8) ?[]const u8 {
    for (request.params) |pair| if (std.mem.eql(u8, pair[0], name)) return pair[1];
    return null;
}

/// An answer: its status, the type of its body, and the body.
pub fn answer(status: u16, comptime kind: Kind, body: []const u8) Response {
    const name = switch (kind) {
        .text => "text/plain; charset=utf-8",
        .html => "text/html; charset=utf-8",
        .json => "application/json",
        .bytes => "application/octet-stream",
    };
    return .{ .status = status, .headers = &.{.{ "content-type", name }}, .body = body };
}

/// A part of a query without its escapes: %41 is an A, and + a blank.
pub fn decoded(text: []const u8) ![]const u8 {
    const made = try world.arena.alloc(u8, text.len);
    var length: usize = 0;
    var at: usize = 0;
    while (at < text.len) : (at += 1) {
        made[length] = if (text[at] == '+') ' ' else text[at];
        if (text[at] == '%' and text.len - at > 2) {
            if (std.fmt.parseInt(u8, text[at + 1 ..][0..2], 16)) |byte| {
                made[length] = byte;
                at += 2;
            } else |_| {}
        }
        length += 1;
    }
    return made[0..length];
}

/// A text as it may stand in HTML, in elements and in quoted attributes.
pub fn escaped(text: []const u8) ![]const u8 {
    var made: std.ArrayList(u8) = .empty;
    for (text) |letter| switch (letter) {
        '&' => try made.appendSlice(world.arena, "&amp;"),
        '<' => try made.appendSlice(world.arena, "&lt;"),
        '>' => try made.appendSlice(world.arena, "&gt;"),
        '"' => try made.appendSlice(world.arena, "&quot;"),
        '\'' => try made.appendSlice(world.arena, "&#39;"),
        else => try made.append(world.arena, letter),
    };
    return made.items;
}
