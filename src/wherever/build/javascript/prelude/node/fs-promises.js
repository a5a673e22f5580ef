import { promises } from "./fs.js";

export default promises;
export const { readFile, writeFile, appendFile, mkdir, rename, unlink, rmdir, rm, stat, readdir } = promises;
