// FormData: the fields of a form, read from a body and written into one.
import { decode, encode } from "../text.js";
import { readQuery } from "../searchparams.js";
import { Blob, contentOf, File, joined } from "./blob.js";

const LINE = "\r\n";

export class FormData {
  #pairs = [];

  append(name, value, filename) {
    this.#pairs.push([String(name), entryOf(value, filename)]);
  }
  delete(name) {
    this.#pairs = this.#pairs.filter(([own]) => own !== String(name));
  }
  get(name) {
    return this.#pairs.find(([own]) => own === String(name))?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([own]) => own === String(name)).map(([, value]) => value);
  }
  has(name) {
    return this.#pairs.some(([own]) => own === String(name));
  }
  set(name, value, filename) {
    const pair = [String(name), entryOf(value, filename)];
    const first = this.#pairs.find(([own]) => own === pair[0]);
    if (first === undefined) return void this.#pairs.push(pair);
    first[1] = pair[1];
    this.#pairs = this.#pairs.filter((each) => each === first || each[0] !== pair[0]);
  }
  forEach(callback, self) {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  *entries() {
    for (const pair of this.#pairs) yield [...pair];
  }
  *keys() {
    for (const [name] of this.#pairs) yield name;
  }
  *values() {
    for (const [, value] of this.#pairs) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get [Symbol.toStringTag]() {
    return "FormData";
  }
}

function entryOf(value, filename) {
  if (!(value instanceof Blob)) return String(value);
  if (value instanceof File && filename === undefined) return value;
  return new File([value], filename ?? "blob", { type: value.type });
}

/** A form out of a body, by the type that came with it. */
export function readForm(bytes, type) {
  const made = new FormData();
  const [kind] = type.split(";");
  if (kind.trim().toLowerCase() === "application/x-www-form-urlencoded") {
    for (const [name, value] of readQuery(decode(bytes))) made.append(name, value);
    return made;
  }
  const boundary = /^\s*multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
  if (boundary === null) throw new TypeError("the body is no form: its content-type says none");
  for (const part of partsOf(bytes, encode(`--${boundary[1] ?? boundary[2]}`))) readPart(part, made);
  return made;
}

/** The bytes between boundaries. */
function partsOf(bytes, mark) {
  const found = [];
  let begin = -1;
  for (let at = find(bytes, mark, 0); at >= 0; at = find(bytes, mark, at + mark.length)) {
    if (at > 0 && bytes[at - 1] !== 10) continue;
    if (begin >= 0) found.push(bytes.subarray(begin, at - 2));
    begin = at + mark.length + 2;
    if (bytes[at + mark.length] === 45 && bytes[at + mark.length + 1] === 45) return found;
  }
  throw new TypeError("the body is no whole form: its last boundary is missing");
}

function find(bytes, wanted, from) {
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}

function readPart(part, form) {
  const end = find(part, encode(LINE + LINE), 0);
  if (end < 0) throw new TypeError("a part of the form has no headers");
  const head = decode(part.subarray(0, end));
  const name = /^content-disposition:\s*form-data\s*;.*?\bname="([^"]*)"/im.exec(head);
  if (name === null) throw new TypeError("a part of the form has no name");
  const filename = /^content-disposition:.*?\bfilename="([^"]*)"/im.exec(head);
  const content = part.slice(end + 4);
  if (filename === null) return form.append(unquoted(name[1]), decode(content));
  const type = /^content-type:\s*(.*?)\s*$/im.exec(head)?.[1] ?? "text/plain";
  form.append(unquoted(name[1]), new File([content], unquoted(filename[1]), { type }));
}

const unquoted = (text) => text.replace(/%0D/gi, "\r").replace(/%0A/gi, "\n").replace(/%22/g, '"');
const quoted = (text) => text.replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/"/g, "%22");

/** A form as a body, and the type to send with it. */
export function writeForm(form) {
  const boundary = `----wherever-${crypto.randomUUID()}`;
  const pieces = [];
  for (const [name, value] of form) {
    let head = `--${boundary}${LINE}Content-Disposition: form-data; name="${quoted(name)}"`;
    if (value instanceof Blob) {
      head += `; filename="${quoted(value.name)}"${LINE}Content-Type: ${value.type || "application/octet-stream"}`;
      pieces.push(encode(head + LINE + LINE), contentOf(value), encode(LINE));
    } else {
      pieces.push(encode(head + LINE + LINE + value.replace(/\r\n?|\n/g, LINE) + LINE));
    }
  }
  pieces.push(encode(`--${boundary}--${LINE}`));
  return { bytes: joined(pieces), type: `multipart/form-data; boundary=${boundary}` };
}
