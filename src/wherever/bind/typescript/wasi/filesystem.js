import { types } from "@bytecodealliance/preview2-shim/filesystem";

/** No folder is given, so no file can be named. */
export function filesystem() {
  return {
    "wasi:filesystem/preopens": { getDirectories: () => [] },
    "wasi:filesystem/types": types,
  };
}
