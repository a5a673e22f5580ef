// The module "wherever": what a program has of the world outside.
import { getArguments, getEnvironment, isTerminal, readInput, writeErrors, writeOutput } from "./host.js";
import * as host from "./host.js";
import { decode, encode } from "./text.js";

export {
  appendFile,
  cwd,
  exists,
  makeDirectory,
  readDirectory,
  readFile,
  removeDirectory,
  removeFile,
  rename,
  stat,
  writeFile,
} from "./files.js";

const PIECE = 65536;

/** The program's arguments, without its name. */
export const args = lazyList(() => getArguments().slice(1));

/** The variables that were given to it. */
export const env = lazyObject(() => Object.fromEntries(getEnvironment()));

/** Its input. What is read waits until it is there. */
export const stdin = {
  /** Up to `most` bytes; null at the end. */
  read(most = PIECE) {
    const bytes = readInput(most);
    return bytes.length > 0 ? bytes : null;
  },
  /** All that is left, as bytes. */
  bytes() {
    const parts = [];
    let total = 0;
    for (let part; (part = stdin.read()) !== null; total += part.length) parts.push(part);
    const whole = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  },
  /** All that is left, as text. */
  text: () => decode(stdin.bytes()),
  /** Its lines, one by one, without their ends. */
  *lines() {
    const decoder = new TextDecoder();
    let left = "";
    for (let part; (part = stdin.read()) !== null; ) {
      const lines = (left + decoder.decode(part, { stream: true })).split("\n");
      left = lines.pop();
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    left += decoder.decode();
    if (left !== "") yield left;
  },
  get isTerminal() {
    return isTerminal(0);
  },
};

export const stdout = {
  /** Writes text or bytes as they are. */
  write: (data) => writeOutput(dataOf(data)),
  get isTerminal() {
    return isTerminal(1);
  },
};

export const stderr = {
  write: (data) => writeErrors(dataOf(data)),
  get isTerminal() {
    return isTerminal(2);
  },
};

/** Ends the program at once. */
export function exit(code = 0) {
  host.exit(Number(code));
}

export function dataOf(data) {
  if (typeof data === "string") return encode(data);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return encode(String(data));
}

// A program is prepared when it is built, and knows its arguments only when it runs.

function lazyList(make) {
  return new Proxy([], handler(make));
}

function lazyObject(make) {
  return new Proxy({}, handler(make));
}

function handler(make) {
  let filled = false;
  const fill = (target) => {
    if (!filled) {
      filled = true;
      Object.assign(target, make());
    }
    return target;
  };
  const traps = {};
  for (const name of ["get", "has", "ownKeys", "getOwnPropertyDescriptor", "set", "deleteProperty", "defineProperty"]) {
    traps[name] = (target, ...rest) => Reflect[name](fill(target), ...rest);
  }
  return traps;
}
