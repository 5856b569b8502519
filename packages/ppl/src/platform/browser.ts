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

const READ =
  'Get the content with `await (await fetch(url)).arrayBuffer()` or from a File, and pass that instead of a path.';
const WRITE =
  'Take the state itself (as `getState()` gives it) and keep it in IndexedDB, or offer it as a download through a Blob.';

function noFiles(verb: string, path: string, cure: string): Error {
  return new Error(`cannot ${verb} "${path}": a browser has no files. ${cure}`);
}
