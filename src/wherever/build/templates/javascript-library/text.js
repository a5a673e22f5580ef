/** @typedef {number} u32 A whole number, which others see as one of 32 bits. */

/**
 * How much is in a text.
 * @typedef {object} Counts
 * @property {u32} words
 * @property {u32} letters
 */

/**
 * A title as part of an address: lower case, with dashes between its words.
 * @param {string} title
 * @returns {string}
 */
export function slug(title) {
  return title.toLowerCase().replace(/[^a-z0-9\u0080-\uffff]+/g, "-").replace(/^-|-$/g, "");
}

/**
 * How much is in a text.
 * @param {string} text
 * @returns {Counts}
 */
export function count(text) {
  const words = text.split(/\s+/).filter((word) => word !== "");
  return { words: words.length, letters: words.join("").length };
}

/** What `wherever run .` shows, and `wherever test` compares. It is no part of the library. */
export function main() {
  const title = "Hello, JavaScript library!";
  const { words, letters } = count(title);
  console.log(`${slug(title)}\n${words} words, ${letters} letters`);
}
