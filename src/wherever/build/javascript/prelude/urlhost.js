// The host of a URL: a name, an IPv4 or an IPv6 address.
import { isC0, percentDecode, percentEncode } from "./percent.js";
import { toAscii } from "./punycode.js";

const FORBIDDEN = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_NAME = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;

/** The host in its canonical form, or null where it is none. */
export function parseHost(text, isSpecial) {
  if (text.startsWith("[")) {
    if (!text.endsWith("]")) return null;
    const pieces = parseIPv6(text.slice(1, -1));
    return pieces === null ? null : `[${writeIPv6(pieces)}]`;
  }
  if (!isSpecial) return FORBIDDEN.test(text) ? null : percentEncode(text, isC0);
  const name = toAscii(percentDecode(text));
  if (name === null || FORBIDDEN_NAME.test(name)) return null;
  return endsInNumber(name) ? parseIPv4(name) : name;
}

function endsInNumber(name) {
  const parts = name.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  const last = parts.at(-1);
  return /^[0-9]+$/.test(last) || /^0[xX][0-9A-Fa-f]*$/.test(last);
}

function number(part) {
  if (part === "") return NaN;
  if (/^0[xX]/.test(part)) return /^0[xX][0-9A-Fa-f]*$/.test(part) ? parseInt(part.slice(2) || "0", 16) : NaN;
  if (part.length > 1 && part[0] === "0") return /^[0-7]+$/.test(part) ? parseInt(part, 8) : NaN;
  return /^[0-9]+$/.test(part) ? parseInt(part, 10) : NaN;
}

function parseIPv4(name) {
  const parts = name.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  if (parts.length > 4) return null;
  const numbers = parts.map(number);
  if (numbers.some(Number.isNaN)) return null;
  const last = numbers.pop();
  if (numbers.some((each) => each > 255) || last >= 256 ** (4 - numbers.length)) return null;
  let address = last;
  numbers.forEach((each, at) => (address += each * 256 ** (3 - at)));
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

function parseIPv6(text) {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const read = (half, isLast) => {
    if (half === "") return [];
    const pieces = [];
    const parts = half.split(":");
    for (const [at, part] of parts.entries()) {
      if (isLast && at === parts.length - 1 && part.includes(".")) {
        const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(part);
        const bytes = match?.slice(1).map(Number);
        if (!bytes || bytes.some((byte) => byte > 255)) return null;
        pieces.push(bytes[0] * 256 + bytes[1], bytes[2] * 256 + bytes[3]);
      } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) pieces.push(parseInt(part, 16));
      else return null;
    }
    return pieces;
  };
  const before = read(halves[0], halves.length === 1);
  const after = halves.length === 2 ? read(halves[1], true) : [];
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return [...before, ...new Array(missing).fill(0), ...after];
}

function writeIPv6(pieces) {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && pieces[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = pieces.map((piece) => piece.toString(16));
  if (best.at < 0) return hex.join(":");
  return `${hex.slice(0, best.at).join(":")}::${hex.slice(best.at + best.length).join(":")}`;
}
