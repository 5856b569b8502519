/** @file What the library asks of the machine it runs on; `node.ts` and `browser.ts` fulfil it, `#platform` chooses. */

/** A value that code can read while, and only while, the body it was given to runs. */
export interface Context<T> {
  /** The value of the innermost `run` around this call, or undefined outside every `run`. */
  get(): T | undefined;

  /**
   * Runs `body` with `value` in force and returns what it returns.
   *
   * Node: `value` stays in force across every `await` inside `body`, and bodies that interleave do not see one another's.
   * Browser: it covers the synchronous part of `body` only, up to the first `await`.
   */
  run<R>(value: T, body: () => R): R;
}

/** What becomes of a worker. */
export interface ChainWorkerListener {
  message(message: unknown): void;
  /** Called once, when it ends without having been terminated: it could not be loaded, ran out of memory, exited. */
  died(error: Error): void;
}

/** A worker that runs chains, as seen by whoever started it. */
export interface ChainWorker {
  post(message: unknown): void;
  /** Ends the worker, whatever it is doing; nothing is heard of it afterwards. */
  terminate(): void;
}

/** The exports of `#platform`. */
export interface Platform {
  /** The backends that `ready` tries here, best first; empty where the choice is left to tfjs. */
  readonly backendOrder: readonly string[];

  /** A new, independent context. */
  createContext<T>(): Context<T>;

  /**
   * Loads tfjs-node, which registers the backend `tensorflow`. Whether it works is for the caller to try.
   *
   * @returns false when it is not installed, or cannot be on this platform.
   * @throws what the package threw, when it is installed but does not load.
   */
  loadNativeBackend(): Promise<boolean>;

  /**
   * Runs `body` and takes back the handlers of uncaught errors that WASM's start-up code sets meanwhile: they throw every
   * error of the program again from inside tfjs, so that Node shows a line of tfjs in place of the program's own.
   */
  withoutErrorHooks<R>(body: () => Promise<R>): Promise<R>;

  /** Writes `text` as it stands (no newline added) to where progress is shown: standard error in Node, the console in a browser. */
  writeStatus(text: string): void;

  /** Whether a status line can be overwritten in place: true when Node's standard error is a terminal. */
  isInteractive(): boolean;

  /** The file's bytes. @throws in a browser, saying how to get them there. */
  readFile(path: string): Promise<Uint8Array>;

  /** The file's text, read as UTF-8. @throws in a browser, saying how to get it there. */
  readTextFile(path: string): Promise<string>;

  /**
   * Replaces the file in one step: a reader sees the old content or the new, never a part of it.
   *
   * @throws in a browser, saying how to keep the bytes there.
   */
  writeFileAtomically(path: string, content: Uint8Array | string): Promise<void>;

  /** Makes the folder, and those around it, unless there is one. @throws in a browser, saying what to do there. */
  makeFolder(path: string): Promise<void>;

  /** How many threads run at once on this machine. */
  numProcessors(): number;

  /**
   * Starts a worker for chains: a thread in Node, a Web Worker in a browser. It keeps the process alive until it is
   * terminated.
   *
   * @throws where there are no workers.
   */
  startChainWorker(listener: ChainWorkerListener): ChainWorker;
}
