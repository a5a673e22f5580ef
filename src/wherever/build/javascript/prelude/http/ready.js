// What a program waits for beside its timers: pollables of WASI, each with a promise.
import { subscribeDuration } from "wasi:clocks/monotonic-clock@0.2.12";
import { poll } from "wasi:io/poll@0.2.12";
import { listen } from "../loop.js";

const LONGEST = 86_400_000;

let waiting = [];

/** Comes true when the pollable is ready, which is then gone. */
export function ready(pollable) {
  listen(outside);
  return new Promise((resolve) => waiting.push({ pollable, resolve }));
}

const outside = {
  get isAwaited() {
    return waiting.length > 0;
  },
  /** Waits for any of them, or for so many milliseconds. */
  wait(milliseconds) {
    const all = waiting.map(({ pollable }) => pollable);
    const isTimed = milliseconds < LONGEST;
    const timer = isTimed ? subscribeDuration(BigInt(Math.ceil(Math.max(milliseconds, 0) * 1e6))) : undefined;
    const found = new Set(poll(isTimed ? [...all, timer] : all));
    timer?.[Symbol.for("dispose")]?.();
    const before = waiting;
    waiting = before.filter((_, at) => !found.has(at));
    for (const at of found) {
      if (at === before.length) continue;
      before[at].pollable[Symbol.for("dispose")]?.();
      before[at].resolve();
    }
  },
};
