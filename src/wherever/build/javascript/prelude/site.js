// A site: each request becomes a call of the user's `fetch`, and what that promises the answer.
import { Blob, File } from "./http/blob.js";
import { takeBytes } from "./http/body.js";
import { FormData } from "./http/formdata.js";
import { checked, Headers, pairsOf } from "./http/headers.js";
import { Request } from "./http/request.js";
import { Response } from "./http/response.js";
import { ReadableStream } from "./http/stream.js";
import { bytesOf } from "./host.js";
import { inspect } from "./inspect.js";
import { module, settled } from "./library.js";
import { encode } from "./text.js";
import { tell } from "./uncaught.js";
import { env } from "./wherever.js";

const found = { Blob, File, FormData, Headers, ReadableStream, Request, Response };
for (const [name, value] of Object.entries(found)) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

const BODILESS = /^(get|head)$/i;

/** What the component exports. */
export const handler = {
  handle(asked) {
    try {
      const request = requestOf(asked);
      if (request === undefined) return plain(400, "Bad Request\n");
      const waiting = [];
      const context = {
        client: asked.client,
        params: Object.fromEntries(asked.params),
        passThroughOnException() {},
        waitUntil(promise) {
          waiting.push(promise);
          Promise.resolve(promise).catch(() => {}); // it is told when it was waited for
        },
      };
      const answer = settled(call(request, context));
      if (!(answer instanceof Response)) throw new TypeError(`fetch gave ${inspect(answer)}, and no Response`);
      const body = settled(takeBytes(answer));
      const { status } = answer;
      for (const each of waiting) finish(each);
      return { status, headers: pairsOf(answer.headers), body };
    } catch (error) {
      tell(error);
      return plain(500, "Internal Server Error\n");
    }
  },
};

/** Calls `fetch` of the module, or of what it exports by default. */
function call(request, context) {
  const main = module();
  if (typeof main.fetch === "function") return main.fetch(request, env, context);
  const { default: own } = main;
  if (typeof own?.fetch === "function") return own.fetch(request, env, context);
  if (typeof own === "function") return own(request, env, context);
  throw new TypeError("the module exports no fetch: write export default { fetch(request) { ... } }");
}

function requestOf({ method, scheme, authority, target, headers, body }) {
  const path = target.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  const url = `${scheme}://${authority || "localhost"}${path}`;
  const given = bytesOf(body);
  try {
    return new Request(url, { method, headers: checked(headers), body: given.length > 0 && !BODILESS.test(method) ? given : null });
  } catch {
    return undefined; // the address, or a header, is none
  }
}

/** Waits for what goes on after the answer; where it fails, the answer stands. */
function finish(promise) {
  try {
    settled(promise);
  } catch (error) {
    tell(error);
  }
}

function plain(status, text) {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"]], body: encode(text) };
}
