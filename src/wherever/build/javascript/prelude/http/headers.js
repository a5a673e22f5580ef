// Headers: names and values of a request or an answer.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/; // most values: nothing is wrong with them, nor to be trimmed
const COOKIE = "set-cookie"; // the one whose values cannot be joined

function nameOf(name) {
  const text = String(name);
  if (!TOKEN.test(text)) throw new TypeError(`${JSON.stringify(text)} is no name of a header`);
  return text.toLowerCase();
}

function valueOf(value) {
  let text = String(value);
  if (PLAIN.test(text)) return text;
  text = text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (/[\0\r\n]/.test(text)) throw new TypeError("a header's value has a line's end, or a NUL, in it");
  if (/[^\0-\xff]/.test(text)) throw new TypeError(`${JSON.stringify(text)} has letters that no header's value can have`);
  return text;
}

/** The pairs of headers as they are sent. */
export let pairsOf;

/** Headers of pairs that a server has checked, with names in lower case. */
export let checked;

export class Headers {
  #pairs = [];

  static {
    pairsOf = (headers) => headers.#pairs;
    checked = (pairs) => {
      const made = new Headers();
      made.#pairs = pairs;
      return made;
    };
  }

  constructor(init = undefined) {
    if (init === undefined) return;
    if (init === null || typeof init !== "object") throw new TypeError("Headers are made of an object, or of pairs");
    if (init instanceof Headers) this.#pairs = init.#pairs.map((pair) => [...pair]);
    else if (typeof init[Symbol.iterator] === "function") {
      for (const pair of init) {
        const both = [...pair];
        if (both.length !== 2) throw new TypeError("each header is a name and a value");
        this.append(...both);
      }
    } else for (const name of Object.keys(init)) this.append(name, init[name]);
  }
  append(name, value) {
    this.#pairs.push([nameOf(name), valueOf(value)]);
  }
  delete(name) {
    const wanted = nameOf(name);
    this.#pairs = this.#pairs.filter(([own]) => own !== wanted);
  }
  get(name) {
    const wanted = nameOf(name);
    const found = this.#pairs.filter(([own]) => own === wanted);
    return found.length === 0 ? null : found.map(([, value]) => value).join(", ");
  }
  getSetCookie() {
    return this.#pairs.filter(([own]) => own === COOKIE).map(([, value]) => value);
  }
  has(name) {
    const wanted = nameOf(name);
    return this.#pairs.some(([own]) => own === wanted);
  }
  set(name, value) {
    const pair = [nameOf(name), valueOf(value)];
    const at = this.#pairs.findIndex(([own]) => own === pair[0]);
    this.#pairs = this.#pairs.filter(([own], index) => own !== pair[0] || index === at);
    if (at < 0) this.#pairs.push(pair);
    else this.#pairs[this.#pairs.findIndex(([own]) => own === pair[0])] = pair;
  }
  forEach(callback, self) {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  /** By name, in the order of the alphabet, with the values of a name joined. */
  *entries() {
    const names = [...new Set(this.#pairs.map(([name]) => name))].sort();
    for (const name of names) {
      if (name === COOKIE) for (const value of this.getSetCookie()) yield [name, value];
      else yield [name, this.get(name)];
    }
  }
  *keys() {
    for (const [name] of this.entries()) yield name;
  }
  *values() {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get [Symbol.toStringTag]() {
    return "Headers";
  }
  [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) {
    return `Headers ${inspect(Object.fromEntries(this), options)}`;
  }
}
