// fetch: what a program asks of others, by wasi:http. Whom it may ask is said by those who run it.
//
// A program that names none of these has none of them, and no import of wasi:http either.
import { handle } from "wasi:http/outgoing-handler@0.2.12";
import { Fields, OutgoingBody, OutgoingRequest } from "wasi:http/types@0.2.12";
import { bytesOf } from "../host.js";
import { encode } from "../text.js";
import { URL } from "../url.js";
import { takeBytes } from "./body.js";
import { Headers, pairsOf } from "./headers.js";
import { ready } from "./ready.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import { ReadableStream } from "./stream.js";

export { Blob, File } from "./blob.js";
export { FormData } from "./formdata.js";
export { Headers, ReadableStream, Request, Response };

const METHODS = ["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"];
const REDIRECTS = [301, 302, 303, 307, 308];
const BARE = [204, 205, 304];
const MOST_REDIRECTS = 20;
const MOST_WRITTEN = 4096;
const MOST_READ = 65536n;
const NOT_HERE = ["signal", "duplex", "dispatcher"];

export async function fetch(input, init = {}) {
  for (const name of NOT_HERE) {
    if (init?.[name] !== undefined && init[name] !== null) throw new TypeError(`fetch takes no ${name} here`);
  }
  const redirect = init?.redirect ?? "follow";
  const request = new Request(input, init);
  let { method, url } = request;
  let body = request.body === null && bodiless(method) ? null : await takeBytes(request);
  const headers = new Headers(request.headers);
  if (!headers.has("accept")) headers.set("accept", "*/*");
  for (let count = 0; ; count++) {
    const response = await ask(method, url, headers, body);
    const location = response.headers.get("location");
    if (redirect === "manual" || !REDIRECTS.includes(response.status) || location === null) {
      return told(response, url, count > 0);
    }
    if (redirect === "error") throw failed(url, "it redirects");
    if (count === MOST_REDIRECTS) throw failed(url, `it redirects more than ${MOST_REDIRECTS} times`);
    await response.body?.cancel();
    const target = new URL(location, url);
    if (target.origin !== new URL(url).origin) {
      for (const name of ["authorization", "cookie", "host"]) headers.delete(name);
    }
    if (response.status === 303 ? method !== "HEAD" : method === "POST" && response.status < 303) {
      method = "GET";
      body = null;
      for (const name of ["content-encoding", "content-language", "content-location", "content-type", "content-length"]) {
        headers.delete(name);
      }
    }
    url = target.href.replace(/#.*/s, "");
  }
}

const bodiless = (method) => /^(get|head)$/i.test(method);

async function ask(method, url, headers, body) {
  const { protocol, host, pathname, search } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw failed(url, `${protocol} cannot be asked`);
  const pairs = pairsOf(headers).filter(([name]) => name !== "content-length" && name !== "host");
  if (body !== null) pairs.push(["content-length", String(body.length)]);
  let future;
  try {
    const request = new OutgoingRequest(Fields.fromList(pairs.map(([name, value]) => [name, latin1(value)])));
    const known = METHODS.indexOf(method.toLowerCase());
    request.setMethod(known >= 0 ? { tag: METHODS[known] } : { tag: "other", val: method });
    request.setScheme({ tag: protocol === "https:" ? "HTTPS" : "HTTP" });
    request.setAuthority(host);
    request.setPathWithQuery(pathname + search);
    const sink = body === null ? undefined : request.body();
    future = handle(request, undefined);
    if (sink !== undefined) send(sink, body);
  } catch (error) {
    throw failed(url, reason(error), error);
  }
  await ready(future.subscribe());
  const result = future.get();
  const answer = result?.val ?? result; // of what is there once, and may have failed
  if (answer?.tag === "err") throw failed(url, answer.val?.tag ?? "no answer");
  return answered(answer.val ?? answer, method, url);
}

function send(sink, body) {
  const stream = sink.write();
  try {
    for (let at = 0; at < body.length; at += MOST_WRITTEN) {
      stream.blockingWriteAndFlush(body.subarray(at, at + MOST_WRITTEN));
    }
  } catch {
    return; // the answer, or why there is none, says more
  }
  dispose(stream);
  OutgoingBody.finish(sink, undefined);
}

function answered(incoming, method, url) {
  const status = incoming.status();
  const pairs = incoming.headers().entries().map(([name, value]) => [name, text(bytesOf(value))]);
  const source = incoming.consume();
  const stream = source.stream();
  const body = new ReadableStream({
    async pull(controller) {
      for (;;) {
        await ready(stream.subscribe());
        let piece;
        try {
          piece = bytesOf(stream.read(MOST_READ));
        } catch (error) {
          if (error?.payload?.tag !== "closed") throw failed(url, "the answer broke off");
          dispose(stream);
          return controller.close();
        }
        if (piece.length > 0) return controller.enqueue(piece);
      }
    },
    cancel() {
      dispose(stream);
      dispose(source);
    },
  });
  const isBare = BARE.includes(status) || method === "HEAD";
  return new Response(isBare ? null : body, { status, headers: pairs });
}

function told(response, url, redirected) {
  const fixed = { url, redirected, type: "basic" };
  for (const [name, value] of Object.entries(fixed)) Object.defineProperty(response, name, { value });
  return response;
}

function failed(url, why, cause) {
  return new TypeError(`fetch of ${url} failed: ${why}`, { cause });
}

function reason(error) {
  return error?.payload?.tag ?? error?.payload ?? error?.message ?? String(error);
}

function dispose(resource) {
  resource[Symbol.for("dispose")]?.();
}

const latin1 = (value) => (/^[\0-\x7f]*$/.test(value) ? encode(value) : Uint8Array.from(value, (letter) => letter.charCodeAt(0)));

const text = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
