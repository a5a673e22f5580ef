// What WIT cannot say, and what to write instead.
export class Refusal extends Error {
  constructor(message, hint, node) {
    super(message);
    this.hint = hint;
    this.node = node;
  }
}
