// Taking a URL apart, as the URL standard does: one step for each part, in their order.
import { isC0, isFragment, isPath, isQuery, isSpecialQuery, isUserinfo, percentEncode } from "./percent.js";
import { parseHost } from "./urlhost.js";

export const PORTS = { "ftp:": "21", "file:": "", "http:": "80", "https:": "443", "ws:": "80", "wss:": "443" };

export const isSpecial = (protocol) => Object.hasOwn(PORTS, protocol);

const DRIVE = /^[A-Za-z][:|]$/;
const STARTS_WITH_DRIVE = /^[A-Za-z][:|](?:[/\\?#]|$)/;
const isDot = (part) => /^(?:\.|%2e)$/i.test(part);
const isDoubleDot = (part) => /^(?:\.|%2e){2}$/i.test(part);

function empty(protocol) {
  return { protocol, username: "", password: "", host: null, port: "", path: [], opaque: false, query: null, fragment: null };
}

/** The parts of a URL; null where the text is none. */
export function parse(input, base = null) {
  let text = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (scheme === null) return base === null ? null : relative(text, base);
  const protocol = `${scheme[1].toLowerCase()}:`;
  text = text.slice(scheme[0].length);
  const url = empty(protocol);
  if (protocol === "file:") return file(text, url, base?.protocol === "file:" ? base : null);
  if (isSpecial(protocol)) {
    if (base?.protocol === protocol && !/^[/\\]{2}/.test(text)) return relative(text, base);
    return authority(text.replace(/^[/\\]+/, ""), url);
  }
  if (text.startsWith("//")) return authority(text.slice(2), url);
  if (text.startsWith("/")) return tail(text, url, true);
  return opaque(text, url);
}

function opaque(text, url) {
  const [path, query, fragment] = cut(text);
  url.opaque = true;
  url.path = percentEncode(path, isC0);
  if (query !== null || fragment !== null) url.path = url.path.replace(/ $/, "%20");
  finish(url, query, fragment);
  return url;
}

/** A text as its path, query and fragment. */
function cut(text) {
  let query = null;
  let fragment = null;
  const hash = text.indexOf("#");
  if (hash >= 0) [text, fragment] = [text.slice(0, hash), text.slice(hash + 1)];
  const mark = text.indexOf("?");
  if (mark >= 0) [text, query] = [text.slice(0, mark), text.slice(mark + 1)];
  return [text, query, fragment];
}

export function finish(url, query, fragment) {
  if (query !== null) url.query = percentEncode(query, isSpecial(url.protocol) ? isSpecialQuery : isQuery);
  if (fragment !== null) url.fragment = percentEncode(fragment, isFragment);
}

function relative(text, base) {
  if (base.opaque) {
    if (!text.startsWith("#")) return null;
    const url = { ...base };
    finish(url, null, text.slice(1));
    return url;
  }
  const url = empty(base.protocol);
  if (base.protocol === "file:") return file(text, url, base);
  const special = isSpecial(url.protocol);
  const slashes = special ? /^[/\\]{2}/ : /^\/\//;
  if (slashes.test(text)) return authority(special ? text.replace(/^[/\\]+/, "") : text.slice(2), url);
  Object.assign(url, { username: base.username, password: base.password, host: base.host, port: base.port });
  if (text.startsWith("/") || (special && text.startsWith("\\"))) return tail(text, url, true);
  return continued(text, url, base);
}

/** A text that goes on where a base's path ends. */
function continued(text, url, base) {
  const [path, query, fragment] = cut(text);
  url.path = [...base.path];
  if (path === "" && query === null) url.query = base.query;
  else if (path !== "") {
    url.path.pop();
    walk(path, url);
  }
  finish(url, query, fragment);
  return url;
}

function authority(text, url) {
  const special = isSpecial(url.protocol);
  const end = text.search(special ? /[/\\?#]/ : /[/?#]/);
  let place = end < 0 ? text : text.slice(0, end);
  const rest = end < 0 ? "" : text.slice(end);
  const at = place.lastIndexOf("@");
  if (at >= 0) {
    const user = place.slice(0, at);
    place = place.slice(at + 1);
    if (place === "") return null;
    const colon = user.indexOf(":");
    url.username = percentEncode(colon < 0 ? user : user.slice(0, colon), isUserinfo);
    if (colon >= 0) url.password = percentEncode(user.slice(colon + 1), isUserinfo);
  }
  if (!setHost(url, place)) return null;
  return tail(rest, url, false);
}

/** Sets host and port; false where they are wrong. */
export function setHost(url, place) {
  const special = isSpecial(url.protocol);
  const match = /^((?:\[[^\]]*\]|[^:[])*)(?::([^:]*))?$/.exec(place);
  if (match === null) return false;
  const [, name, port] = match;
  if (name === "" && (special || port !== undefined)) return false;
  const host = name === "" ? "" : parseHost(name, special);
  if (host === null) return false;
  if (port !== undefined && port !== "") {
    if (!/^[0-9]+$/.test(port) || Number(port) > 65535) return false;
    url.port = String(Number(port)) === PORTS[url.protocol] ? "" : String(Number(port));
  }
  url.host = host;
  return true;
}

function tail(text, url) {
  const [path, query, fragment] = cut(text);
  url.path = [];
  if (path !== "" || isSpecial(url.protocol)) walk(path.replace(isSpecial(url.protocol) ? /^[/\\]/ : /^\//, ""), url);
  finish(url, query, fragment);
  return url;
}

/** Adds the parts of a path to those that are there. */
export function walk(path, url) {
  const special = isSpecial(url.protocol);
  const parts = path.split(special ? /[/\\]/ : "/");
  parts.forEach((part, at) => {
    const isLast = at === parts.length - 1;
    if (isDoubleDot(part)) {
      const keepsDrive = url.protocol === "file:" && url.path.length === 1 && DRIVE.test(url.path[0]);
      if (!keepsDrive) url.path.pop();
      if (isLast) url.path.push("");
    } else if (isDot(part)) {
      if (isLast) url.path.push("");
    } else {
      let made = percentEncode(part, isPath);
      if (url.protocol === "file:" && url.path.length === 0 && DRIVE.test(made)) made = `${made[0]}:`;
      url.path.push(made);
    }
  });
}

function file(text, url, base) {
  url.host = "";
  if (/^[/\\]{2}/.test(text)) {
    const rest = text.slice(2);
    const end = rest.search(/[/\\?#]/);
    const name = end < 0 ? rest : rest.slice(0, end);
    if (DRIVE.test(name)) return tail(rest, url);
    if (name !== "") {
      const host = parseHost(name, true);
      if (host === null) return null;
      url.host = host === "localhost" ? "" : host;
    }
    return tail(end < 0 ? "" : rest.slice(end), url);
  }
  if (/^[/\\]/.test(text)) {
    if (base !== null) {
      url.host = base.host;
      if (!STARTS_WITH_DRIVE.test(text.slice(1)) && DRIVE.test(base.path[0] ?? "")) {
        const [path, query, fragment] = cut(text.slice(1));
        url.path = [base.path[0]];
        walk(path, url);
        finish(url, query, fragment);
        return url;
      }
    }
    return tail(text, url);
  }
  if (base === null || STARTS_WITH_DRIVE.test(text)) return tail(text, url);
  url.host = base.host;
  return continued(text, url, base);
}

export function pathOf(url) {
  return url.opaque ? url.path : url.path.map((part) => `/${part}`).join("");
}

export function write(url) {
  let text = url.protocol;
  if (url.host !== null) {
    text += "//";
    if (url.username !== "" || url.password !== "") {
      text += `${url.username}${url.password === "" ? "" : `:${url.password}`}@`;
    }
    text += url.host + (url.port === "" ? "" : `:${url.port}`);
  } else if (!url.opaque && url.path.length > 1 && url.path[0] === "") text += "/.";
  text += pathOf(url);
  if (url.query !== null) text += `?${url.query}`;
  if (url.fragment !== null) text += `#${url.fragment}`;
  return text;
}
