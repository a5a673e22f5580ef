// Answers HTTP requests: a page, an echo, and nothing else.

const HTML = { "content-type": "text/html; charset=utf-8" };
const TEXT = { "content-type": "text/plain; charset=utf-8" };

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/") return page(request.method, pathname, searchParams.get("name") || "World");
    if (pathname === "/echo" && request.method === "POST") {
      return new Response(await request.arrayBuffer(), { headers: TEXT });
    }
    return new Response("Not found\n", { status: 404, headers: TEXT });
  },
};

function page(method, path, name) {
  // What a visitor has sent is escaped wherever it stands in HTML.
  const html = `<!doctype html>
<title>Hello</title>
<h1>Hello, ${escaped(name)}!</h1>
<p>${escaped(method)} ${escaped(path)}</p>
`;
  return new Response(html, { headers: HTML });
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text) {
  return text.replace(/[&<>"']/g, (letter) => ESCAPES[letter]);
}
