// AssemblyScript: TypeScript's syntax, WebAssembly's types. See https://www.assemblyscript.org
const names = process.argv.slice(1);
if (names.length == 0) names.push("World");

for (let index = 0; index < names.length; index++) {
  console.log("Hello, " + names[index] + "!");
}

function fibonacci(n: i32): i64 {
  let one: i64 = 0;
  let next: i64 = 1;
  for (let step = 0; step < n; step++) {
    const sum = one + next;
    one = next;
    next = sum;
  }
  return one;
}

console.log("fibonacci(90) = " + fibonacci(90).toString());
