/** What a function of the library answers when it fails: `payload` is its error value. */
export class ResultError<T = unknown> extends Error {
  readonly payload: T;
}

/** The library went wrong inside of its sandbox and has ended; nothing else was harmed. */
export class TrapError extends Error {}

/** A limit was reached and the library has ended. */
export class LimitError extends Error {
  /** Which limit it was. */
  readonly limit: "timeout" | "memory";
  /** Its value: milliseconds or bytes. */
  readonly allowed: number;
}

/** The library, or one of its objects, is closed or has ended. */
export class ClosedError extends Error {}
