// Random bytes, and what is made of them.
import { randomBytes } from "./host.js";

const MOST = 65536;

export const crypto = {
  getRandomValues(array) {
    const isInteger =
      ArrayBuffer.isView(array) && !(array instanceof DataView) && !/Float/.test(array.constructor.name);
    if (!isInteger) {
      throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
    }
    if (array.byteLength > MOST) {
      throw new DOMException(
        `The requested length exceeds ${MOST} bytes`,
        "QuotaExceededError",
      );
    }
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(randomBytes(array.byteLength));
    return array;
  },
  randomUUID() {
    const bytes = randomBytes(16).slice();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  },
  get [Symbol.toStringTag]() {
    return "Crypto";
  },
};

let words;

/** Does as `Math.random`, from a seed of its own for each run. */
export function random() {
  words ??= new Uint32Array(randomBytes(16).slice().buffer);
  return (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}

/** The generator xoshiro128**. */
function next() {
  const scrambled = Math.imul(words[1], 5);
  const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
  const moved = words[1] << 9;
  words[2] ^= words[0];
  words[3] ^= words[1];
  words[1] ^= words[2];
  words[0] ^= words[3];
  words[2] ^= moved;
  words[3] = (words[3] << 11) | (words[3] >>> 21);
  return result;
}
