/** Why a library ended, in words and as an error. */

import { LimitError, TrapError } from "./errors.js";

const MIB = 1 << 20;

/** The error for what was thrown inside of a library; it may come from another thread. */
export function ended(name, thrown, memory, limit) {
  const said = reason(thrown);
  if (limit !== undefined && memory + Math.max(MIB, limit / 8) > limit) {
    const text = `${name} used up its memory of ${size(limit)} (limit: memory) and ended: ${said}`;
    return new LimitError(text, "memory", limit);
  }
  const used = limit === undefined ? "" : `, with ${size(memory)} of its ${size(limit)} of memory`;
  return new TrapError(`${name} ended${used}: ${said}`);
}

/** What can be sent of an error from one thread to another. */
export function sent(thrown) {
  return { name: thrown?.constructor?.name ?? "", message: String(thrown?.message ?? thrown), code: thrown?.code };
}

/** The error for a call that took too long. */
export function late(name, what, timeout) {
  const text = `${what} took longer than ${timeout} ms (limit: timeout), so ${name} was ended`;
  return new LimitError(text, "timeout", timeout);
}

function reason({ name, message, code }) {
  if (name === "RuntimeError") return `it trapped: ${message.replace(/^wasm trap: /, "")}`;
  if (name === "ComponentExit") return `it exited with code ${code}`;
  if (message.includes("call stack")) return "its calls went too deep";
  return `what it gave is not valid: ${message}`;
}

function size(bytes) {
  return `${Math.round((bytes / MIB) * 10) / 10} MiB`;
}
