/** Files and workers of Node. */

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";

import { files } from "./files.js";

export function platform(urls, worker) {
  return { modules: files(urls, readFile), start: (heard, broke) => start(worker, heard, broke) };
}

function start(url, heard, broke) {
  const worker = new Worker(url, { env: {}, execArgv: [] });
  worker.on("message", heard);
  worker.on("error", broke);
  worker.on("exit", () => broke(new Error("it stopped")));
  return {
    post: (message) => worker.postMessage(message),
    end: () => void worker.terminate(),
    // A library that has nothing to do keeps no process alive.
    hold: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
  };
}
