// Times ways to call one library, turn about: in Node, and in a page.
const POINTS = Array.from({ length: 1000 }, (_, n) => ({ x: 1, y: 2, n }));
const WORK = {
  "no arguments": ["nothing", []],
  "two integers": ["add", [1, 2]],
  "text of 100 bytes": ["text", ["x".repeat(100)]],
  "text of 100 KB": ["text", ["x".repeat(100_000)]],
  "1 MiB of bytes": ["bytes", [Uint8Array.from({ length: 1 << 20 }, (_, at) => at)]],
  "100,000 floats": ["sum", [Float64Array.from({ length: 100_000 }, (_, at) => at)]],
  "1,000 records": ["points", [POINTS]],
  "a callback": ["callback", [21]],
};

const twice = (n) => 2 * n;
export const host = { double: twice };

/** The same in JavaScript itself. */
export const plain = {
  nothing() {},
  add: (a, b) => a + b,
  text: (text) => text,
  bytes: (bytes) => bytes.slice(),
  sum: (floats) => floats.reduce((sum, each) => sum + each, 0),
  points: (points) => points.reduce((sum, { n }) => sum + n, 0),
  callback: twice,
};

let kept;

async function took(call, args, isAsync, count) {
  const begun = performance.now();
  if (isAsync) for (let each = 0; each < count; each++) kept = await call(...args);
  else for (let each = 0; each < count; each++) kept = call(...args);
  return (performance.now() - begun) / 1000;
}

/**
 * Says a line for each turn: work, way, seconds, seconds of the processor.
 * @param ways objects with the functions, by the name of the way
 * @param processor how many seconds of the processor were used so far
 */
export async function turns(ways, processor, say) {
  for (const [work, [name, args]] of Object.entries(WORK)) {
    const each = [];
    for (const [way, functions] of Object.entries(ways)) {
      const call = functions[name];
      const isAsync = call(...args) instanceof Promise;
      let count = 1;
      while ((await took(call, args, isAsync, count)) < 0.002) count *= 2;
      each.push([way, call, isAsync, count * 3]);
    }
    for (let round = 0; round < 7; round++) {
      for (const [way, call, isAsync, count] of each) {
        const cpu = processor();
        const wall = (await took(call, args, isAsync, count)) / count;
        say([work, way, wall, (processor() - cpu) / count].join("\t"));
      }
    }
  }
  return kept;
}
