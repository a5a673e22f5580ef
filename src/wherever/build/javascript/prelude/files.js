// Files, in the folders that the user has given.
import { getDirectories } from "wasi:filesystem/preopens@0.2.12";
import { bytesOf, initialCwd } from "./host.js";
import { encode } from "./text.js";

const AT_ONCE = 1 << 20;
const FOLLOW = { symlinkFollow: true };
const WORDS = {
  "access": ["EACCES", "permission denied"],
  "not-permitted": ["EPERM", "operation not permitted"],
  "no-entry": ["ENOENT", "no such file or directory"],
  "exist": ["EEXIST", "file already exists"],
  "is-directory": ["EISDIR", "illegal operation on a directory"],
  "not-directory": ["ENOTDIR", "not a directory"],
  "not-empty": ["ENOTEMPTY", "directory not empty"],
  "read-only": ["EROFS", "read-only file system"],
  "loop": ["ELOOP", "too many symbolic links encountered"],
  "name-too-long": ["ENAMETOOLONG", "name too long"],
  "insufficient-space": ["ENOSPC", "no space left on device"],
  "quota": ["EDQUOT", "the folder's limit is reached"],
  "cross-device": ["EXDEV", "cross-device link not permitted"],
};

let roots;

function failure(what, path, error) {
  const code = typeof error?.payload === "string" ? error.payload : "io";
  const [name, words] = WORDS[code] ?? ["EIO", code.replaceAll("-", " ")];
  const made = new Error(`${name}: ${words}, ${what} '${path}'`);
  made.code = name;
  made.syscall = what;
  made.path = path;
  return made;
}

function normal(path) {
  const parts = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !path.startsWith("/")) parts.push(part);
  }
  return parts;
}

export function cwd() {
  return initialCwd() ?? "/";
}

export function absolute(path) {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : String(path);
  return `/${normal(text.startsWith("/") ? text : `${cwd()}/${text}`).join("/")}`;
}

/** The given folder that a path lies in, and the path in it. */
function locate(what, path) {
  const wanted = absolute(path);
  roots ??= getDirectories().map(([folder, name]) => [folder, absolute(name)]);
  let best;
  for (const [folder, name] of roots) {
    const inside = name === "/" || wanted === name || wanted.startsWith(`${name}/`);
    if (inside && (best === undefined || name.length > best.name.length)) best = { folder, name };
  }
  if (best === undefined) throw failure(what, path, { payload: "no-entry" });
  const rest = wanted.slice(best.name === "/" ? 1 : best.name.length + 1);
  return [best.folder, rest === "" ? "." : rest];
}

function attempt(what, path, body) {
  const [folder, rest] = locate(what, path);
  try {
    return body(folder, rest);
  } catch (error) {
    throw failure(what, path, error);
  }
}

function open(what, path, how, flags) {
  return attempt(what, path, (folder, rest) => folder.openAt(FOLLOW, rest, how, flags));
}

function close(descriptor) {
  descriptor[Symbol.for("dispose")]?.();
}

export function readBytes(path) {
  const file = open("open", path, {}, { read: true });
  const parts = [];
  let total = 0;
  try {
    for (;;) {
      const [part, isEnd] = file.read(AT_ONCE, total);
      const bytes = bytesOf(part);
      if (bytes.length > 0) parts.push(bytes);
      total += bytes.length;
      if (isEnd || bytes.length === 0) break;
    }
  } catch (error) {
    throw failure("read", path, error);
  } finally {
    close(file);
  }
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function readFile(path, encoding) {
  const bytes = readBytes(path);
  const name = typeof encoding === "object" && encoding !== null ? encoding.encoding : encoding;
  return name ? new TextDecoder(name, { ignoreBOM: true }).decode(bytes) : bytes;
}

function dataOf(data) {
  if (typeof data === "string") return encode(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("data must be a string or bytes");
}

function put(path, data, how, from) {
  const bytes = dataOf(data);
  const file = open("open", path, how, { write: true });
  try {
    let offset = from ? Number(file.stat().size) : 0;
    for (let at = 0; at < bytes.length; ) {
      const written = Number(file.write(bytes.subarray(at, at + AT_ONCE), offset));
      at += written;
      offset += written;
    }
  } catch (error) {
    throw failure("write", path, error);
  } finally {
    close(file);
  }
}

export function writeFile(path, data) {
  put(path, data, { create: true, truncate: true }, false);
}

export function appendFile(path, data) {
  put(path, data, { create: true }, true);
}

export function stat(path) {
  const found = attempt("stat", path, (folder, rest) => folder.statAt(FOLLOW, rest));
  const changed = found.dataModificationTimestamp;
  return {
    isFile: found.type === "regular-file",
    isDirectory: found.type === "directory",
    size: Number(found.size),
    modified: changed ? new Date(Number(changed.seconds) * 1000 + changed.nanoseconds / 1e6) : null,
  };
}

export function exists(path) {
  try {
    stat(path);
    return true;
  } catch {
    return false;
  }
}

/** The names in a folder, in their order. */
export function readDirectory(path) {
  return entriesOf(path).map((entry) => entry.name);
}

export function entriesOf(path) {
  const folder = open("scandir", path, { directory: true }, { read: true });
  const entries = [];
  try {
    const stream = folder.readDirectory();
    for (let entry; (entry = stream.readDirectoryEntry()); ) entries.push(entry);
    close(stream);
  } catch (error) {
    throw failure("scandir", path, error);
  } finally {
    close(folder);
  }
  return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
}

export function makeDirectory(path, options = {}) {
  if (!options?.recursive) {
    return attempt("mkdir", path, (folder, rest) => folder.createDirectoryAt(rest));
  }
  const parts = normal(absolute(path));
  for (let count = 1; count <= parts.length; count++) {
    const part = `/${parts.slice(0, count).join("/")}`;
    if (!exists(part)) {
      try {
        makeDirectory(part);
      } catch (error) {
        if (error.code !== "EEXIST" && (count === parts.length || error.code !== "ENOENT")) throw error;
      }
    }
  }
}

export function removeFile(path) {
  attempt("unlink", path, (folder, rest) => folder.unlinkFileAt(rest));
}

export function removeDirectory(path) {
  attempt("rmdir", path, (folder, rest) => folder.removeDirectoryAt(rest));
}

export function rename(from, to) {
  const [other, rest] = locate("rename", to);
  attempt("rename", from, (folder, name) => folder.renameAt(name, other, rest));
}
