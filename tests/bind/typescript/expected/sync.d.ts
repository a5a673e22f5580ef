/// <reference lib="esnext.disposable" />
/** A shop that goes wrong when it is asked to. (From shop 1.2.0, sha256:DIGEST.) */

export { ClosedError, LimitError, ResultError, TrapError } from "./runtime/errors.js";

/** Baskets that have been freed. */
export declare function freed(): number;

/** Prints on the printer, and on one of its own; the lines that the first has printed. */
export declare function receipt(of: Basket, to: host.Printer): number;

export declare function greet(name: string | null | undefined, times: number): string;

export declare function sums(values: Float64Array): [number, bigint];

export declare function through(data: Uint8Array): Uint8Array;

/** @throws {ResultError} with a payload of `string` */
declare function _delete(name: string): void;
export { _delete as delete };

export declare function say(text: string): void;

export declare function nap(milliseconds: number): void;

export declare function spin(): void;

export declare function crash(): void;

export declare function dive(depth: number): number;

export declare function devour(): void;

export declare function dangle(): string;

export declare function mumble(): string;

export declare function files(): number;

export type Size =
  | "small"
  | "very-large";
export interface Service {
  giftWrapped?: boolean | undefined;
  byPost?: boolean | undefined;
}
/** One thing in a basket. */
export interface Item {
  name: string;
  /** How many there are. */
  count: number;
  size?: Size | undefined;
  service: Service;
}
export type Trouble =
  /** There is nothing to buy. */
  | { tag: "empty"; val?: undefined }
  | { tag: "price-of"; val: host.NoPrice };

/** Things to be bought. */
export interface Basket extends Disposable {
  put(item: Item): void;
  /**
   * What all of it costs.
   * @throws {ResultError} with a payload of `Trouble`
   */
  total(): bigint;
  items(): Array<Item>;
  /** Frees it; it cannot be used afterwards. */
  close(): void;
  [Symbol.dispose](): void;
}
export interface BasketClass {
  readonly prototype: Basket;
  [Symbol.hasInstance](value: unknown): boolean;
  /** An empty basket. */
  new (owner: string): Basket;
  /** Pours baskets into one. */
  merge(first: Basket, others: Array<Basket>): Basket;
}

export declare const Basket: BasketClass;

/** What a shop asks its host. */
export declare namespace host {
  /** Why a price is not known. */
  export type NoPrice =
    | { tag: "unknown"; val?: undefined }
    /** Ask again after so many seconds. */
    | { tag: "later"; val: number };
  /** Where receipts are written to. */
  export interface Printer {
    print(line: string): number;
    [Symbol.dispose]?(): void;
  }
  export interface PrinterClass {
    new (name: string): Printer;
  }
}

/** What the library calls: given to `open`. */
export interface Imports {
  /** What a shop asks its host. */
  host: {
    /** A line of text for the log. */
    log(line: string): void;
    /**
     * The price of something.
     * @throws {ResultError} with a payload of `host.NoPrice`
     */
    price(name: string): bigint;
    /** Hands bytes back. */
    echo(data: Uint8Array): Uint8Array;
    Printer: host.PrinterClass;
  };
}

/** Settings of a library. */
export interface OpenOptions {
  /** The functions that the library calls. */
  imports: Imports;
  /** Bytes of memory that it may have at most. */
  memory?: number | undefined;
  /** Gets what the library prints; without it that goes to the console. */
  stdout?: ((text: string) => void) | undefined;
  /** Gets what the library prints as errors. */
  stderr?: ((text: string) => void) | undefined;
}

/** A library of your own: with memory, limits and objects that no other has. */
export interface Library extends Disposable {
  readonly freed: typeof freed;
  readonly receipt: typeof receipt;
  readonly greet: typeof greet;
  readonly sums: typeof sums;
  readonly through: typeof through;
  readonly delete: typeof _delete;
  readonly say: typeof say;
  readonly nap: typeof nap;
  readonly spin: typeof spin;
  readonly crash: typeof crash;
  readonly dive: typeof dive;
  readonly devour: typeof devour;
  readonly dangle: typeof dangle;
  readonly mumble: typeof mumble;
  readonly files: typeof files;
  readonly Basket: BasketClass;
  /** Ends it, and calls that have not been answered. */
  close(): void;
}

/** Opens a library of your own; close it when you are done. */
export declare function open(options: OpenOptions): Library;

/** Settings of the library behind the functions above; it opens anew with them. */
export declare function configure(options: OpenOptions): void;
