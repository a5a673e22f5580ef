/** A core module that cannot have more memory than it is allowed. */

const PAGE = 65536;
const MEMORY = 5;

/** The bytes of a module whose memory ends at `limit` bytes. */
export function capped(bytes, limit) {
  const pages = Math.floor(limit / PAGE);
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const id = bytes[at++];
    const end = number() + at;
    if (id !== MEMORY) {
      at = end;
      continue;
    }
    const out = [...leb(number())];
    while (at < end) {
      const flags = bytes[at++];
      const least = number();
      const most = flags & 1 ? number() : Infinity;
      if (least > pages) {
        throw new RangeError(`memory: ${limit} bytes are less than the ${least * PAGE} it begins with`);
      }
      out.push(flags | 1, ...leb(least), ...leb(Math.min(most, pages)));
    }
    const made = new Uint8Array(start + 1 + leb(out.length).length + out.length + bytes.length - end);
    made.set(bytes.subarray(0, start));
    made.set([MEMORY, ...leb(out.length), ...out], start);
    made.set(bytes.subarray(end), made.length - (bytes.length - end));
    return made;
  }
  return bytes;
}

function leb(value) {
  const out = [];
  do {
    out.push((value % 128) | (value > 127 ? 0x80 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return out;
}
