import { args, stdin } from "wherever";

// Whatever is at the top level runs when the program is run, and may wait.
const names = args.length > 0 ? args : ["World"];
for (const name of names) {
  console.log(`Hello, ${name}!`);
}

if (!stdin.isTerminal) {
  const words = stdin.text().split(/\s+/).filter(Boolean);
  if (words.length > 0) console.log(`You wrote ${words.length} words.`);
}
