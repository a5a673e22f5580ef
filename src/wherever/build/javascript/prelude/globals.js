// What every program finds in its global scope.
import { structuredClone } from "./clone.js";
import { console } from "./console.js";
import { crypto, random } from "./crypto.js";
import { clock } from "./host.js";
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
} from "./loop.js";
import { process } from "./process.js";
import { fromAsync, OwnPromise } from "./promise.js";
import { TextDecoder, TextEncoder } from "./text.js";
import { URL, URLSearchParams } from "./url.js";

let begin = 0;
let beginDate = 0;

/** Sets the clocks of a program that begins now. */
export function startClocks() {
  begin = clock();
  beginDate = Date.now();
}

const performance = {
  now: () => clock() - begin,
  get timeOrigin() {
    return beginDate;
  },
  mark() {},
  measure() {},
  toJSON: () => ({ timeOrigin: beginDate }),
};

const found = {
  Promise: OwnPromise,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearImmediate,
  clearInterval,
  clearTimeout,
  console,
  crypto,
  global: globalThis,
  performance,
  process,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
  structuredClone,
};
for (const [name, value] of Object.entries(found)) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
Object.defineProperty(Math, "random", { value: random, writable: true, configurable: true });
Object.defineProperty(Array, "fromAsync", { value: fromAsync, writable: true, configurable: true });
// Its promises would wait for ever in the engine's own queue.
delete globalThis.AsyncDisposableStack;
