/** @file A run of SVI as data and as a file, so that it can go on elsewhere as if it had never stopped. */
import { writeFileAtomically } from '#platform';
import type { OptimizerState } from '../../optim/optimizer.ts';
import type { ExactParams } from '../../params/exactParams.ts';
import type { FileSource } from '../../params/fileSource.ts';
import { bytesOf, readable } from '../../params/fileSource.ts';
import { decodeStoreFile, encodeStoreFile } from '../../params/storeFile.ts';
import type { StreamState } from '../../random/stream.ts';

/**
 * A run between two of its steps: given to `onCheckpoint`, and taken by `resume`, of `svi.run`. Its constraints hold functions, so
 * that it does not go through `structuredClone` or to a worker; {@link sviCheckpointToBytes} makes of it what does.
 */
export interface SviCheckpoint {
  readonly version: 1;
  /** Number of steps done. */
  readonly step: number;
  /** The loss of each step; NaN for those that were skipped. */
  readonly losses: Float64Array;
  /** The stream that the draws of all steps derive from. */
  readonly stream: StreamState;
  /** The parameters that the steps have read. */
  readonly params: ExactParams;
  readonly optim: OptimizerState;
}

/**
 * The checkpoint as the bytes of a file, for databases and workers too; {@link loadSviCheckpoint} reads them.
 *
 * @throws Error for a constraint that is none of `constraints`, naming the parameter.
 */
export async function sviCheckpointToBytes({ params, optim, ...run }: SviCheckpoint): Promise<Uint8Array<ArrayBuffer>> {
  return encodeStoreFile({ params, optim, run });
}

/**
 * Writes a checkpoint to a file, in one step: the old one is there until the new one is whole. It is a file of parameters
 * too, which `store.load` reads.
 *
 * @throws Error when the file cannot be written, or as {@link sviCheckpointToBytes} does; in a browser, where there are no
 * files.
 */
export async function saveSviCheckpoint(path: string, checkpoint: SviCheckpoint): Promise<void> {
  await writeFileAtomically(path, await sviCheckpointToBytes(checkpoint));
}

/**
 * Reads what {@link saveSviCheckpoint} wrote.
 *
 * @param source - a path (in Node), or the content: bytes, an ArrayBuffer, a Blob or the Response of `fetch`.
 * @throws Error that says what is wrong with the file.
 */
export async function loadSviCheckpoint(source: FileSource): Promise<SviCheckpoint> {
  const bytes = await bytesOf(source);
  return readable(source, () => {
    const { params, optim, run } = decodeStoreFile(bytes, { foreign: false });
    if (typeof run !== 'object' || run === null) throw new Error('it holds parameters, but no run of svi.run');
    const checkpoint = { ...run, params, optim };
    checkSviCheckpoint(checkpoint);
    return checkpoint;
  });
}

/** @throws RangeError or TypeError that names the entry that is wrong. */
export function checkSviCheckpoint(value: unknown): asserts value is SviCheckpoint {
  const { version, step, losses, stream, params, optim } = record(value, 'it');
  if (version !== 1) throw new RangeError(`a checkpoint of version ${String(version)}; this library reads version 1`);
  if (!isCount(step)) throw wrong('step', 'an integer of at least 0', step);
  if (!(losses instanceof Float64Array && losses.length === step)) throw wrong('losses', `a Float64Array with the losses of ${step} steps`, losses);
  const { key, counter, children, spareNormal } = record(stream, 'stream');
  if (!Array.isArray(key) || key.length !== 2 || !key.every(Number.isSafeInteger)) throw wrong('stream.key', 'two integers', key);
  if (!isCount(counter)) throw wrong('stream.counter', 'an integer of at least 0', counter);
  if (!isCount(children)) throw wrong('stream.children', 'an integer of at least 0', children);
  if (spareNormal !== null && !Number.isFinite(spareNormal)) throw wrong('stream.spareNormal', 'a number or null', spareNormal);
  if (!(params instanceof Map)) throw wrong('params', 'a Map', params);
  record(optim, 'optim');
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(where, 'an object', value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function wrong(where: string, expected: string, found: unknown): TypeError {
  const shown = typeof found === 'object' && found !== null ? found.constructor.name : String(found);
  return new TypeError(`no checkpoint of svi.run: ${where} must be ${expected}, got ${shown}`);
}
