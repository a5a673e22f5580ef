/** What a library prints, as text: to the user's functions, or to the console line by line. */

/** `write(stream, bytes)` for stream 1 and 2, by the options `stdout` and `stderr`. */
export function output({ stdout, stderr } = {}) {
  const to = [null, sink(stdout, (line) => console.log(line)), sink(stderr, (line) => console.error(line))];
  return (stream, bytes) => to[stream](bytes);
}

function sink(given, line) {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (given) {
      if (text !== "") given(text);
      return;
    }
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.forEach((each) => line(each));
  };
}
