// Tells what is to be told of many numbers.

export default {
  async fetch(request) {
    if (request.method !== "POST") return refused(405, "POST an array of numbers\n", { allow: "POST" });
    let numbers;
    try {
      numbers = await request.json();
    } catch {
      return refused(400, "that is no JSON\n");
    }
    if (!Array.isArray(numbers) || !numbers.length || !numbers.every(Number.isFinite)) {
      return refused(400, "POST an array of numbers, such as [3, 1, 2]\n");
    }
    return Response.json(summary(numbers.sort((one, other) => one - other)));
  },
};

function summary(sorted) {
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  const sum = sorted.reduce((sofar, each) => sofar + each, 0);
  return { count: sorted.length, least: sorted[0], median, mean: sum / sorted.length, most: sorted.at(-1) };
}

function refused(status, text, headers = {}) {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
