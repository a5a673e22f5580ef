// Conway's Game of Life: a glider, one step after the other, with timers and a promise.
const width = 24, height = 8;
let cells = new Set(["1,0", "2,1", "0,2", "1,2", "2,2"]);

const around = (x, y) => {
  let count = 0;
  for (let dx = -1; dx <= 1; dx++)
    for (let dy = -1; dy <= 1; dy++)
      if ((dx || dy) && cells.has(`${(x + dx + width) % width},${(y + dy + height) % height}`)) count++;
  return count;
};

const step = () => {
  const next = new Set();
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) {
      const count = around(x, y);
      if (count === 3 || (count === 2 && cells.has(`${x},${y}`))) next.add(`${x},${y}`);
    }
  cells = next;
};

const draw = () => {
  for (let y = 0; y < height; y++) {
    let row = "";
    for (let x = 0; x < width; x++) row += cells.has(`${x},${y}`) ? "█" : "·";
    console.log(row);
  }
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

console.log("Conway's Game of Life, in a sandbox");
for (let turn = 0; turn < 40; turn++) {
  step();
  await pause(1);
}
draw();
