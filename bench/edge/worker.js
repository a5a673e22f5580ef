export default {
  fetch() {
    return new Response("Hello, WASI!", { headers: { "content-type": "text/plain" } });
  },
};
