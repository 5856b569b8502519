/** @file The Node side of {@link Platform}: beside `nodeWorker.ts`, the only file of the package that imports `node:*`. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import util from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Context, Platform } from './platform.ts';

const NATIVE_PACKAGE = '@tensorflow/tfjs-node';

export const backendOrder: Platform['backendOrder'] = ['tensorflow', 'wasm', 'cpu'];

export const createContext: Platform['createContext'] = <T>(): Context<T> => {
  const storage = new AsyncLocalStorage<T>();
  return {
    get: () => storage.getStore(),
    run: (value, body) => storage.run(value, body),
  };
};

export const loadNativeBackend: Platform['loadNativeBackend'] = async () => {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(NATIVE_PACKAGE);
  } catch {
    return false;
  }
  // tfjs-node 4.22 calls this function, which Node 23 removed.
  const legacy: { isNullOrUndefined?: (value: unknown) => boolean } = util;
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
  require(entry);
  return true;
};

const HOOKS = ['uncaughtException', 'unhandledRejection'] as const;

export const withoutErrorHooks: Platform['withoutErrorHooks'] = async (body) => {
  const before = HOOKS.map((event) => process.rawListeners(event));
  try {
    return await body();
  } finally {
    HOOKS.forEach((event, i) => {
      for (const listener of process.rawListeners(event) as (() => void)[]) {
        // Emscripten's two are told by their text: others may have been added meanwhile.
        const isEmscripten = /ExitStatus|throw reason/.test(String(listener));
        if (isEmscripten && !before[i]?.includes(listener)) process.removeListener(event, listener);
      }
    });
  }
};

export const writeStatus: Platform['writeStatus'] = (text) => {
  process.stderr.write(text);
};

export const isInteractive: Platform['isInteractive'] = () => Boolean(process.stderr.isTTY);

export const readFile: Platform['readFile'] = async (path) => {
  const bytes = await fs.readFile(path);
  // A Buffer may be a view into a shared pool; a copy is the caller's own.
  return new Uint8Array(bytes);
};

export const readTextFile: Platform['readTextFile'] = (path) => fs.readFile(path, 'utf8');

export const writeFileAtomically: Platform['writeFileAtomically'] = async (path, content) => {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await fs.writeFile(temporary, content, { flush: true });
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
};

export const makeFolder: Platform['makeFolder'] = async (path) => {
  await fs.mkdir(path, { recursive: true });
};

export const numProcessors: Platform['numProcessors'] = () => os.availableParallelism();

export const startChainWorker: Platform['startChainWorker'] = (listener) => {
  // Run from its sources, as by tests, the library still needs a worker that Node can load: the built one.
  const here = import.meta.url.replace(/\/src\/(platform\/node)\.ts$/, '/dist/$1.js');
  // Flags of the program are not for its workers: loaders would only slow them down, and --input-type forbids files.
  const worker = new Worker(new URL('./nodeWorker.js', here), { execArgv: [] });
  let over = false;
  const died = (error: Error): void => {
    if (over) return;
    over = true;
    listener.died(error);
  };
  worker.on('message', (message) => {
    if (!over) listener.message(message);
  });
  worker.on('messageerror', died);
  worker.on('error', died);
  worker.on('exit', (code) => died(new Error(`its worker exited with code ${code}`)));
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => {
      over = true;
      void worker.terminate();
    },
  };
};
