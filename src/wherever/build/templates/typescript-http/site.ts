// Answers HTTP requests: a page, an echo, and nothing else.

const HTML = { "content-type": "text/html; charset=utf-8" };
const TEXT = { "content-type": "text/plain; charset=utf-8" };

/** What a site knows of a request besides. */
interface Context {
  /** The address of who asks. */
  client: string;
  /** What the route's parameters matched. */
  params: Record<string, string>;
  /** Has the sandbox wait for this after the answer was made. */
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  async fetch(request: Request, env: Record<string, string>, context: Context): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/") return page(request.method, pathname, searchParams.get("name") || "World");
    if (pathname === "/echo" && request.method === "POST") {
      return new Response(await request.arrayBuffer(), { headers: TEXT });
    }
    return new Response("Not found\n", { status: 404, headers: TEXT });
  },
};

function page(method: string, path: string, name: string): Response {
  // What a visitor has sent is escaped wherever it stands in HTML.
  const html = `<!doctype html>
<title>Hello</title>
<h1>Hello, ${escaped(name)}!</h1>
<p>${escaped(method)} ${escaped(path)}</p>
`;
  return new Response(html, { headers: HTML });
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ESCAPES[letter]);
}
