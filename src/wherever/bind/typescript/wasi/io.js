import { error, poll, pollableCreate, streams } from "@bytecodealliance/preview2-shim/io";

const ends = new WeakMap();
const now = () => performance.now() * 1e6;

/** A pollable that is ready at a time of the monotonic clock, in nanoseconds. */
export function until(time) {
  const pollable = pollableCreate({ ready: () => now() >= time, wait: () => Promise.resolve() });
  ends.set(pollable, time);
  return pollable;
}

// The library's thread waits: it has no event loop that could go on meanwhile.
poll.Pollable.prototype.block = function () {
  while (!this.ready()) sleep(ends.get(this));
};

function waited(list) {
  if (list.length === 0) throw new Error("a poll of nothing");
  for (;;) {
    const ready = [...list.keys()].filter((at) => list[at].ready());
    if (ready.length > 0) return Uint32Array.from(ready);
    sleep(Math.min(...list.map((each) => ends.get(each))));
  }
}

function sleep(time) {
  const milliseconds = (time - now()) / 1e6;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  } catch {
    while (now() < time); // a page's own thread, or one without shared memory, cannot wait
  }
}

export function io() {
  return {
    "wasi:io/error": error,
    "wasi:io/poll": { Pollable: poll.Pollable, poll: waited },
    "wasi:io/streams": streams,
  };
}
