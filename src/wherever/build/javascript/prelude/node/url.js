import { URL, URLSearchParams } from "../url.js";

export const fileURLToPath = (url) => decodeURIComponent(new URL(url).pathname);
export const pathToFileURL = (path) => new URL(`file://${encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23")}`);
export { URL, URLSearchParams };
export default { URL, URLSearchParams, fileURLToPath, pathToFileURL };
