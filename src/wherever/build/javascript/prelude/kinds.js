// Kinds of objects that not every engine has.

/** Whether it is memory that threads share. */
export function isSharedMemory(value) {
  return typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer;
}
