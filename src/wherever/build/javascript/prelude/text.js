// TextEncoder and TextDecoder: UTF-8, and of older encodings UTF-16 and Latin 1.
import { isSharedMemory } from "./kinds.js";

const AT_ONCE = 4096;
const LONG = 16;

const NOT_ASCII = /[^\x00-\x7f]/;

export function encode(text) {
  const length = text.length;
  // For long plain text the engine's own base64, there and back, is far faster than a loop.
  if (length > LONG && !NOT_ASCII.test(text)) return Uint8Array.fromBase64(btoa(text));
  let bytes = new Uint8Array(length + 16);
  let at = 0;
  for (let index = 0; index < length; index++) {
    let code = text.charCodeAt(index);
    if (code < 0x80) {
      if (at === bytes.length) bytes = grown(bytes, at, length - index);
      bytes[at++] = code;
      continue;
    }
    if (at + 4 > bytes.length) bytes = grown(bytes, at, length - index);
    if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
    } else {
      if ((code & 0xf800) === 0xd800) {
        const low = code < 0xdc00 && index + 1 < length ? text.charCodeAt(index + 1) : 0;
        if ((low & 0xfc00) === 0xdc00) {
          index++;
          code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        } else {
          code = 0xfffd;
        }
      }
      if (code < 0x10000) {
        bytes[at++] = 0xe0 | (code >> 12);
      } else {
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return bytes.slice(0, at);
}

function grown(bytes, used, left) {
  const more = new Uint8Array(used + left * 3 + 16);
  more.set(bytes.subarray(0, used));
  return more;
}

export class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(text = "") {
    return encode(String(text));
  }
  encodeInto(source, destination) {
    const text = String(source);
    let read = 0;
    let written = 0;
    for (const character of text) {
      const bytes = encode(character);
      if (written + bytes.length > destination.length) break;
      destination.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
  get [Symbol.toStringTag]() {
    return "TextEncoder";
  }
}

const LABELS = {
  "utf-8": ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"],
  "utf-16le": ["utf-16le", "utf-16", "ucs-2", "unicode", "csunicode", "iso-10646-ucs-2"],
  "utf-16be": ["utf-16be", "unicodefffe"],
  "windows-1252": ["windows-1252", "latin1", "ascii", "us-ascii", "iso-8859-1", "iso8859-1", "l1", "cp1252"],
};
const HIGH_1252 =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

function encodingOf(label) {
  const wanted = String(label).trim().toLowerCase();
  for (const name of Object.keys(LABELS)) if (LABELS[name].includes(wanted)) return name;
  const error = new RangeError(`The "${label}" encoding is not supported`);
  error.code = "ERR_ENCODING_NOT_SUPPORTED";
  throw error;
}

export class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #state = start();

  constructor(label = "utf-8", options = {}) {
    this.#encoding = encodingOf(label);
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }
  get encoding() {
    return this.#encoding;
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }
  decode(input, options = {}) {
    const more = Boolean(options?.stream);
    const state = this.#state;
    let text;
    try {
      text = DECODERS[this.#encoding](bytesOf(input), state, more, this.#fatal);
    } catch (error) {
      this.#state = start();
      throw error;
    }
    if (!state.begun && text.length > 0) {
      state.begun = true;
      if (!this.#ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (!more) this.#state = start();
    return text;
  }
  get [Symbol.toStringTag]() {
    return "TextDecoder";
  }
}

function start() {
  return { begun: false, code: 0, left: 0, low: 0x80, high: 0xbf, odd: -1, lead: 0 };
}

function bytesOf(input) {
  if (input === undefined) return new Uint8Array(0);
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  if (input instanceof ArrayBuffer || isSharedMemory(input)) {
    return new Uint8Array(input);
  }
  const error = new TypeError(
    'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.',
  );
  error.code = "ERR_INVALID_ARG_TYPE";
  throw error;
}

function damaged(encoding) {
  const error = new TypeError(`The encoded data was not valid for encoding ${encoding}`);
  error.code = "ERR_ENCODING_INVALID_ENCODED_DATA";
  return error;
}

/** Collects code units and makes text of them in pieces. */
function collector() {
  let text = "";
  let units = [];
  return {
    unit(code) {
      units.push(code);
      if (units.length >= AT_ONCE) {
        text += String.fromCharCode.apply(null, units);
        units = [];
      }
    },
    /** Text that is known already. */
    add(known) {
      text += String.fromCharCode.apply(null, units) + known;
      units = [];
    },
    end() {
      return text + String.fromCharCode.apply(null, units);
    },
  };
}

function utf8(bytes, state, more, fatal) {
  const out = collector();
  const wrong = () => {
    if (fatal) throw damaged("utf-8");
    out.unit(0xfffd);
  };
  let slowUntil = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (state.left === 0 && at >= slowUntil && bytes.length - at > LONG) {
      const piece = String.fromCharCode.apply(null, bytes.subarray(at, at + AT_ONCE));
      const high = piece.search(NOT_ASCII);
      const plain = high < 0 ? piece.length : high;
      out.add(high < 0 ? piece : piece.slice(0, plain));
      at += plain;
      slowUntil = at + LONG;
      if (at >= bytes.length) break;
      if (high < 0) {
        at--;
        slowUntil = 0;
        continue;
      }
    }
    const byte = bytes[at];
    if (state.left === 0) {
      if (byte < 0x80) out.unit(byte);
      else if (byte >= 0xc2 && byte <= 0xdf) expect(state, 1, byte & 0x1f);
      else if (byte >= 0xe0 && byte <= 0xef) {
        expect(state, 2, byte & 0xf);
        if (byte === 0xe0) state.low = 0xa0;
        if (byte === 0xed) state.high = 0x9f;
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        expect(state, 3, byte & 0x7);
        if (byte === 0xf0) state.low = 0x90;
        if (byte === 0xf4) state.high = 0x8f;
      } else wrong();
      continue;
    }
    if (byte < state.low || byte > state.high) {
      expect(state, 0, 0);
      wrong();
      at--;
      continue;
    }
    state.low = 0x80;
    state.high = 0xbf;
    state.code = (state.code << 6) | (byte & 0x3f);
    if (--state.left === 0) {
      if (state.code < 0x10000) out.unit(state.code);
      else {
        out.unit(0xd800 + ((state.code - 0x10000) >> 10));
        out.unit(0xdc00 + ((state.code - 0x10000) & 0x3ff));
      }
    }
  }
  if (!more && state.left > 0) {
    expect(state, 0, 0);
    wrong();
  }
  return out.end();
}

function expect(state, left, code) {
  state.left = left;
  state.code = code;
  state.low = 0x80;
  state.high = 0xbf;
}

function utf16(name, join) {
  return (bytes, state, more, fatal) => {
    const out = collector();
    const wrong = () => {
      if (fatal) throw damaged(name);
      out.unit(0xfffd);
    };
    for (const byte of bytes) {
      if (state.odd < 0) {
        state.odd = byte;
        continue;
      }
      const unit = join(state.odd, byte);
      state.odd = -1;
      if (state.lead) {
        const lead = state.lead;
        state.lead = 0;
        if ((unit & 0xfc00) === 0xdc00) {
          out.unit(lead);
          out.unit(unit);
          continue;
        }
        wrong();
      }
      if ((unit & 0xfc00) === 0xd800) state.lead = unit;
      else if ((unit & 0xfc00) === 0xdc00) wrong();
      else out.unit(unit);
    }
    if (!more && (state.lead || state.odd >= 0)) {
      state.lead = 0;
      state.odd = -1;
      wrong();
    }
    return out.end();
  };
}

function windows1252(bytes) {
  const out = collector();
  for (const byte of bytes) {
    out.unit(byte >= 0x80 && byte < 0xa0 ? HIGH_1252.charCodeAt(byte - 0x80) : byte);
  }
  return out.end();
}

const DECODERS = {
  "utf-8": utf8,
  "utf-16le": utf16("utf-16le", (first, second) => first | (second << 8)),
  "utf-16be": utf16("utf-16be", (first, second) => (first << 8) | second),
  "windows-1252": windows1252,
};

const utf8Decoder = new TextDecoder();

export function decode(bytes) {
  return utf8Decoder.decode(bytes);
}
