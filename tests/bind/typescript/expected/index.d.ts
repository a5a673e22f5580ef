/// <reference lib="esnext.disposable" />
/** A shop that goes wrong when it is asked to. (From shop 1.2.0, sha256:DIGEST.) */

export { ClosedError, LimitError, ResultError, TrapError } from "./runtime/errors.js";

/** Settings of one call. */
export interface CallOptions {
  /** Milliseconds that the call may take; then the library is ended with a LimitError. */
  timeout?: number | undefined;
  /** Ends the call, and the library with it. */
  signal?: AbortSignal | undefined;
}

/** Baskets that have been freed. */
export declare function freed(options?: CallOptions): Promise<number>;

/** Prints on the printer, and on one of its own; the lines that the first has printed. */
export declare function receipt(of: Basket, to: host.Printer, options?: CallOptions): Promise<number>;

export declare function greet(name: string | null | undefined, times: number, options?: CallOptions): Promise<string>;

export declare function sums(values: Float64Array, options?: CallOptions): Promise<[number, bigint]>;

export declare function through(data: Uint8Array, options?: CallOptions): Promise<Uint8Array>;

/** @throws {ResultError} with a payload of `string` */
declare function _delete(name: string, options?: CallOptions): Promise<void>;
export { _delete as delete };

export declare function say(text: string, options?: CallOptions): Promise<void>;

export declare function nap(milliseconds: number, options?: CallOptions): Promise<void>;

export declare function spin(options?: CallOptions): Promise<void>;

export declare function crash(options?: CallOptions): Promise<void>;

export declare function dive(depth: number, options?: CallOptions): Promise<number>;

export declare function devour(options?: CallOptions): Promise<void>;

export declare function dangle(options?: CallOptions): Promise<string>;

export declare function mumble(options?: CallOptions): Promise<string>;

export declare function files(options?: CallOptions): Promise<number>;

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
  put(item: Item, options?: CallOptions): Promise<void>;
  /**
   * What all of it costs.
   * @throws {ResultError} with a payload of `Trouble`
   */
  total(options?: CallOptions): Promise<bigint>;
  items(options?: CallOptions): Promise<Array<Item>>;
  /** Frees it; it cannot be used afterwards. */
  close(): void;
  [Symbol.dispose](): void;
}
export interface BasketClass {
  readonly prototype: Basket;
  [Symbol.hasInstance](value: unknown): boolean;
  /** An empty basket. */
  create(owner: string, options?: CallOptions): Promise<Basket>;
  /** Pours baskets into one. */
  merge(first: Basket, others: Array<Basket>, options?: CallOptions): Promise<Basket>;
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
    print(line: string): number | PromiseLike<number>;
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
    log(line: string): void | PromiseLike<void>;
    /**
     * The price of something.
     * @throws {ResultError} with a payload of `host.NoPrice`
     */
    price(name: string): bigint | PromiseLike<bigint>;
    /** Hands bytes back. */
    echo(data: Uint8Array): Uint8Array | PromiseLike<Uint8Array>;
    Printer: host.PrinterClass;
  };
}

/** Settings of a library. */
export interface OpenOptions {
  /** The functions that the library calls. */
  imports: Imports;
  /** Milliseconds that each call may take. No limit where not given. */
  timeout?: number | undefined;
  /** Bytes of memory that it may have at most. */
  memory?: number | undefined;
  /** Gets what the library prints; without it that goes to the console. */
  stdout?: ((text: string) => void) | undefined;
  /** Gets what the library prints as errors. */
  stderr?: ((text: string) => void) | undefined;
}

/** A library of your own: with memory, limits and objects that no other has. */
export interface Library extends AsyncDisposable {
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
  close(): Promise<void>;
}

/** Opens a library of your own; close it when you are done. */
export declare function open(options: OpenOptions): Promise<Library>;

/** Settings of the library behind the functions above; it opens anew with them. */
export declare function configure(options: OpenOptions): void;
