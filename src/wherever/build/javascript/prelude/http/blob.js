// Blob and File: bytes with a type, and a name.
import { decode, encode } from "../text.js";

/** The bytes of a blob. */
export let contentOf;

export class Blob {
  #bytes;
  #type;

  static {
    contentOf = (blob) => blob.#bytes;
  }

  constructor(parts = [], options = {}) {
    this.#bytes = joined(Array.from(parts, partOf));
    const type = String(options?.type ?? "");
    this.#type = /[^\x20-\x7e]/.test(type) ? "" : type.toLowerCase();
  }
  get size() {
    return this.#bytes.length;
  }
  get type() {
    return this.#type;
  }
  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }
  async bytes() {
    return this.#bytes.slice();
  }
  async text() {
    return decode(this.#bytes);
  }
  slice(begin = 0, end = this.size, type = "") {
    return new Blob([this.#bytes.slice(begin, end)], { type });
  }
  get [Symbol.toStringTag]() {
    return "Blob";
  }
}

export class File extends Blob {
  #name;
  #lastModified;

  constructor(parts, name, options = {}) {
    super(parts, options);
    this.#name = String(name);
    this.#lastModified = Number(options?.lastModified ?? Date.now());
  }
  get name() {
    return this.#name;
  }
  get lastModified() {
    return this.#lastModified;
  }
  get [Symbol.toStringTag]() {
    return "File";
  }
}

function partOf(part) {
  if (part instanceof Blob) return contentOf(part);
  return viewOf(part) ?? encode(String(part));
}

/** The bytes of a buffer, or of what looks into one; undefined of all else. */
export function viewOf(data) {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return undefined;
}

/** One array of bytes of several. */
export function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
