/** @file Draws of latent sites from a prior or a guide, with their log densities. */
import * as tf from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../handlers/seed.ts';
import { plate } from '../../plate.ts';
import type { RandomStream } from '../../random/stream.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import type { Stack } from '../../runtime/stack.ts';
import { withStack } from '../../runtime/stack.ts';
import type { Trace } from '../../runtime/trace.ts';
import { breathe } from '../../util/breathe.ts';
import { format, sameShape, sizeOf } from '../../util/shape.ts';
import { warn } from '../../util/warn.ts';
import type { SampleArray } from '../mcmc/samples.ts';
import { traceProgram } from '../programTrace.ts';
import { tidily } from './tidily.ts';

export interface LatentDraws {
  readonly count: number;
  /** By site, of shape `[draw, ...site shape]`. */
  readonly sites: ReadonlyMap<string, SampleArray>;
  /** Sites that only the guide knows. */
  readonly auxiliary: ReadonlySet<string>;
  /** The log density of each draw, by the program that it is from. */
  readonly logProb: Float64Array;
  /** Whether every draw is the same, by construction: that of a guide made of delta distributions. */
  readonly isPoint: boolean;
}

export interface LatentDrawsOptions {
  /** How error messages begin. */
  readonly where: string;
  readonly program: () => unknown;
  readonly count: number;
  readonly stream: RandomStream;
  /** The handlers to run the program under. */
  readonly stack: Stack;
  /** Whether all are drawn in one run; undefined: if that gives the same. */
  readonly parallel: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The plate over draws; a program must not use the name. */
const PLATE = '_draws';
/** Numbers drawn in one run, about. */
const AT_ONCE = 2 ** 18;
const BREATHE_MS = 30;
/** What float32 may differ by, of the greatest or 1. */
const TOLERANCE = 1e-3;

/** What is drawn one by one is drawn all at once, or otherwise: that a program does not allow it. */
class NotParallel extends Error {
  override readonly name: string = 'NotParallel';
}

/**
 * Draws the latent sites of `program`: all in one run inside of a plate, or one by one.
 *
 * A program need not compute what it should with one more dimension, nor notice; so some of the draws are looked at one by one,
 * and when these have other densities there, all are drawn one by one.
 *
 * @throws Error when `parallel` is true and the program does not allow it, or sites change their shapes from run to run.
 */
export async function drawLatents(options: LatentDrawsOptions): Promise<LatentDraws> {
  const { parallel } = options;
  if (parallel === false) return oneByOne(options);
  try {
    return await allAtOnce(options);
  } catch (error) {
    if (parallel === true || options.signal?.aborted === true) throw error;
    const draws = await oneByOne(options);
    const why = error instanceof Error ? error.message : String(error);
    warn(`${options.where}: draws are made one by one, many times slower: ${why}\n(parallel: false silences this.)`);
    return draws;
  }
}

/** Rows of sites, filled draw by draw or several at once. */
class Rows implements LatentDraws {
  readonly count: number;
  readonly sites: Map<string, SampleArray> = new Map();
  readonly auxiliary: Set<string> = new Set();
  readonly logProb: Float64Array;
  readonly isPoint: boolean;
  private readonly where: string;

  constructor({ count, where }: LatentDrawsOptions, first: readonly SampleSite[]) {
    this.count = count;
    this.where = where;
    this.logProb = new Float64Array(count);
    this.isPoint = first.length > 0 && first.every(isDerived);
    for (const { name, value, infer } of first) {
      this.sites.set(name, { data: new Float64Array(count * value.size), shape: [count, ...value.shape] });
      if (infer.isAuxiliary === true) this.auxiliary.add(name);
    }
  }

  /** @throws Error when the sites are not those of the first run. */
  set(draw: number, values: readonly SampleSite[]): void {
    const names = values.map(({ name }) => name);
    if (names.length !== this.sites.size) {
      throw new Error(`${this.where}: latent sites must be the same in every run; they were ${[...this.sites.keys()].join(', ')}, then ${names.join(', ')}`);
    }
    for (const { name, value, logProb } of values) {
      const site = this.sites.get(name);
      if (site === undefined || !sameShape(value.shape, site.shape.slice(1))) {
        const before = site === undefined ? 'missing' : `of shape ${format(site.shape.slice(1))}`;
        throw new Error(`${this.where}: site "${name}" has shape ${format(value.shape)}, and was ${before} in an earlier run`);
      }
      site.data.set(value.dataSync(), draw * value.size);
      this.logProb[draw] = (this.logProb[draw] as number) + sumOf(logProb.dataSync());
    }
  }

