// The console of AssemblyScript programs: what is said goes to stdout, what is wrong to stderr.
import { wasi_process } from "wasi_process";

// @ts-ignore: decorator
@lazy const timers = new Map<string, u64>();

export namespace wherever_console {
  function say(message: string): void {
    wasi_process.stdout.write(message + "\n");
  }

  export function log(message: string = ""): void {
    say(message);
  }

  export function info(message: string = ""): void {
    say(message);
  }

  export function debug(message: string = ""): void {
    say(message);
  }

  export function warn(message: string = ""): void {
    wasi_process.stderr.write(message + "\n");
  }

  export function error(message: string = ""): void {
    wasi_process.stderr.write(message + "\n");
  }

  export function assert<T>(condition: T, message: string = ""): void {
    if (!condition) error(message == "" ? "Assertion failed" : "Assertion failed: " + message);
  }

  export function time(label: string = "default"): void {
    timers.set(label, wasi_process.hrtime());
  }

  export function timeLog(label: string = "default"): void {
    if (!timers.has(label)) return warn("Warning: No such label '" + label + "'");
    say(label + ": " + ((wasi_process.hrtime() - timers.get(label)) / 1000000).toString() + "ms");
  }

  export function timeEnd(label: string = "default"): void {
    timeLog(label);
    timers.delete(label);
  }
}
