import { args, stdin } from "wherever";

interface Greeting {
  name: string;
  words: number;
}

function greet({ name, words }: Greeting): string {
  return words > 0 ? `Hello, ${name}! You wrote ${words} words.` : `Hello, ${name}!`;
}

const text: string = stdin.isTerminal ? "" : stdin.text();
const words = text.split(/\s+/).filter(Boolean).length;
for (const name of args.length > 0 ? args : ["World"]) {
  console.log(greet({ name, words }));
}
