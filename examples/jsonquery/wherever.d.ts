// What the module "wherever" has, for your editor and for tsc. The build does not need this file.
declare module "wherever" {
  interface Output {
    write(data: string | Uint8Array): void;
    readonly isTerminal: boolean;
  }
  interface Stat {
    readonly isFile: boolean;
    readonly isDirectory: boolean;
    readonly size: number;
    readonly modified: Date | null;
  }
  export const args: readonly string[];
  export const env: Readonly<Record<string, string | undefined>>;
  export const stdin: {
    read(most?: number): Uint8Array | null;
    bytes(): Uint8Array;
    text(): string;
    lines(): IterableIterator<string>;
    readonly isTerminal: boolean;
  };
  export const stdout: Output;
  export const stderr: Output;
  export function exit(code?: number): never;
  export function cwd(): string;
  export function readFile(path: string): Uint8Array;
  export function readFile(path: string, encoding: string): string;
  export function writeFile(path: string, data: string | Uint8Array): void;
  export function appendFile(path: string, data: string | Uint8Array): void;
  export function exists(path: string): boolean;
  export function stat(path: string): Stat;
  export function readDirectory(path: string): string[];
  export function makeDirectory(path: string, options?: { recursive?: boolean }): void;
  export function removeFile(path: string): void;
  export function removeDirectory(path: string): void;
  export function rename(from: string, to: string): void;
}