  /** @throws NotParallel when a site does not have `size` draws. */
  setAll(begin: number, size: number, values: readonly SampleSite[]): void {
    if (values.length !== this.sites.size) throw new NotParallel(`there are ${this.sites.size} latent sites in one draw, and ${values.length} in ${size} at once`);
    for (const { name, value, logProb } of values) {
      const site = this.sites.get(name);
      const own = site?.shape.slice(1) ?? [];
      if (site === undefined || value.shape[0] !== size || value.size !== size * sizeOf(own) || logProb.shape[0] !== size) {
        throw new NotParallel(`site "${name}" has shape ${format(own)} in one draw, and ${format(value.shape)} in ${size} draws at once`);
      }
      site.data.set(value.dataSync(), begin * sizeOf(own));
      const terms = logProb.dataSync();
      const each = terms.length / size;
      for (let i = 0; i < size; i++) {
        this.logProb[begin + i] = (this.logProb[begin + i] as number) + sumOf(terms.subarray(i * each, (i + 1) * each));
      }
    }
  }
}

async function oneByOne(options: LatentDrawsOptions): Promise<LatentDraws> {
  const { count, stream, stack, program, signal } = options;
  let rows: Rows | null = null;
  let lastBreath = performance.now();
  for (let draw = 0; draw < count; draw++) {
    tidily(() => {
      const values = withStack(stack, () => latentsOf(seeded(stream.fold(draw), program)));
      rows ??= new Rows(options, values);
      rows.set(draw, values);
    });
    if (performance.now() - lastBreath < BREATHE_MS) continue;
    await breathe();
    signal?.throwIfAborted();
    lastBreath = performance.now();
  }
  return rows ?? new Rows(options, []);
}

async function allAtOnce(options: LatentDrawsOptions): Promise<LatentDraws> {
  const { where, count, stream, stack, program, signal } = options;
  const { rows, batchRank, numbers } = tidily(() =>
    withStack(stack, () => {
      const trace = seeded(stream.fold('one'), program);
      const values = latentsOf(trace);
      return { rows: new Rows(options, values), batchRank: batchRankOf(trace), numbers: values.reduce((sum, { value }) => sum + value.size, 1) };
    }),
  );
  const most = Math.max(1, Math.floor(AT_ONCE / numbers));
  try {
    for (let begin = 0; begin < count; begin += most) {
      const size = Math.min(most, count - begin);
      tidily(() => {
        const runs = (): Trace => plate(PLATE, size, { dim: -batchRank - 1 }, () => seeded(stream.fold(begin), program));
        rows.setAll(begin, size, latentsOf(withStack(stack, runs)));
      });
      await breathe();
      signal?.throwIfAborted();
    }
    for (const draw of new Set([0, count >> 1, count - 1])) checkDraw(options, rows, draw);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${where}: not all can be drawn at once (parallel: true): ${why}. Draws are dimension ${-batchRank - 1} of every batch shape: ` +
        'the program must compute with operations that broadcast over it.',
      { cause: error },
    );
  }
  return rows;
}

/** Looks at one draw by itself. @throws NotParallel when the program gives it another density, or other derived values. */
function checkDraw({ program, stream, stack }: LatentDrawsOptions, rows: LatentDraws, draw: number): void {
  const row = (name: string): Float64Array | null => {
    const site = rows.sites.get(name);
    if (site === undefined) return null;
    const size = site.data.length / rows.count;
    return site.data.subarray(draw * size, (draw + 1) * size);
  };
  tidily(() => {
    const values = withStack(stack, () => latentsOf(new OneDraw(row).run(() => seeded(stream.fold('one'), program))));
    let logProb = 0;
    for (const site of values) {
      logProb += sumOf(site.logProb.dataSync());
      if (!near(site.value.dataSync(), row(site.name) ?? [])) throw new NotParallel(`site "${site.name}" is another in a run with this draw only`);
    }
    if (near([logProb], [rows.logProb[draw] as number])) return;
    throw new NotParallel(`the log density of draw ${draw} is ${rows.logProb[draw]} among the others, and ${logProb} by itself`);
  });
}

/** Gives latent sites, but those that are functions of others, their values in one draw. */
class OneDraw extends Handler {
  private readonly row: (name: string) => Float64Array | null;

  /** @param row - null for a site that a handler farther out observes. */
  constructor(row: (name: string) => Float64Array | null) {
    super();
    this.row = row;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null || isDerived(message)) return;
    const row = this.row(message.name);
    if (row === null) return;
    const { batchShape, eventShape, dtype } = message.distribution;
    message.value = tf.tensor(Float32Array.from(row), [...batchShape, ...eventShape], dtype);
  }
}

/** What a guide computes of other sites, it gives as a delta distribution. */
function isDerived({ distribution }: Pick<SampleSite, 'distribution'>): boolean {
  let base: { readonly name: string; readonly base?: unknown } = distribution;
  while (typeof base.base === 'object' && base.base !== null) base = base.base as typeof base;
  return base.name === 'delta';
}

function latentsOf(trace: Trace): SampleSite[] {
  return trace.stochasticSites().filter(({ distribution }) => distribution.name !== 'factor');
}

function seeded(stream: RandomStream, program: () => unknown): Trace {
  return new SeedHandler({ seed: stream }).run(() => traceProgram(program));
}

/** The batch dimensions of all sites and plates, to the left of which the draws' stands. */
function batchRankOf(trace: Trace): number {
  const ofSites = trace.sampleSites().map(({ distribution }) => distribution.batchShape.length);
  const ofPlates = [...trace.nodes.values()].flatMap(({ plates }) => plates.map(({ dim }) => -(dim ?? 0)));
  return Math.max(0, ...ofSites, ...ofPlates);
}

function near(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return Array.from(a).every((x, i) => x === b[i] || Math.abs(x - (b[i] as number)) <= TOLERANCE * Math.max(1, Math.abs(x)));
}

function sumOf(terms: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += terms[i] as number;
  return sum;
}
