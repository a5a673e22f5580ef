// What plain programs use of Node's `util`.
import { formatAll, inspect } from "../inspect.js";
import { TextDecoder, TextEncoder } from "../text.js";

inspect.custom = Symbol.for("nodejs.util.inspect.custom");

export { inspect };
export const format = (...args) => formatAll(args);
export const promisify = (body) => (...args) =>
  new Promise((resolve, reject) => body(...args, (error, value) => (error ? reject(error) : resolve(value))));
export const inherits = (child, parent) => {
  Object.setPrototypeOf(child.prototype, parent.prototype);
};
export const deprecate = (body) => body;
export const types = {
  isDate: (value) => value instanceof Date,
  isRegExp: (value) => value instanceof RegExp,
  isMap: (value) => value instanceof Map,
  isSet: (value) => value instanceof Set,
  isPromise: (value) => value instanceof Promise,
};
export { TextDecoder, TextEncoder };

export default { inspect, format, promisify, inherits, deprecate, types, TextDecoder, TextEncoder };
