import { wallClock } from "@bytecodealliance/preview2-shim/clocks";

import { until } from "./io.js";

const now = () => BigInt(Math.floor(performance.now() * 1e6));

export function clocks() {
  const monotonicClock = {
    now,
    resolution: () => 1000n,
    subscribeInstant: (instant) => until(Number(instant)),
    subscribeDuration: (duration) => until(Number(now() + duration)),
  };
  return { "wasi:clocks/monotonic-clock": monotonicClock, "wasi:clocks/wall-clock": wallClock };
}
