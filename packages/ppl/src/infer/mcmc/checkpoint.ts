/** @file A run as plain data, and whether what was read from a file is one. */
import type { StreamState } from '../../random/stream.ts';
import type { ChainState } from './chain.ts';
import { DRAW_STATISTICS, type ChainDrawsState } from './draws.ts';

/** A chain of a checkpoint. */
export interface ChainCheckpoint {
  readonly state: ChainState;
  /** The log density where it stands, by which a checkpoint of another model is told. */
  readonly logDensity: number;
  readonly draws: ChainDrawsState;
  /** Of `state`, whose parts only kernels understand. */
  readonly checksum: number;
}

/** A chain as part of a checkpoint. */
export function checkpointChain(state: ChainState, logDensity: number, draws: ChainDrawsState): ChainCheckpoint {
  return { state, logDensity, draws, checksum: checksum(state) };
}

/** A run as plain data for JSON: finished, aborted, or under way. */
export interface McmcCheckpoint {
  readonly version: 2;
  /** The kernel's name, if it has one. */
  readonly kernel?: string;
  readonly numWarmup: number;
  readonly thinning: number;
  /** The stream that the streams of all chains derive from. */
  readonly stream: StreamState;
  readonly chains: readonly ChainCheckpoint[];
}

const WHERE = 'infer.MCMC: cannot resume: the checkpoint';

/**
 * Checks that `value` is a checkpoint, whole and consistent: it may come from a file.
 *
 * @throws TypeError or RangeError that names the entry that is wrong.
 */
export function checkCheckpoint(value: unknown): asserts value is McmcCheckpoint {
  const { version, numWarmup, thinning, stream, chains } = record(value, 'checkpoint');
  if (version !== 2) throw new RangeError(`${WHERE} is of version ${String(version)}; this library reads version 2`);
  count(numWarmup, 'numWarmup');
  if (count(thinning, 'thinning') < 1) throw wrong('thinning', 'at least 1', thinning);
  checkStream(stream, 'stream');
  list(chains, 'chains').forEach((chain, i) => checkChain(chain, `chains[${i}]`, numWarmup as number, thinning as number));
}

function checkChain(value: unknown, where: string, numWarmup: number, thinning: number): void {
  const { state, logDensity, draws, checksum: sum } = record(value, where);
  const { iteration, numWarmup: own, position, stream, adaptation } = record(state, `${where}.state`);
  const done = count(iteration, `${where}.state.iteration`);
  if (own !== numWarmup) throw wrong(`${where}.state.numWarmup`, `numWarmup, ${numWarmup}`, own);
  const { length: dimension } = numbers(position, `${where}.state.position`);
  checkStream(stream, `${where}.state.stream`);
  const { stepSize } = record(adaptation, `${where}.state.adaptation`);
  if (!(typeof stepSize === 'number' && stepSize > 0 && stepSize < Infinity)) {
    throw wrong(`${where}.state.adaptation.stepSize`, 'a positive number', stepSize);
  }
  if (sum !== checksum(state)) {
    throw new RangeError(`${WHERE} was changed or damaged: the checksum of ${where}.state is wrong`);
  }
  if (typeof logDensity !== 'number') throw wrong(`${where}.logDensity`, 'a number', logDensity);

  const { positions, statistics, ...totals } = record(draws, `${where}.draws`);
  const transitions = Math.max(0, done - numWarmup);
  length(positions, `${where}.draws.positions`, Math.floor(transitions / thinning) * dimension);
  const columns = record(statistics, `${where}.draws.statistics`);
  for (const name of DRAW_STATISTICS) length(columns[name], `${where}.draws.statistics.${name}`, transitions);
  for (const name of ['warmupLeapfrog', 'warmupDivergences', 'warmupSeconds', 'sampleSeconds']) {
    if (!(typeof totals[name] === 'number' && totals[name] >= 0)) {
      throw wrong(`${where}.draws.${name}`, 'a number of at least 0', totals[name]);
    }
  }
}

function checkStream(value: unknown, where: string): void {
  const { key, counter, children, spareNormal } = record(value, where);
  if (numbers(key, `${where}.key`).length !== 2) throw wrong(`${where}.key`, 'two numbers', key);
  count(counter, `${where}.counter`);
  count(children, `${where}.children`);
  if (spareNormal !== null && !Number.isFinite(spareNormal)) {
    throw wrong(`${where}.spareNormal`, 'a number or null', spareNormal);
  }
}

/** FNV-1a of the text of `state`, which is the same before and after a detour through a file. */
function checksum(state: unknown): number {
  let hash = 0x811c9dc5;
  const text = JSON.stringify(state);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(where, 'an object', value);
}

function list(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(where, 'an array', value);
}

function numbers(value: unknown, where: string): readonly unknown[] {
  const entries = list(value, where);
  const bad = entries.findIndex((entry) => !Number.isFinite(entry));
  if (bad >= 0) throw wrong(`${where}[${bad}]`, 'a finite number', entries[bad]);
  return entries;
}

function length(value: unknown, where: string, expected: number): void {
  const found = numbers(value, where).length;
  if (found !== expected) throw new RangeError(`${WHERE} has ${found} numbers in ${where}, and ought to have ${expected}`);
}

function count(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw wrong(where, 'an integer of at least 0', value);
}

function wrong(where: string, expected: string, found: unknown): TypeError {
  const shown = typeof found === 'object' && found !== null ? (Array.isArray(found) ? 'an array' : 'an object') : String(found);
  return new TypeError(`${WHERE}${where === 'checkpoint' ? '' : `'s ${where}`} must be ${expected}, got ${shown}`);
}
