/** A whole number, which others see as one of 32 bits. */
type u32 = number;

/** How much is in a text. */
export interface Counts {
  words: u32;
  letters: u32;
}

/** A title as part of an address: lower case, with dashes between its words. */
export function slug(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9\u0080-\uffff]+/g, "-").replace(/^-|-$/g, "");
}

/** How much is in a text. */
export function count(text: string): Counts {
  const words = text.split(/\s+/).filter((word) => word !== "");
  return { words: words.length, letters: words.join("").length };
}

/** What `wherever run .` shows, and `wherever test` compares. It is no part of the library. */
export function main(): void {
  const title = "Hello, TypeScript library!";
  const { words, letters } = count(title);
  console.log(`${slug(title)}\n${words} words, ${letters} letters`);
}
