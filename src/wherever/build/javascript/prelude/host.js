// WASI as this prelude needs it: bytes in, bytes out, the clock, and the end.
import { getArguments, getEnvironment, initialCwd } from "wasi:cli/environment@0.2.12";
import { exitWithCode } from "wasi:cli/exit@0.2.12";
import { getStderr } from "wasi:cli/stderr@0.2.12";
import { getStdin } from "wasi:cli/stdin@0.2.12";
import { getStdout } from "wasi:cli/stdout@0.2.12";
import { getTerminalStderr } from "wasi:cli/terminal-stderr@0.2.12";
import { getTerminalStdin } from "wasi:cli/terminal-stdin@0.2.12";
import { getTerminalStdout } from "wasi:cli/terminal-stdout@0.2.12";
import { now, subscribeDuration } from "wasi:clocks/monotonic-clock@0.2.12";
import { getRandomBytes } from "wasi:random/random@0.2.12";

const MOST_AT_ONCE = 4096; // what a stream of WASI takes in one call
const CLOSED = 141; // as shells count a program that wrote into a closed pipe

export { getArguments, getEnvironment, initialCwd };

let input, output, errors;

export function exit(code) {
  exitWithCode(code & 0xff);
}

/** Up to `most` bytes of stdin; none at its end. */
export function readInput(most) {
  input ??= getStdin();
  for (;;) {
    try {
      const got = input.blockingRead(most);
      if (got.length > 0) return bytesOf(got);
    } catch (error) {
      if (isClosed(error)) return new Uint8Array(0);
      throw new Error("stdin cannot be read");
    }
  }
}

export function writeOutput(bytes) {
  write((output ??= getStdout()), bytes);
}

export function writeErrors(bytes) {
  write((errors ??= getStderr()), bytes);
}

function write(stream, bytes) {
  for (let at = 0; at < bytes.length; at += MOST_AT_ONCE) {
    try {
      stream.blockingWriteAndFlush(bytes.subarray(at, at + MOST_AT_ONCE));
    } catch (error) {
      exit(CLOSED);
    }
  }
}

function isClosed(error) {
  return error?.payload?.tag === "closed";
}

export function bytesOf(list) {
  return list instanceof Uint8Array ? list : Uint8Array.from(list);
}

export function isTerminal(which) {
  const ask = [getTerminalStdin, getTerminalStdout, getTerminalStderr][which];
  return (ask() ?? undefined) !== undefined;
}

/** Milliseconds of a clock that only goes on. */
export function clock() {
  return Number(now()) / 1e6;
}

export function sleep(milliseconds) {
  const pollable = subscribeDuration(Math.ceil(milliseconds * 1e6));
  pollable.block();
  pollable[Symbol.for("dispose")]?.();
}

export function randomBytes(count) {
  return bytesOf(getRandomBytes(count));
}
