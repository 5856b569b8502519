/** @file Where the bytes of a file come from. */
import { readFile } from '#platform';

/** A path (in Node), or the content itself: bytes, or what gives them, such as a Blob or the Response of `fetch`. */
export type FileSource = string | Uint8Array | ArrayBuffer | { arrayBuffer(): Promise<ArrayBuffer> };

/** @throws Error when there is no such file, or it cannot be read; in a browser, for a path; TypeError for what is no source. */
export async function bytesOf(source: FileSource): Promise<Uint8Array> {
  if (typeof source === 'string') return contentOf(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (typeof source === 'object' && source !== null) {
    if (!('arrayBuffer' in source)) return new Uint8Array(source);
    // A Response of 404 has content too.
    if ('ok' in source && source.ok === false) throw new Error(`cannot load: the response has status ${String(Reflect.get(source, 'status'))}`);
    return new Uint8Array(await source.arrayBuffer());
  }
  throw new TypeError(`cannot load: expected a path, bytes, an ArrayBuffer, a Blob or a Response, got ${typeof source}`);
}

async function contentOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (Reflect.get(Object(cause), 'code') !== 'ENOENT') throw unloadable(path, cause);
    throw unloadable(path, new Error('there is no such file (relative paths begin at the working directory)', { cause }));
  }
}

/** Runs `body`, which reads what came from `source`, and names the file in whatever it throws. */
export function readable<R>(source: FileSource, body: () => R): R {
  try {
    return body();
  } catch (cause) {
    throw unloadable(source, cause);
  }
}

function unloadable(source: FileSource, cause: unknown): Error {
  const what = typeof source === 'string' ? `"${source}"` : 'these bytes';
  return new Error(`cannot load ${what}, and nothing was changed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
