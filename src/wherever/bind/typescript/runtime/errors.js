/** Errors of a library. Each has a name that says who has to act. */

/** What a function of the library answers when it fails: `payload` is its error value. */
export class ResultError extends Error {
  constructor(name, payload) {
    super(`${name}: ${said(payload)}`);
    this.payload = payload;
  }
}

/** The library went wrong inside of its sandbox and has ended; nothing else was harmed. */
export class TrapError extends Error {}

/** A limit was reached and the library has ended: `limit` names it, `allowed` is its value. */
export class LimitError extends Error {
  constructor(message, limit, allowed) {
    super(message);
    this.limit = limit;
    this.allowed = allowed;
  }
}

/** The library, or one of its objects, is closed or has ended. */
export class ClosedError extends Error {}

for (const each of [ResultError, TrapError, LimitError, ClosedError]) {
  Object.defineProperty(each.prototype, "name", { value: each.name, configurable: true });
}

function said(payload) {
  if (payload === undefined) return "it failed";
  if (typeof payload === "string") return payload;
  if (typeof payload?.message === "string") return payload.message;
  if (typeof payload?.tag === "string") {
    return payload.val === undefined ? payload.tag : `${payload.tag}: ${said(payload.val)}`;
  }
  const plain = (_, value) => (typeof value === "bigint" ? String(value) : value);
  return String(JSON.stringify(payload, plain)).slice(0, 200);
}
