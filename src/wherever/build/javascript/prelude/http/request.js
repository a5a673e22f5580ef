// Request: what a site is asked.
import { URL } from "../url.js";
import { Body, copyBody } from "./body.js";

const KNOWN = /^(delete|get|head|options|post|put|patch)$/i;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export class Request extends Body {
  #url;
  #method;

  constructor(input, init = {}) {
    const from = input instanceof Request ? input : undefined;
    const method = String(init?.method ?? from?.method ?? "GET");
    if (!TOKEN.test(method)) throw new TypeError(`${JSON.stringify(method)} is no method`);
    const body = init?.body ?? null;
    if (body !== null && /^(get|head)$/i.test(method)) throw new TypeError(`a request with ${method} has no body`);
    super(body, init?.headers ?? from?.headers);
    this.#method = KNOWN.test(method) ? method.toUpperCase() : method;
    this.#url = from?.url ?? new URL(String(input)).href.replace(/#.*/s, "");
    if (from !== undefined && body === null) copyBody(from, this);
  }
  get method() {
    return this.#method;
  }
  get url() {
    return this.#url;
  }
  clone() {
    return new Request(this);
  }
  get [Symbol.toStringTag]() {
    return "Request";
  }
}
