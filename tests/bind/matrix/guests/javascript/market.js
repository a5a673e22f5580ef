import { price } from "lab:market/host@1.0.0";

const SIZES = [null, "small", "very-large"];
const MOST = 10 ** 12;
let gone = 0;

const fail = (trouble) => {
  throw trouble;
};

function cost({ name, count }) {
  let each;
  try {
    each = price(name);
  } catch (error) {
    fail({ tag: "priceless", val: { name, reason: error.payload ?? error } });
  }
  const all = each * count;
  return all <= MOST ? all : fail({ tag: "too-much" });
}

class Basket {
  things = [];
  constructor(owner) {
    this.owner = owner;
  }
  put(item) {
    return this.things.push(item);
  }
  items() {
    return this.things;
  }
  total() {
    if (this.things.length === 0) fail({ tag: "empty" });
    const all = this.things.map(cost).reduce((one, other) => one + other);
    return all <= MOST ? all : fail({ tag: "too-much" });
  }
  static merge(first, second) {
    const made = new Basket(`${first.owner} and ${second.owner}`);
    made.things = [...first.things, ...second.things];
    return made;
  }
  label() {
    return `${this.owner} has ${this.things.length}`;
  }
  [Symbol.dispose]() {
    gone++;
  }
}

export const market = {
  Basket,
  cost,
  greet: (name) => `hello, ${name ?? "nobody"}!`,
  words: (text) => text.split(" "),
  find: (words, word) => {
    const at = words.indexOf(word);
    return at < 0 ? undefined : at;
  },
  reverse: (data) => data.toReversed(),
  sum: (values) => values.reduce((one, other) => one + other, 0),
  mean: (values) =>
    values.length ? values.reduce((one, other) => one + other) / values.length : undefined,
  number: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : fail(`"${text}" is no number`)),
  change: (item) => ({
    ...item,
    count: item.count * 2,
    size: SIZES[(SIZES.indexOf(item.size) + 1) % SIZES.length],
    service: { giftWrapped: !item.service.giftWrapped, byPost: !item.service.byPost },
  }),
  sorted: (items) => items.toSorted((one, other) => other.count - one.count),
  area: ({ tag, val }) => ({ dot: () => 0, square: () => val ** 2, box: () => val[0] * val[1] })[tag](),
  stretch: ({ tag, val }, by) =>
    ({
      dot: () => ({ tag: "square", val: by }),
      square: () => ({ tag: "box", val: [val * by, val] }),
      box: () => ({ tag: "box", val: [val[0] * by, val[1]] }),
    })[tag](),
  fuller: (one, other) => (one.things.length >= other.things.length ? one : other).label(),
  sell: (basket) => {
    basket[Symbol.dispose]();
    return basket.label();
  },
  gone: () => gone,
};
