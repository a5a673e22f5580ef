/** The worker's side: it serves one library, and waits while its user's functions answer. */

import { decode } from "./codec.js";
import { sent } from "./ending.js";
import { Guest, HostFailure } from "./guest.js";
import { movable } from "./values.js";

const HEAD = 8;

/** @param port `post(message, moved)` to the user @returns what to do with a message of the user's */
export function serve(description, component, port) {
  let guest;
  let ask;
  const host = {
    call: (number, args) => ask(number, args),
    drop: (_, handle) => port.post({ drop: handle }, []),
    write: (stream, bytes) => port.post({ write: stream, bytes: bytes.slice() }, []),
  };
  port.post({ here: true }, []);
  return (message) => {
    try {
      if ("drop" in message) guest?.drop(message.drop);
      else if ("call" in message) {
        const answer = guest.call(message.call, message.args);
        port.post(answer, movable(answer.ok));
      } else {
        ask = asking(message.shared, port);
        guest = new Guest(description, component, message.modules, host);
        port.post({ ok: undefined }, []);
      }
    } catch (thrown) {
      const trap = thrown instanceof HostFailure ? {} : sent(thrown);
      port.post({ trap, memory: guest?.memory ?? 0 }, []);
    }
  };
}

function asking(shared, port) {
  if (shared === undefined) return undefined;
  const head = new Int32Array(shared, 0, 2);
  const room = new Uint8Array(shared, HEAD);
  return (number, args) => {
    const parts = [];
    let size = 0;
    Atomics.store(head, 0, 0);
    port.post({ asked: number, args }, []);
    for (;;) {
      Atomics.wait(head, 0, 0);
      const length = head[1] < 0 ? -head[1] - 1 : head[1];
      parts.push(room.slice(0, length));
      size += length;
      if (head[1] < 0) break;
      Atomics.store(head, 0, 0);
      port.post({ more: true }, []);
    }
    const whole = new Uint8Array(size);
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    const answer = decode(whole);
    if (answer.thrown) throw new HostFailure();
    return answer;
  };
}
