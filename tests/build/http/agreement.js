// What a site can say about requests and answers: run in Node and in a site, it says the same.

const encoder = new TextEncoder();
const url = "http://example.com/a%20b?x=1#part";
const form = "application/x-www-form-urlencoded";

async function all(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(typeof piece === "string" ? piece : [...piece]);
  return pieces;
}

const shown = async (body) => [...new Uint8Array(await body.arrayBuffer())];
const entries = (pairs) => [...pairs].map(([name, value]) => [name, value instanceof File ? [value.name, value.type, value.size] : value]);

const multipart = [
  "--EDGE", 'Content-Disposition: form-data; name="a%22b"', "", "one\r\ntwo", "--EDGE",
  'content-disposition: form-data; name="file"; filename="f.bin"', "Content-Type: image/png", "", "\0-B--\xe9", "--EDGE--", "",
].join("\r\n");

const cases = {
  "headers of an object": () => [...new Headers({ B: "2", a: " 1 ", C: 3 })],
  "headers of pairs": () => [...new Headers([["X", "1"], ["x", "2"], ["Set-Cookie", "a"], ["set-cookie", "b"]])],
  "headers of headers": () => [...new Headers(new Headers({ a: "1" }))],
  "headers are joined": () => new Headers([["x", "1"], ["X", "2"]]).get("X"),
  "cookies are not": () => new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]).getSetCookie(),
  "a header that is set": () => {
    const headers = new Headers([["a", "1"], ["b", "2"], ["A", "3"]]);
    headers.set("a", "4");
    headers.append("b", "5");
    return [headers.get("a"), headers.get("b"), headers.has("c"), headers.get("c")];
  },
  "a header that is deleted": () => {
    const headers = new Headers({ a: "1", b: "2" });
    headers.delete("A");
    return [...headers.keys(), ...headers.values()];
  },
  "headers one by one": () => {
    const seen = [];
    new Headers({ b: "1", a: "2" }).forEach((value, name) => seen.push([name, value]));
    return seen;
  },
  "a header with a line's end": () => new Headers({ a: "b\r\nc: d" }),
  "a header with a NUL": () => new Headers({ a: "\0" }),
  "a header of other letters": () => new Headers({ a: "€" }),
  "a header with an end is trimmed": () => new Headers({ a: "\r\n b \n" }).get("a"),
  "a header without a name": () => new Headers({ "": "b" }),
  "a header whose name has a blank": () => new Headers([["a b", "c"]]),
  "headers of single texts": () => new Headers([["a"]]),
  "headers of a text": () => new Headers("a"),
  "a request's address": () => new Request(url).url.replace("#part", ""),
  "a request of an address": () => new Request(new URL(url)).method,
  "a request's method": () => ["get", "Post", "patch", "own"].map((method) => new Request(url, { method: method === "patch" ? "PATCH" : method }).method),
  "a request without an address": () => new Request("/path"),
  "a request with a bad method": () => new Request(url, { method: "A B" }),
  "a request that can have no body": () => new Request(url, { body: "x" }),
  "a request's body": async () => {
    const request = new Request(url, { method: "POST", body: "héllo" });
    return [request.bodyUsed, request.headers.get("content-type"), await request.text(), request.bodyUsed];
  },
  "a request of another": async () => {
    const first = new Request(url, { method: "POST", body: "x", headers: { a: "1" } });
    const second = new Request(first, { headers: { b: "2" } });
    return [second.method, [...second.headers].map(([name]) => name).includes("a"), await second.text()];
  },
  "a request's twin": async () => {
    const request = new Request(url, { method: "PUT", body: new Uint8Array([1, 2]) });
    const twin = request.clone();
    return [await shown(request), await shown(twin)];
  },
  "a body that is read twice": async () => {
    const request = new Request(url, { method: "POST", body: "x" });
    await request.text();
    return request.text();
  },
  "a twin of what was read": async () => {
    const response = new Response("x");
    await response.text();
    return response.clone();
  },
  "an answer": async () => {
    const response = new Response("x", { status: 201, statusText: "Made", headers: { a: "b" } });
    return [response.status, response.statusText, response.ok, [...response.headers], await response.text()];
  },
  "an answer without anything": async () => {
    const response = new Response();
    return [response.status, response.statusText, [...response.headers], response.body, await response.text(), response.bodyUsed];
  },
  "answers that are not well": () => [301, 404, 500].map((status) => new Response(null, { status }).ok),
  "a status that is none": () => new Response("", { status: 600 }),
  "a status that is too small": () => new Response("", { status: 100 }),
  "a status without a body": () => new Response("x", { status: 204 }),
  "an answer in JSON": async () => {
    const response = Response.json({ a: [1, "é"] }, { status: 202 });
    return [response.status, [...response.headers], await response.json()];
  },
  "an answer in a JSON of its own": () => Response.json(1, { headers: { "content-type": "application/own" } }).headers.get("content-type"),
  "nothing in JSON": () => Response.json(undefined),
  "a redirect": () => [Response.redirect(url).status, Response.redirect("http://a/b", 307).headers.get("location")],
  "a redirect with another status": () => Response.redirect(url, 200),
  "types of bodies": () =>
    ["x", new URLSearchParams("a=1"), new Blob(["x"], { type: "Image/PNG" }), new Uint8Array(1), new ArrayBuffer(1), 7].map(
      (body) => new Response(body).headers.get("content-type"),
    ),
  "a type of one's own": () => new Response("x", { headers: { "content-type": "own" } }).headers.get("content-type"),
  "bytes that are a part": async () => shown(new Response(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))),
  "a view that is a part": async () => shown(new Response(new DataView(new Uint8Array([1, 2, 3]).buffer, 1))),
  "bytes are copied": async () => {
    const bytes = new Uint8Array([1, 2]);
    const response = new Response(bytes);
    bytes[0] = 9;
    return shown(response);
  },
  "a mark at the beginning": async () => [await new Response("\ufeffx").text(), (await shown(new Response("\ufeffx"))).length],
  "text that is no UTF-8": async () => new Response(new Uint8Array([0x61, 0xff])).text(),
  "JSON that is none": async () => new Response("{").json(),
  "a body as a blob": async () => {
    const blob = await new Response("héllo", { headers: { "content-type": "text/own" } }).blob();
    return [blob.size, blob.type, await blob.text()];
  },
  "a blob": async () => {
    const blob = new Blob(["a", new Uint8Array([98]), new Blob(["c"])], { type: "text/plain" });
    return [blob.size, await blob.text(), await blob.slice(1).text(), await blob.slice(0, -1, "x").text(), blob.slice(0, 1, "X").type, `${blob}`];
  },
  "a file": async () => {
    const file = new File(["abc"], "a/b.txt", { type: "text/plain", lastModified: 5 });
    return [file.name, file.size, file.type, file.lastModified, await file.text(), file instanceof Blob, `${file}`];
  },
  "a form that was sent": async () => entries(await new Response("a=1&b=%C3%A9+x&a=2&=&c", { headers: { "content-type": form } }).formData()),
  "a form of parameters": async () => entries(await new Response(new URLSearchParams({ a: "é &" })).formData()),
  "a form with a file": async () => {
    const found = await new Response(encoder.encode(multipart), { headers: { "content-type": "multipart/form-data; boundary=EDGE" } }).formData();
    return [entries(found), await shown(found.get("file"))];
  },
  "a form with a quoted boundary": async () => {
    const headers = { "content-type": 'multipart/form-data; charset=utf-8; boundary="EDGE"' };
    return entries(await new Response(multipart, { headers }).formData());
  },
  "a form that goes there and back": async () => {
    const fields = new FormData();
    fields.append("a", 'q"\r\nx');
    fields.append("f", new File(["x\r\n--"], 'n"m.txt', { type: "text/own" }));
    fields.append("b", new Blob(["y"]), "named");
    fields.append("b", new Blob(["z"]));
    const response = new Response(fields);
    const type = response.headers.get("content-type").replace(/boundary=.*/, "");
    const back = await response.formData();
    return [type, entries(back), await back.get("f").text()];
  },
  "fields of a form": () => {
    const fields = new FormData();
    fields.append("a", 1);
    fields.append("a", 2);
    fields.append("b", 3);
    fields.set("a", 4);
    fields.set("c", 5);
    fields.delete("b");
    return [[...fields], fields.getAll("a"), fields.get("none"), fields.has("c"), [...fields.keys()], [...fields.values()]];
  },
  "a form that is none": async () => new Response("x").formData(),
  "a form without an end": async () => new Response("--EDGE\r\n", { headers: { "content-type": "multipart/form-data; boundary=EDGE" } }).formData(),
  "a stream of pieces": async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (const piece of ["a", "b"]) controller.enqueue(encoder.encode(piece));
        controller.close();
      },
    });
    return new Response(stream).text();
  },
  "a stream that is pulled": async () => {
    let count = 0;
    const stream = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (++count > 3) controller.close();
        else controller.enqueue(encoder.encode(`${count}`));
      },
    });
    return new Response(stream).text();
  },
  "a stream that comes later": async () => {
    let controller;
    const stream = new ReadableStream({ start: (given) => void (controller = given) });
    setTimeout(() => controller.enqueue(encoder.encode("late")), 1);
    setTimeout(() => controller.close(), 2);
    return new Response(stream).text();
  },
  "a stream that fails": async () => {
    const stream = new ReadableStream({ start: (controller) => controller.error(new RangeError("own")) });
    return new Response(stream).text();
  },
  "a stream whose pull fails": async () =>
    all(new ReadableStream({ pull() { throw new RangeError("own"); } })),
  "a stream that is read": async () => {
    const reader = new Response("héllo").body.getReader();
    const { value, done } = await reader.read();
    return [[...value], done, await reader.read()];
  },
  "a stream that is read by two": () => {
    const stream = new ReadableStream();
    stream.getReader();
    return stream.getReader();
  },
  "a reader that is released": async () => {
    const stream = ReadableStream.from(["a", "b"]);
    const reader = stream.getReader();
    const first = await reader.read();
    reader.releaseLock();
    return [first, stream.locked, await all(stream)];
  },
  "a stream that is cancelled": async () => {
    const said = [];
    const stream = new ReadableStream({ cancel: (reason) => void said.push(reason) });
    await stream.cancel("enough");
    return [said, await all(stream)];
  },
  "a stream that is left early": async () => {
    const said = [];
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue("a"),
      cancel: () => void said.push("cancelled"),
    });
    for await (const piece of stream) {
      said.push(piece);
      break;
    }
    return said;
  },
  "two streams of one": async () => {
    const [one, other] = ReadableStream.from(["a", "b"]).tee();
    return [await all(one), await all(other)];
  },
  "a generator as a stream": async () => {
    async function* pieces() {
      yield encoder.encode("a");
      yield encoder.encode("b");
    }
    return new Response(ReadableStream.from(pieces())).text();
  },
  "a stream of texts as a body": async () => {
    try {
      await new Response(ReadableStream.from([1])).text();
    } catch (error) {
      return error instanceof TypeError;
    }
  },
  "a body that is being read": () => {
    const response = new Response("x");
    response.body.getReader();
    return response.text();
  },
  "a body that was used is no other's": async () => {
    const stream = new Response("x").body;
    await all(stream);
    return new Response(stream);
  },
  "an answer's body as another's": async () => new Response(new Response("x").body).text(),
  names: () => [new Headers(), new Request(url), new Response(), new FormData(), new ReadableStream()].map(String),
};

async function outcome(action) {
  try {
    return JSON.parse(JSON.stringify((await action()) ?? null));
  } catch (error) {
    return `throws ${error.name}`;
  }
}

export default {
  async fetch() {
    const said = {};
    for (const [name, action] of Object.entries(cases)) said[name] = await outcome(action);
    return Response.json(said);
  },
};
