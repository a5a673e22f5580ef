// What Request and Response have in common: headers, and a body that is read once.
import { URLSearchParams } from "../url.js";
import { decode, encode } from "../text.js";
import { Blob, contentOf, joined, viewOf } from "./blob.js";
import { FormData, readForm, writeForm } from "./formdata.js";
import { Headers } from "./headers.js";
import { isDisturbed, ReadableStream } from "./stream.js";

/** The bytes of a body, or the promise of them where it is a stream. */
export let takeBytes;

/** Puts a copy of another's body into one that has none; both can be read. */
export let copyBody;

export class Body {
  #bytes = null; // what it is, where that is known
  #stream = null;
  #used = false;
  #headers;

  static {
    takeBytes = (body) => {
      if (body.#stream !== null || body.#used) return body.bytes();
      body.#used = true;
      return body.#bytes ?? new Uint8Array(0);
    };
    copyBody = (from, to) => {
      if (from.bodyUsed || from.#stream?.locked) throw new TypeError("the body was read already");
      if (from.#stream === null) to.#bytes = from.#bytes;
      else {
        from.#bytes = null;
        [from.#stream, to.#stream] = from.#stream.tee();
      }
    };
  }

  constructor(body, headers) {
    this.#headers = new Headers(headers);
    if (body === null || body === undefined) return;
    let type = "";
    if (body instanceof URLSearchParams) {
      this.#bytes = encode(body.toString());
      type = "application/x-www-form-urlencoded;charset=UTF-8";
    } else if (body instanceof FormData) {
      ({ bytes: this.#bytes, type } = writeForm(body));
    } else if (body instanceof Blob) {
      this.#bytes = contentOf(body);
      type = body.type;
    } else if (body instanceof ReadableStream) {
      if (body.locked || isDisturbed(body)) throw new TypeError("the stream was read already, or is being read");
      this.#stream = body;
    } else if (typeof body === "object" && body[Symbol.asyncIterator] !== undefined) {
      this.#stream = ReadableStream.from(body);
    } else {
      this.#bytes = viewOf(body)?.slice();
      if (this.#bytes === undefined) {
        this.#bytes = encode(String(body));
        type = "text/plain;charset=UTF-8";
      }
    }
    if (type !== "" && !this.#headers.has("content-type")) this.#headers.set("content-type", type);
  }

  get headers() {
    return this.#headers;
  }
  get bodyUsed() {
    return this.#used || (this.#stream !== null && isDisturbed(this.#stream));
  }
  /** The body as a stream; null where there is none. */
  get body() {
    if (this.#stream === null && this.#bytes !== null) {
      const bytes = this.#bytes;
      const pieces = this.#used || bytes.length === 0 ? [] : [bytes];
      this.#stream = ReadableStream.from(pieces);
    }
    return this.#stream;
  }
  async bytes() {
    if (this.bodyUsed || this.#stream?.locked) throw new TypeError("the body was read already");
    if (this.#bytes === null && this.#stream === null) return new Uint8Array(0);
    this.#used = true;
    if (this.#bytes !== null) return this.#bytes;
    const pieces = [];
    for await (const piece of this.#stream) {
      const bytes = typeof piece === "string" ? encode(piece) : viewOf(piece);
      if (bytes === undefined) throw new TypeError("the stream of a body gave what is neither bytes nor text");
      pieces.push(bytes);
    }
    return joined(pieces);
  }
  async arrayBuffer() {
    return (await this.bytes()).slice().buffer;
  }
  async text() {
    return decode(await this.bytes()).replace(/^\ufeff/, "");
  }
  async json() {
    return JSON.parse(await this.text());
  }
  async blob() {
    return new Blob([await this.bytes()], { type: this.#headers.get("content-type") ?? "" });
  }
  async formData() {
    return readForm(await this.bytes(), this.#headers.get("content-type") ?? "");
  }
}
