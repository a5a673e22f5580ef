// Node's `path`, for paths with slashes.
import { cwd } from "../files.js";

export const sep = "/";
export const delimiter = ":";
export const isAbsolute = (path) => path.startsWith("/");

export function normalize(path) {
  if (path === "") return ".";
  const rooted = path.startsWith("/");
  const parts = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push("..");
  }
  let made = parts.join("/");
  if (made !== "" && path.endsWith("/")) made += "/";
  if (rooted) return `/${made}`;
  return made === "" ? (path.endsWith("/") ? "./" : ".") : made;
}

export function join(...parts) {
  const joined = parts.filter((part) => part !== "").join("/");
  return joined === "" ? "." : normalize(joined);
}

export function resolve(...parts) {
  let path = "";
  for (const part of parts.reverse()) {
    if (part === "") continue;
    path = path === "" ? part : `${part}/${path}`;
    if (part.startsWith("/")) break;
  }
  if (!path.startsWith("/")) path = path === "" ? cwd() : `${cwd()}/${path}`;
  const made = normalize(path);
  return made.length > 1 && made.endsWith("/") ? made.slice(0, -1) : made;
}

function trimmed(path) {
  return path.length > 1 ? path.replace(/(?!^)\/+$/, "") : path;
}

export function basename(path, ending = "") {
  const name = trimmed(path).split("/").at(-1);
  return ending !== "" && name !== ending && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
}

export function dirname(path) {
  const plain = trimmed(path);
  const at = plain.lastIndexOf("/");
  return at < 0 ? "." : at === 0 ? "/" : trimmed(plain.slice(0, at));
}

export function extname(path) {
  const name = basename(path);
  const at = name.lastIndexOf(".");
  return at <= 0 || name === ".." ? "" : name.slice(at);
}

export function relative(from, to) {
  const [one, other] = [from, to].map((path) => resolve(path).split("/").filter(Boolean));
  let same = 0;
  while (same < one.length && same < other.length && one[same] === other[same]) same++;
  return [...one.slice(same).map(() => ".."), ...other.slice(same)].join("/");
}

export function parse(path) {
  const root = path.startsWith("/") ? "/" : "";
  const base = basename(path);
  const ext = extname(path);
  const dir = base === trimmed(path) ? root : dirname(path);
  return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
}

export function format({ dir, root = "", base, name = "", ext = "" }) {
  const file = base ?? `${name}${ext && !ext.startsWith(".") ? "." : ""}${ext}`;
  if (!dir) return `${root}${file}`;
  return dir === root ? `${dir}${file}` : `${dir}/${file}`;
}

const path = { sep, delimiter, isAbsolute, normalize, join, resolve, basename, dirname, extname, relative, parse, format };
export const posix = path;
path.posix = path;
export default path;
