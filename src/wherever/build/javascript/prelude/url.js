// URL: a URL's parts, each to be read and most to be set.
import { isUserinfo, percentEncode } from "./percent.js";
import { follow, URLSearchParams } from "./searchparams.js";
import { finish, isSpecial, parse, pathOf, PORTS, setHost, walk, write } from "./urlparse.js";

export { URLSearchParams };

function invalid(input, base) {
  const error = new TypeError("Invalid URL");
  error.code = "ERR_INVALID_URL";
  error.input = input;
  if (base !== undefined) error.base = base;
  return error;
}

let lastText, lastMade;

/** A URL's parts. The same text is often taken apart twice: for a request, and by who answers it. */
function again(text) {
  if (text !== lastText) [lastText, lastMade] = [text, parse(text)];
  return lastMade && { ...lastMade, path: lastMade.opaque ? lastMade.path : [...lastMade.path] };
}

export class URL {
  #url;
  #params;

  constructor(input, base = undefined) {
    const text = String(input).toWellFormed();
    const from = base === undefined ? null : parse(String(base).toWellFormed());
    const made = base === undefined ? again(text) : from === null ? null : parse(text, from);
    if (made === null) throw invalid(text, base === undefined ? undefined : String(base));
    this.#url = made;
  }

  static canParse(input, base) {
    return URL.parse(input, base) !== null;
  }
  static parse(input, base) {
    try {
      return new URL(input, base);
    } catch {
      return null;
    }
  }

  get href() {
    return write(this.#url);
  }
  set href(value) {
    const made = parse(String(value).toWellFormed());
    if (made === null) throw invalid(String(value));
    this.#url = made;
    this.#reread();
  }
  get origin() {
    const { protocol } = this.#url;
    if (protocol === "blob:") {
      const inner = parse(pathOf(this.#url));
      return inner !== null && /^https?:$/.test(inner.protocol) ? new URL(write(inner)).origin : "null";
    }
    return isSpecial(protocol) && protocol !== "file:" ? `${protocol}//${this.host}` : "null";
  }
  get protocol() {
    return this.#url.protocol;
  }
  set protocol(value) {
    const match = /^([A-Za-z][A-Za-z0-9+.-]*)(?::|$)/.exec(String(value));
    if (match === null) return;
    const protocol = `${match[1].toLowerCase()}:`;
    const url = this.#url;
    if (isSpecial(protocol) !== isSpecial(url.protocol)) return;
    if (protocol === "file:" && (url.username || url.password || url.port)) return;
    if (url.protocol === "file:" && url.host === "") return;
    url.protocol = protocol;
    if (url.port === PORTS[protocol]) url.port = "";
  }
  get username() {
    return this.#url.username;
  }
  set username(value) {
    if (this.#hasPlace()) this.#url.username = percentEncode(String(value).toWellFormed(), isUserinfo);
  }
  get password() {
    return this.#url.password;
  }
  set password(value) {
    if (this.#hasPlace()) this.#url.password = percentEncode(String(value).toWellFormed(), isUserinfo);
  }
  #hasPlace() {
    return !!this.#url.host && this.#url.protocol !== "file:";
  }
  get host() {
    const { host, port } = this.#url;
    return host === null ? "" : port === "" ? host : `${host}:${port}`;
  }
  set host(value) {
    this.#setHost(String(value), true);
  }
  get hostname() {
    return this.#url.host ?? "";
  }
  set hostname(value) {
    this.#setHost(String(value), false);
  }
  #setHost(value, withPort) {
    if (this.#url.opaque) return;
    const place = value.replace(/[\t\n\r]/g, "").split(isSpecial(this.#url.protocol) ? /[/\\?#]/ : /[/?#]/)[0];
    if (!withPort && /^[^[]*:/.test(place)) return;
    const made = { ...this.#url };
    const [, name, port] = /^((?:\[[^\]]*\]|[^:[])*)(?::([0-9]*))?/.exec(place);
    if (setHost(made, port ? `${name}:${port}` : name)) this.#url = made;
  }
  get port() {
    return this.#url.port;
  }
  set port(value) {
    if (!this.#hasPlace()) return;
    const text = String(value);
    const digits = /^[0-9]+/.exec(text)?.[0];
    if (text === "") this.#url.port = "";
    else if (digits !== undefined && Number(digits) <= 65535) {
      const port = String(Number(digits));
      this.#url.port = port === PORTS[this.#url.protocol] ? "" : port;
    }
  }
  get pathname() {
    return pathOf(this.#url);
  }
  set pathname(value) {
    const url = this.#url;
    if (url.opaque) return;
    const text = String(value).toWellFormed().replace(/[\t\n\r]/g, "");
    const path = text.replace(isSpecial(url.protocol) ? /^[/\\]/ : /^\//, "").replaceAll("#", "%23").replaceAll("?", "%3F");
    url.path = [];
    if (text !== "" || isSpecial(url.protocol)) walk(path, url);
  }
  get search() {
    return this.#url.query ? `?${this.#url.query}` : "";
  }
  set search(value) {
    const text = String(value).toWellFormed().replace(/[\t\n\r]/g, "");
    this.#url.query = null;
    if (text !== "") finish(this.#url, text.replace(/^\?/, "").replaceAll("#", "%23"), null);
    this.#reread();
  }
  get searchParams() {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams();
      follow(this.#params, this.#url.query ?? "", () => {
        const text = this.#params.toString();
        this.#url.query = text === "" ? null : text;
      });
    }
    return this.#params;
  }
  #reread() {
    if (this.#params !== undefined) follow(this.#params, this.#url.query ?? "");
  }
  get hash() {
    return this.#url.fragment ? `#${this.#url.fragment}` : "";
  }
  set hash(value) {
    const text = String(value).toWellFormed().replace(/[\t\n\r]/g, "");
    this.#url.fragment = null;
    if (text !== "") finish(this.#url, null, text.replace(/^#/, ""));
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
  get [Symbol.toStringTag]() {
    return "URL";
  }
  [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) {
    const parts = {};
    for (const name of ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "searchParams", "hash"]) {
      parts[name] = this[name];
    }
    return `URL ${inspect(parts, options)}`;
  }
}
