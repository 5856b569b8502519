/** @file Parameters together with other data in one file: for what is more than its parameters, such as a network. */
import { makeFolder, writeFileAtomically } from '#platform';
import { exactParams } from './exactParams.ts';
import type { FileSource } from './fileSource.ts';
import { bytesOf, readable } from './fileSource.ts';
import type { ParamStore } from './store.ts';
import type { StoreContent } from './storeFile.ts';
import { decodeStoreFile, encodeStoreFile } from './storeFile.ts';

/**
 * The parameters of `store`, and `data`, as a safetensors file that {@link readStoreWithData} and `store.load` read.
 *
 * @param data - plain: numbers, strings, booleans, null, float arrays, and lists and records of such; or a promise of them.
 * Where tensors can be read at once, parameters are those of the moment of the call.
 * @throws Error for a constraint that is none of `constraints`, naming the parameter; TypeError for data that are not plain.
 */
export async function storeWithDataToBytes(store: ParamStore, data: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const params = exactParams(store);
  return encodeStoreFile({ params: await params, optim: null, run: await data });
}

/** Writes {@link storeWithDataToBytes} to a file, in one step. @throws also when it cannot be written; in a browser. */
export async function saveStoreWithData(path: string, store: ParamStore, data: unknown): Promise<void> {
  await writeFileAtomically(path, await storeWithDataToBytes(store, data));
}

/**
 * Hands `body` what a file holds; its `run` is the data.
 *
 * @param source - a path (in Node), or the content: bytes, an ArrayBuffer, a Blob or the Response of `fetch`.
 * @param body - must change nothing when it throws, since the error says so.
 * @throws Error that names the source, when the file is damaged or of another tool, or when `body` throws.
 */
export async function readStoreWithData<R>(source: FileSource, body: (content: StoreContent) => R): Promise<R> {
  const bytes = await bytesOf(source);
  return readable(source, () => body(decodeStoreFile(bytes, { foreign: false })));
}

/**
 * Writes files into a folder, which is made if need be; others in it stay. One after the other, each is replaced in one
 * step: a reader of the last one, if that can stand by itself, sees all of the old or all of the new.
 *
 * @throws Error when one cannot be written; in a browser, where there are no files.
 */
export async function writeFolder(path: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  await makeFolder(path);
  for (const [name, content] of Object.entries(files)) await writeFileAtomically(`${path}/${name}`, content);
}
