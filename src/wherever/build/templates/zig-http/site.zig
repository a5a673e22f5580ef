//! Answers HTTP requests: a page, an echo, and nothing else.

const std = @import("std");
const http = @import("http.zig");
const world = @import("world");

const Request = world.wherever_http_handler.Request;
const Response = world.wherever_http_handler.Response;

/// What `wherever:http/handler` is for those who call it. What it prints to stderr goes to the log.
pub const wherever_http_handler = struct {
    pub fn handle(request: Request) !Response {
        const path = http.path(request);
        if (std.mem.eql(u8, path, "/")) return page(request);
        if (std.mem.eql(u8, path, "/echo") and std.mem.eql(u8, request.method, "POST"))
            return http.answer(200, .text, request.body);
        return http.answer(404, .text, "Not found\n");
    }
};

fn page(request: Request) !Response {
    const asked = try http.query(request, "name") orelse "";
    const name = if (asked.len > 0) asked else "World";
    // What a visitor has sent is escaped wherever it stands in HTML.
    const shown = .{
        try http.escaped(name),
        try http.escaped(request.method),
        try http.escaped(http.path(request)),
    };
    const html = "<!doctype html>\n<title>Hello</title>\n<h1>Hello, {s}!</h1>\n<p>{s} {s}</p>\n";
    return http.answer(200, .html, try world.arena.print(html, shown));
}
