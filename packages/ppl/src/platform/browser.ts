/** @file The browser side of {@link Platform}. */
import type { Context, Platform } from './platform.ts';

export const backendOrder: Platform['backendOrder'] = [];

export const createContext: Platform['createContext'] = <T>(): Context<T> => {
  let current: T | undefined;
  return {
    get: () => current,
    run: (value, body) => {
      const outer = current;
      current = value;
      try {
        return body();
      } finally {
        current = outer;
      }
    },
  };
};

export const loadNativeBackend: Platform['loadNativeBackend'] = () => Promise.resolve(false);

export const withoutErrorHooks: Platform['withoutErrorHooks'] = (body) => body();

export const writeStatus: Platform['writeStatus'] = (text) => {
  // The console ends every message with a newline of its own and cannot rewrite a line.
  const line = text.replaceAll('\r', '').trimEnd();
  if (line !== '') console.info(line);
};

export const isInteractive: Platform['isInteractive'] = () => false;

export const readFile: Platform['readFile'] = (path) => Promise.reject(noFiles('read', path, READ));

export const readTextFile: Platform['readTextFile'] = (path) => Promise.reject(noFiles('read', path, READ));

export const writeFileAtomically: Platform['writeFileAtomically'] = (path) =>
  Promise.reject(noFiles('write', path, WRITE));

export const makeFolder: Platform['makeFolder'] = (path) => Promise.reject(noFiles('write', path, WRITE));

export const numProcessors: Platform['numProcessors'] = () => navigator.hardwareConcurrency ?? 1;

export const startChainWorker: Platform['startChainWorker'] = (listener) => {
  // Written so that bundlers see it: they look for this very expression.
  const worker = new Worker(new URL('./browserWorker.js', import.meta.url), { type: 'module' });
  let over = false;
  const end = (reason: string): void => {
    worker.terminate();
    if (!over) listener.died(new Error(reason));
    over = true;
  };
  worker.onmessage = ({ data }) => {
    if (!over) listener.message(data);
  };
  worker.onmessageerror = () => end('its worker sent what cannot be read');
  // A worker that cannot be loaded gives no message: the console has the reason.
  worker.onerror = ({ message }) =>
    end(message || 'its worker could not be loaded; does the Content-Security-Policy allow worker-src?');
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => {
      over = true;
      worker.terminate();
    },
  };
};

/** What is used of a browser's workers, which the types of Node do not describe. */
interface BrowserWorker {
  onmessage: (event: { readonly data: unknown }) => void;
  onmessageerror: () => void;
  onerror: (event: { readonly message?: string }) => void;
  postMessage(message: unknown): void;
  terminate(): void;
}
declare const Worker: new (url: URL, options: { readonly type: 'module' }) => BrowserWorker;
declare const navigator: { readonly hardwareConcurrency?: number };

const READ =
  'Get the content with `await (await fetch(url)).arrayBuffer()` or from a File, and pass that instead of a path.';
const WRITE =
  'Take the bytes themselves (as `toBytes()` of a store or a network gives them) and keep them in IndexedDB, or offer them as a download through a Blob.';

function noFiles(verb: string, path: string, cure: string): Error {
  return new Error(`cannot ${verb} "${path}": a browser has no files. ${cure}`);
}
