import { process } from "../process.js";

export default process;
export const { env, exit, cwd, nextTick, platform, stdin, stdout, stderr, hrtime, uptime, version, versions } = process;
