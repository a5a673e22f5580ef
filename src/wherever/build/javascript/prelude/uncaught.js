// The end of a program that did not catch its error.
import { exit, writeErrors } from "./host.js";
import { inspect } from "./inspect.js";
import { Unhandled } from "./loop.js";
import { encode } from "./text.js";

/** Writes an error that nobody caught to stderr. */
export function tell(thrown) {
  const error = thrown instanceof Unhandled ? thrown.reason : thrown;
  let words;
  try {
    words = inspect(error);
  } catch {
    words = "an error that cannot be shown";
  }
  writeErrors(encode(`Uncaught ${words}\n`));
}

export function fail(thrown) {
  tell(thrown);
  exit(1);
}
