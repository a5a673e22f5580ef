// Names of hosts in other scripts, as ASCII (RFC 3492).

const BASE = 36;
const LEAST = 1;
const MOST = 26;

function adapt(delta, count, isFirst) {
  delta = isFirst ? Math.floor(delta / 700) : delta >> 1;
  delta += Math.floor(delta / count);
  let steps = 0;
  for (; delta > ((BASE - LEAST) * MOST) >> 1; steps += BASE) delta = Math.floor(delta / (BASE - LEAST));
  return steps + Math.floor((BASE * delta) / (delta + 38));
}

const digit = (value) => String.fromCharCode(value < 26 ? 97 + value : 22 + value);

export function encodeLabel(label) {
  const points = Array.from(label, (character) => character.codePointAt(0));
  let made = points.filter((point) => point < 0x80).map((point) => String.fromCharCode(point)).join("");
  const basic = made.length;
  let handled = basic;
  if (basic > 0) made += "-";
  let next = 0x80;
  let delta = 0;
  let bias = 72;
  while (handled < points.length) {
    const least = Math.min(...points.filter((point) => point >= next));
    delta += (least - next) * (handled + 1);
    next = least;
    for (const point of points) {
      if (point < next) delta++;
      if (point !== next) continue;
      let left = delta;
      for (let step = BASE; ; step += BASE) {
        const limit = step <= bias ? LEAST : step >= bias + MOST ? MOST : step - bias;
        if (left < limit) break;
        made += digit(limit + ((left - limit) % (BASE - limit)));
        left = Math.floor((left - limit) / (BASE - limit));
      }
      made += digit(left);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
    delta++;
    next++;
  }
  return made;
}

/** A host's name in lower-case ASCII, or null where it cannot be one. */
export function toAscii(host) {
  const bare = normal(host, "NFKC").toLowerCase().replace(/[\u00ad\u200b\u2060\ufeff\ufe00-\ufe0f]/g, "");
  const plain = normal(bare, "NFC").replace(/[\u3002\uff0e\uff61]/g, ".");
  const labels = plain.split(".").map((label) => (/[^\x00-\x7f]/.test(label) ? `xn--${encodeLabel(label)}` : label));
  const made = labels.join(".");
  return made === "" ? null : made;
}

/** SpiderMonkey comes without Unicode's tables: there a host is taken as it is. */
function normal(text, form) {
  return typeof text.normalize === "function" ? text.normalize(form) : text;
}
