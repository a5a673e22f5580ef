// A library's exports: each call brings the module up once, and waits for what is promised.
import { startClocks } from "./globals.js";
import { turn } from "./loop.js";
import { peek } from "./promise.js";
import { useMap } from "./stack.js";
import { tell } from "./uncaught.js";

let main;

/** The user's module; it runs when the first function is called, never while it is built. */
export function module() {
  if (main === undefined) {
    useMap(globalThis.__wherever_map);
    startClocks();
    main = settled(import("wherever-main"));
  }
  return main;
}

/** A function that the component exports: `find` takes its own out of the module. */
export function lift(find, mayFail) {
  return (...args) => {
    try {
      const [scope, name] = find(module());
      return settled(scope[name](...args));
    } catch (error) {
      if (!mayFail) tell(error);
      throw error;
    }
  };
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
