// Percent-encoding, with the sets of characters that each part of a URL has.
import { encode, TextDecoder } from "./text.js";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// What stands for itself in every part, and in a path or query: for most texts one look will do.
const PLAIN = /^[\w\-.~!$&()*+,%]*$/;
const PLAIN_HERE = /^[\w\-.~!$&()*+,%/:;=@]*$/;

const also = (inner, more) => (code) => inner(code) || (code < 0x80 && more.includes(String.fromCharCode(code)));

export const isC0 = (code) => code < 0x20 || code > 0x7e;
export const isFragment = also(isC0, ' "<>`');
export const isQuery = also(isC0, ' "#<>');
export const isSpecialQuery = also(isQuery, "'");
export const isPath = also(isQuery, "?^`{}");
export const isUserinfo = also(isPath, "/:;=@[\\]|");

/** Encodes the characters of a text that are in a set. */
export function percentEncode(text, isIn) {
  if ((isIn === isUserinfo ? PLAIN : PLAIN_HERE).test(text)) return text;
  let made = "";
  for (const character of text) {
    if (!isIn(character.codePointAt(0))) {
      made += character;
      continue;
    }
    for (const byte of encode(character)) made += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return made;
}

export function percentDecode(text) {
  if (!text.includes("%")) return text;
  return decoder.decode(percentBytes(encode(text)));
}

function percentBytes(bytes) {
  const made = [];
  for (let at = 0; at < bytes.length; at++) {
    const pair = String.fromCharCode(bytes[at + 1], bytes[at + 2]);
    if (bytes[at] === 0x25 && /^[0-9A-Fa-f]{2}$/.test(pair)) {
      made.push(parseInt(pair, 16));
      at += 2;
    } else made.push(bytes[at]);
  }
  return Uint8Array.from(made);
}
