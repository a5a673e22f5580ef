/** Files and workers of a browser. */

import { files } from "./files.js";

export function platform(urls, make) {
  return { modules: files(urls, read), start: (heard, broke) => start(make(), heard, broke) };
}

/** The bytes of a file beside the page's modules. */
export async function read(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

function start(worker, heard, broke) {
  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    broke(new Error(event.message ?? "it could not be loaded"));
  };
  return {
    post: (message) => worker.postMessage(message),
    end: () => worker.terminate(),
    hold: () => {},
  };
}
