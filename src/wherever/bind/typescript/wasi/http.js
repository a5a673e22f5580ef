import { types } from "@bytecodealliance/preview2-shim/http";

function handle() {
  const payload = { tag: "HTTP-request-denied" };
  throw Object.assign(new Error("the network is not granted"), { payload });
}

/** The types of requests, and no way to send one. */
export function http() {
  return { "wasi:http/types": types, "wasi:http/outgoing-handler": { handle } };
}
