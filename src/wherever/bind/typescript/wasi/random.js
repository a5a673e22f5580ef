import { insecure, insecureSeed, random as secure } from "@bytecodealliance/preview2-shim/random";

export function random() {
  return {
    "wasi:random/random": secure,
    "wasi:random/insecure": insecure,
    "wasi:random/insecure-seed": insecureSeed,
  };
}
