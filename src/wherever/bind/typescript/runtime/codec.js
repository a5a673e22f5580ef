/** Plain data as bytes, for a worker that waits: it can read shared memory, but no message. */

const ARRAYS = [
  Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, BigUint64Array,
  BigInt64Array, Float32Array, Float64Array,
];
const [UNDEFINED, FALSE, TRUE, NUMBER, BIG, STRING, LIST, OBJECT, VIEW] = Array(9).keys();
const text = new TextEncoder();

/** The bytes of a value made of undefined, booleans, numbers, strings, arrays and objects. */
export function encode(value) {
  let bytes = new Uint8Array(256);
  let view = new DataView(bytes.buffer);
  let used = 0;
  const room = (count) => {
    if (used + count > bytes.length) {
      const more = new Uint8Array(Math.max(bytes.length * 2, used + count));
      more.set(bytes);
      bytes = more;
      view = new DataView(bytes.buffer);
    }
    used += count;
    return used - count;
  };
  // Room is made before `bytes` and `view` are looked at: it may give new ones.
  const tag = (kind) => {
    const at = room(1);
    bytes[at] = kind;
  };
  const count = (number) => {
    const at = room(4);
    view.setUint32(at, number, true);
  };
  const blob = (data) => {
    count(data.length);
    const at = room(data.length);
    bytes.set(data, at);
  };
  const put = (one) => {
    if (one === undefined || one === null) tag(UNDEFINED);
    else if (typeof one === "boolean") tag(one ? TRUE : FALSE);
    else if (typeof one === "number") {
      tag(NUMBER);
      const at = room(8);
      view.setFloat64(at, one, true);
    }
    else if (typeof one === "bigint") {
      tag(BIG);
      tag(one < 0n ? 1 : 0);
      const at = room(8);
      view.setBigUint64(at, BigInt.asUintN(64, one), true);
    }
    else if (typeof one === "string") { tag(STRING); blob(text.encode(one)); }
    else if (Array.isArray(one)) { tag(LIST); count(one.length); one.forEach(put); }
    else if (ArrayBuffer.isView(one)) {
      tag(VIEW);
      tag(ARRAYS.findIndex((kind) => one instanceof kind));
      blob(new Uint8Array(one.buffer, one.byteOffset, one.byteLength));
    }
    else {
      const names = Object.keys(one);
      tag(OBJECT);
      count(names.length);
      for (const name of names) { blob(text.encode(name)); put(one[name]); }
    }
  };
  put(value);
  return bytes.subarray(0, used);
}

/** The value of such bytes. */
export function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new TextDecoder("utf-8", { ignoreBOM: true });
  let at = 0;
  const blob = () => {
    const size = view.getUint32(at, true);
    at += 4 + size;
    return bytes.subarray(at - size, at);
  };
  const get = () => {
    switch (bytes[at++]) {
      case UNDEFINED: return undefined;
      case FALSE: return false;
      case TRUE: return true;
      case NUMBER: at += 8; return view.getFloat64(at - 8, true);
      case BIG: {
        at += 9;
        return bytes[at - 9] ? view.getBigInt64(at - 8, true) : view.getBigUint64(at - 8, true);
      }
      case STRING: return words.decode(blob());
      case LIST: {
        const length = view.getUint32(at, true);
        at += 4;
        return Array.from({ length }, get);
      }
      case VIEW: {
        const Kind = ARRAYS[bytes[at++]];
        return new Kind(blob().slice().buffer);
      }
      default: {
        const out = {};
        const length = view.getUint32(at, true);
        at += 4;
        for (let index = 0; index < length; index++) {
          const name = words.decode(blob());
          out[name] = get();
        }
        return out;
      }
    }
  };
  return get();
}
