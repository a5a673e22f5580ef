// structuredClone: a deep copy of data, with its shape and its cycles.
import { isSharedMemory } from "./kinds.js";

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

export function structuredClone(value, options = {}) {
  if (arguments.length === 0) {
    throw new TypeError("The \"value\" argument must be specified");
  }
  const seen = new Map();
  for (const buffer of options?.transfer ?? []) {
    if (!(buffer instanceof ArrayBuffer)) {
      throw new DOMException("Value not transferable", "DataCloneError");
    }
    seen.set(buffer, typeof buffer.transfer === "function" ? undefined : buffer.slice());
  }
  const made = copy(value, seen);
  for (const [buffer, moved] of [...seen]) {
    if (moved === undefined) buffer.transfer();
  }
  return made;
}

function refuse(value) {
  const words = typeof value === "symbol" ? value.toString() : typeof value === "function" ? String(value) : Object.prototype.toString.call(value).replace("[object ", "#<").replace("]", ">");
  throw new DOMException(`${words} could not be cloned.`, "DataCloneError");
}

function copy(value, seen) {
  if (typeof value === "symbol" || typeof value === "function") refuse(value);
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value) && seen.get(value) !== undefined) return seen.get(value);
  const keep = (made) => {
    seen.set(value, made);
    return made;
  };
  if (Array.isArray(value)) {
    const made = keep(new Array(value.length));
    for (const key of Object.keys(value)) made[key] = copy(value[key], seen);
    return made;
  }
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Map) {
    const made = keep(new Map());
    for (const [key, item] of [...value]) made.set(copy(key, seen), copy(item, seen));
    return made;
  }
  if (value instanceof Set) {
    const made = keep(new Set());
    for (const item of [...value]) made.add(copy(item, seen));
    return made;
  }
  if (value instanceof ArrayBuffer) return keep(value.slice());
  if (isSharedMemory(value)) return keep(value);
  if (ArrayBuffer.isView(value)) {
    const buffer = copy(value.buffer, seen);
    const length = value instanceof DataView ? value.byteLength : value.length;
    return keep(new globalThis[value instanceof DataView ? "DataView" : kindOf(value)](buffer, value.byteOffset, length));
  }
  if (value instanceof Error) return keep(copyError(value, seen));
  for (const kind of [Number, String, Boolean, BigInt]) {
    if (value instanceof kind) return keep(Object(value.valueOf()));
  }
  const tag = Object.prototype.toString.call(value);
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef || tag === "[object Generator]") {
    refuse(value);
  }
  const made = keep({});
  for (const key of Object.keys(value)) {
    const item = copy(value[key], seen);
    Object.defineProperty(made, key, { value: item, writable: true, enumerable: true, configurable: true });
  }
  return made;
}

function kindOf(view) {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get.call(view);
}

function copyError(error, seen) {
  const kind = ERRORS[error.name] ?? Error;
  const real = new kind(error.message);
  if (typeof error.stack === "string") {
    Object.defineProperty(real, "stack", { value: error.stack, writable: true, configurable: true });
  }
  if (Object.hasOwn(error, "cause")) {
    Object.defineProperty(real, "cause", { value: copy(error.cause, seen), writable: true, configurable: true });
  }
  return real;
}
