// Response: what a site answers.
import { URL } from "../url.js";
import { Body, copyBody } from "./body.js";

const BARE = [101, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];

export class Response extends Body {
  #status;
  #statusText;

  constructor(body = null, init = {}) {
    const status = init?.status === undefined ? 200 : Number(init.status);
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`${init.status} is no status of an answer`);
    if (body !== null && body !== undefined && BARE.includes(status)) throw new TypeError(`an answer with ${status} has no body`);
    super(body, init?.headers);
    this.#status = status;
    this.#statusText = String(init?.statusText ?? "");
  }
  static json(data, init = {}) {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("this cannot be written as JSON");
    const made = new Response(text, init);
    if (!new Response(null, { headers: init?.headers }).headers.has("content-type")) {
      made.headers.set("content-type", "application/json");
    }
    return made;
  }
  static redirect(url, status = 302) {
    if (!REDIRECTS.includes(status)) throw new RangeError(`${status} is no status of a redirect`);
    return new Response(null, { status, headers: { location: new URL(String(url)).href } });
  }
  get status() {
    return this.#status;
  }
  get statusText() {
    return this.#statusText;
  }
  get ok() {
    return this.#status >= 200 && this.#status < 300;
  }
  clone() {
    const { status, statusText, headers } = this;
    const made = new Response(null, { status, statusText, headers });
    copyBody(this, made);
    return made;
  }
  get [Symbol.toStringTag]() {
    return "Response";
  }
}
