// Node's EventEmitter.
export class EventEmitter {
  #listeners = new Map();

  on(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }
  addListener(event, listener) {
    return this.on(event, listener);
  }
  prependListener(event, listener) {
    this.#listeners.set(event, [listener, ...(this.#listeners.get(event) ?? [])]);
    return this;
  }
  once(event, listener) {
    const once = (...values) => {
      this.off(event, once);
      listener.apply(this, values);
    };
    once.listener = listener;
    return this.on(event, once);
  }
  off(event, listener) {
    const found = this.#listeners.get(event) ?? [];
    const at = found.findLastIndex((each) => each === listener || each.listener === listener);
    if (at >= 0) this.#listeners.set(event, found.toSpliced(at, 1));
    return this;
  }
  removeListener(event, listener) {
    return this.off(event, listener);
  }
  removeAllListeners(event) {
    if (event === undefined) this.#listeners.clear();
    else this.#listeners.delete(event);
    return this;
  }
  emit(event, ...values) {
    const found = this.#listeners.get(event) ?? [];
    if (found.length === 0 && event === "error") throw values[0];
    for (const listener of found) listener.apply(this, values);
    return found.length > 0;
  }
  listeners(event) {
    return (this.#listeners.get(event) ?? []).map((each) => each.listener ?? each);
  }
  listenerCount(event) {
    return this.listeners(event).length;
  }
  eventNames() {
    return [...this.#listeners.keys()].filter((event) => this.listenerCount(event) > 0);
  }
  setMaxListeners() {
    return this;
  }
}

EventEmitter.EventEmitter = EventEmitter;
export default EventEmitter;
