// ReadableStream: what is read piece by piece. Queues have no limit: a body is whole in the end.

/** Whether somebody has begun to read a stream. */
export let isDisturbed;

class Reader {
  #stream;
  #read;
  #cancel;
  #release;
  constructor(stream, read, cancel, release) {
    this.#stream = stream;
    this.#read = read;
    this.#cancel = cancel;
    this.#release = release;
  }
  async read() {
    this.#check();
    return this.#read();
  }
  async cancel(reason) {
    this.#check();
    return this.#cancel(reason);
  }
  releaseLock() {
    if (this.#stream !== undefined) this.#release();
    this.#stream = undefined;
  }
  #check() {
    if (this.#stream === undefined) throw new TypeError("this reader was released from its stream");
  }
}

export class ReadableStream {
  #source;
  #pieces = [];
  #ended = false;
  #error;
  #locked = false;
  #disturbed = false;
  #begun;
  #wake = () => {};
  #controller;

  static {
    isDisturbed = (stream) => stream.#disturbed;
  }

  constructor(source = {}) {
    this.#source = source;
    const open = () => {
      if (this.#ended) throw new TypeError("the stream is closed");
    };
    this.#controller = {
      desiredSize: 1,
      enqueue: (piece) => {
        open();
        this.#pieces.push(piece);
        this.#wake();
      },
      close: () => {
        open();
        this.#end();
      },
      error: (reason) => {
        this.#error ??= { reason };
        this.#end();
      },
    };
    this.#begun = source.start?.(this.#controller);
  }

  static from(items) {
    const iterator = items[Symbol.asyncIterator]?.() ?? items[Symbol.iterator]();
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(await value);
      },
      async cancel(reason) {
        await iterator.return?.(reason);
      },
    });
  }

  get locked() {
    return this.#locked;
  }
  getReader() {
    if (this.#locked) throw new TypeError("the stream has a reader already");
    this.#locked = true;
    return new Reader(
      this,
      () => this.#next(),
      (reason) => this.#stop(reason),
      () => (this.#locked = false),
    );
  }
  async cancel(reason) {
    if (this.#locked) throw new TypeError("the stream has a reader, which can cancel it");
    return this.#stop(reason);
  }
  /** Two streams of what is in this one. */
  tee() {
    const reader = this.getReader();
    const made = [];
    const pull = async () => {
      const { done, value } = await reader.read();
      for (const each of made) {
        if (done) each.close();
        else each.enqueue(value);
      }
    };
    const one = () => new ReadableStream({ start: (controller) => void made.push(controller), pull });
    return [one(), one()];
  }
  async *values() {
    const reader = this.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    } finally {
      if (!this.#ended) await reader.cancel();
      reader.releaseLock();
    }
  }
  [Symbol.asyncIterator]() {
    return this.values();
  }
  get [Symbol.toStringTag]() {
    return "ReadableStream";
  }

  #end() {
    this.#ended = true;
    this.#wake();
  }
  async #stop(reason) {
    this.#disturbed = true;
    if (this.#ended) return;
    this.#pieces.length = 0;
    this.#end();
    await this.#source.cancel?.(reason);
  }
  async #next() {
    this.#disturbed = true;
    try {
      await this.#begun;
      while (this.#pieces.length === 0 && !this.#ended) {
        const more = new Promise((resolve) => (this.#wake = resolve));
        if (typeof this.#source.pull === "function") await this.#source.pull(this.#controller);
        if (this.#pieces.length === 0 && !this.#ended) await more;
      }
    } catch (reason) {
      this.#controller.error(reason);
    }
    if (this.#error !== undefined) throw this.#error.reason;
    if (this.#pieces.length > 0) return { done: false, value: this.#pieces.shift() };
    return { done: true, value: undefined };
  }
}
