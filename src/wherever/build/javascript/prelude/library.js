// A library's exports: each call brings the module up once, and waits for what is promised.
import { startClocks } from "./globals.js";
import { turn } from "./loop.js";
import { peek } from "./promise.js";
import { useMap } from "./stack.js";
import { tell } from "./uncaught.js";

let main;
let findClasses = () => [];
let depth = 0;

/** The user's module; it runs when the first function is called, never while it is built. */
export function module() {
  if (main === undefined) {
    useMap(globalThis.__wherever_map);
    startClocks();
    main = settled(import("wherever-main"));
    const seen = new Set();
    for (const each of findClasses(main)) if (typeof each === "function") wait(each, seen);
  }
  return main;
}

/** A function that the component exports: `find` takes its own out of the module. */
export function lift(find, mayFail) {
  return (...args) => {
    try {
      const [scope, name] = find(module());
      return outside(() => scope[name](...args));
    } catch (error) {
      if (!mayFail) tell(error);
      throw error;
    }
  };
}

/** Has the functions of these classes waited for where they are called from outside, too. */
export function classes(find) {
  findClasses = find;
}

function wait(Own, seen) {
  const Base = Object.getPrototypeOf(Own);
  if (typeof Base === "function" && Base !== Function.prototype) wait(Base, seen);
  for (const home of [Own, Own.prototype]) {
    if (home === undefined || seen.has(home)) continue;
    seen.add(home);
    for (const name of Reflect.ownKeys(home)) {
      const property = Object.getOwnPropertyDescriptor(home, name);
      const method = property.value;
      if (name === "constructor" || typeof method !== "function" || !property.configurable) continue;
      property.value = function (...args) {
        return outside(() => method.apply(this, args));
      };
      Object.defineProperty(home, name, property);
    }
  }
}

/** What a function gives: to its callers in the module a promise, to those outside what was promised. */
function outside(action) {
  if (depth > 0) return action();
  depth++;
  try {
    return settled(action());
  } finally {
    depth--;
  }
}

/** What a function gave, or what it promised. */
export function settled(value) {
  if (peek(value) === undefined) return value;
  value.then(undefined, () => {});
  turn(() => peek(value).state !== "pending");
  const { state, value: held } = peek(value);
  if (state === "rejected") throw held;
  if (state === "pending") throw new Error("a promise never came to its end");
  return held;
}
