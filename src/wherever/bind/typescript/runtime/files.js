/** The compiled core modules of a library, each kept for the next time. */

import { capped } from "./memory.js";

/** @param urls where the modules lie, by name @param read gives the bytes of one */
export function files(urls, read) {
  const kept = new Map();
  return (limit) => {
    if (limit !== undefined && !(limit > 0)) {
      throw new RangeError(`memory must be a number of bytes above 0, not ${limit}`);
    }
    const key = limit ?? "all";
    if (!kept.has(key)) {
      const found = compiled(urls, read, limit);
      kept.set(key, found);
      found.catch(() => kept.delete(key));
    }
    return kept.get(key);
  };
}

async function compiled(urls, read, limit) {
  const all = Object.entries(urls).map(async ([name, url]) => {
    const bytes = new Uint8Array(await read(url));
    return [name, await WebAssembly.compile(limit === undefined ? bytes : capped(bytes, limit))];
  });
  return Object.fromEntries(await Promise.all(all));
}
