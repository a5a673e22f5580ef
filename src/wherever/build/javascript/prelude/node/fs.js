// The synchronous part of Node's `fs` that plain programs use.
import * as files from "../files.js";
import { stderr, stdin, stdout } from "../wherever.js";

/** What Node calls a Buffer, as far as text goes. */
class Bytes extends Uint8Array {
  toString(encoding = "utf-8") {
    return new TextDecoder(encoding, { ignoreBOM: true }).decode(this);
  }
}

export function readFileSync(path, encoding) {
  if (path === 0 || path === "/dev/stdin") {
    const bytes = stdin.bytes();
    const name = typeof encoding === "object" && encoding !== null ? encoding.encoding : encoding;
    return name ? new TextDecoder(name, { ignoreBOM: true }).decode(bytes) : new Bytes(bytes);
  }
  const read = files.readFile(path, encoding);
  return typeof read === "string" ? read : new Bytes(read.buffer, read.byteOffset, read.byteLength);
}

export function writeFileSync(path, data, options) {
  if (path === 1) return stdout.write(data);
  if (path === 2) return stderr.write(data);
  return options?.flag === "a" ? files.appendFile(path, data) : files.writeFile(path, data);
}

export const writeSync = (fd, data) => writeFileSync(fd, data);
export const appendFileSync = files.appendFile;
export const existsSync = files.exists;
export const mkdirSync = files.makeDirectory;
export const renameSync = files.rename;
export const unlinkSync = files.removeFile;
export const rmdirSync = files.removeDirectory;

export function rmSync(path, options = {}) {
  if (!files.exists(path)) {
    if (options.force) return;
    files.stat(path);
  }
  if (!files.stat(path).isDirectory) return files.removeFile(path);
  if (options.recursive) {
    for (const name of files.readDirectory(path)) rmSync(`${path}/${name}`, options);
  }
  files.removeDirectory(path);
}

export function statSync(path, options = {}) {
  if (options.throwIfNoEntry === false && !files.exists(path)) return undefined;
  const found = files.stat(path);
  return {
    size: found.size,
    mtime: found.modified,
    mtimeMs: Number(found.modified),
    isFile: () => found.isFile,
    isDirectory: () => found.isDirectory,
    isSymbolicLink: () => false,
  };
}

export function readdirSync(path, options = {}) {
  if (!options?.withFileTypes) return files.readDirectory(path);
  return files.entriesOf(path).map((entry) => ({
    name: entry.name,
    parentPath: String(path),
    isFile: () => entry.type === "regular-file",
    isDirectory: () => entry.type === "directory",
    isSymbolicLink: () => entry.type === "symbolic-link",
  }));
}

const later = (body) => async (...args) => body(...args);

export const promises = {
  readFile: later(readFileSync),
  writeFile: later(writeFileSync),
  appendFile: later(appendFileSync),
  mkdir: later(mkdirSync),
  rename: later(renameSync),
  unlink: later(unlinkSync),
  rmdir: later(rmdirSync),
  rm: later(rmSync),
  stat: later(statSync),
  readdir: later(readdirSync),
};

const called = (body) => (...args) => {
  const done = args.pop();
  body(...args).then((value) => done(null, value), done);
};

export const readFile = called(promises.readFile);
export const writeFile = called(promises.writeFile);
export const stat = called(promises.stat);
export const readdir = called(promises.readdir);

export default {
  readFileSync, writeFileSync, writeSync, appendFileSync, existsSync, mkdirSync, renameSync,
  unlinkSync, rmdirSync, rmSync, statSync, readdirSync, promises, readFile, writeFile, stat, readdir,
};
