// A program's main function: run its module, then whatever it waits for.
import { startClocks } from "./globals.js";
import { exit, writeErrors } from "./host.js";
import { turn } from "./loop.js";
import { process } from "./process.js";
import { peek } from "./promise.js";
import { useMap } from "./stack.js";
import { encode } from "./text.js";
import { fail } from "./uncaught.js";

const UNSETTLED = 13; // as Node ends when a top-level await never comes to its end

export const run = {
  run() {
    useMap(globalThis.__wherever_map);
    delete globalThis.__wherever_map;
    startClocks();
    try {
      const loaded = import("wherever-main");
      turn();
      if (peek(loaded).state === "pending") {
        writeErrors(encode("Warning: an await at the top level never came to its end\n"));
        process.exitCode ??= UNSETTLED;
      }
      process.exit();
    } catch (error) {
      fail(error);
    }
  },
};
