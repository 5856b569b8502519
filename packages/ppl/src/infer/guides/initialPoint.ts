/** @file Looking for a point where a guide can begin. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random/stream.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import type { Trace } from '../../runtime/trace.ts';
import { biject } from '../../transforms/biject.ts';
import { warn } from '../../util/warn.ts';
import { InitHandler } from '../initialisation/initHandler.ts';
import { explainTrace } from '../mcmc/model/explain.ts';
import { atFullSize } from './fullSize.ts';
import type { Candidate } from './initLoc.ts';
import { latentTrace, withoutRemains } from './latentTrace.ts';

/** The initial value of a site, with plates in full, in row-major order. */
export interface InitialValue {
  /** In the support, of shape `site.shape`. */
  readonly value: Float32Array;
  /** In unconstrained space, of shape `site.unconstrainedShape`. */
  readonly unconstrained: Float32Array;
}

/** Initial values, by site. */
export type InitialPoint = ReadonlyMap<string, InitialValue>;

export interface InitialPointOptions {
  readonly stream: RandomStream;
  /**
   * Whether the user chose the first strategy. If it will not do there is a warning; and slopes, which cost a gradient of the model,
   * are not looked at.
   */
  readonly isStrategyChosen: boolean;
  /** The guide as users call it, for messages. */
  readonly where: string;
}

/** What was found at a candidate: where it is, or why it will not do. */
type Attempt = { readonly point: InitialPoint } | { readonly why: string; readonly error: unknown };

/**
 * The first of `candidates` where the log density of `model` is finite, and its slopes are; if there is but one, that is it,
 * whatever the density.
 *
 * @throws SiteError for a value that the user chose and that does not fit; Error when no candidate will do.
 */
export function findInitialPoint(model: () => unknown, candidates: readonly Candidate[], options: InitialPointOptions): InitialPoint {
  const { stream, where, isStrategyChosen } = options;
  const failures: Exclude<Attempt, { point: InitialPoint }>[] = [];
  for (const [i, candidate] of candidates.entries()) {
    // What is drawn besides may be to blame, so that it is drawn anew for every try.
    const own = i === 0 ? stream : stream.fold(`try ${i}`);
    if (candidates.length === 1) return withoutRemains(() => pointOf(latentTrace(model, new InitHandler(candidate.strategy), own)));
    const attempt = tryAt(model, candidate, own, !isStrategyChosen);
    if (!('point' in attempt)) {
      failures.push(attempt);
      continue;
    }
    const [first] = failures;
    if (first !== undefined && isStrategyChosen) warn(`${where}: cannot begin where initLoc says, and begins elsewhere. There, ${first.why}`);
    return attempt.point;
  }
  throw failure(where, failures);
}

function failure(where: string, failures: readonly { readonly why: string; readonly error: unknown }[]): unknown {
  const [first] = failures;
  // A model that never came to its end has another fault.
  if (failures.every(({ error }) => error !== null)) return first?.error;
  return new Error(
    `${where}: cannot find a point to begin at, so the specification of the model seems to be incorrect: the log density or its slope ` +
      `was not finite in any of ${failures.length} tries. At first, ${first?.why}; at last, ${failures.at(-1)?.why}. Check that the data ` +
      'lie in the support of their distributions and that no operation overflows or divides by zero, or say where to begin by initLoc',
  );
}

function tryAt(model: () => unknown, { strategy, isChosen }: Candidate, stream: RandomStream, checkSlopes: boolean): Attempt {
  const init = new InitHandler(strategy);
  try {
    return withoutRemains(() => {
      const trace = latentTrace(model, init, stream);
      const why = explainTrace(trace) ?? (checkSlopes ? explainSlopes(model, trace, stream) : null);
      return why === null ? { point: pointOf(trace) } : { why, error: null };
    });
  } catch (error) {
    const isUsersFault = init.failedAt !== null && isChosen(init.failedAt);
    if (isUsersFault || !(error instanceof SiteError)) throw error;
    return { why: error.message, error };
  }
}

/** The first site along which the log density has a slope that is not finite; null if there is none. */
function explainSlopes(model: () => unknown, trace: Trace, stream: RandomStream): string | null {
  const sites = trace.stochasticSites();
  if (sites.length === 0) return null;
  const points = sites.map(unconstrainedOf);
  const pointsByName = new Map(sites.map(({ name }, i) => [name, points[i] as Tensor]));
  const images = new InitHandler(({ name, distribution }) => biject(distribution.support).forward(pointsByName.get(name) as Tensor));
  const logDensity = (): Scalar => latentTrace(model, images, stream).logProbSum();
  const slopes = gradients(logDensity, points);
  for (const [i, slope] of slopes.entries()) {
    const found = slope?.dataSync().find((x) => !Number.isFinite(x));
    if (found !== undefined) return `the slope of the log density along site "${sites[i]?.name}" is ${found}`;
  }
  return null;
}

/** None if the model has no gradients, which training will complain of, if it comes to that. */
function gradients(f: () => Scalar, xs: Tensor[]): (Tensor | null | undefined)[] {
  try {
    return tf.engine().gradients(f, xs, undefined, true).grads;
  } catch {
    return [];
  }
}

function unconstrainedOf({ value, distribution }: SampleSite): Tensor {
  return biject(distribution.support).inverse(value);
}

function pointOf(trace: Trace): InitialPoint {
  return new Map(
    trace.stochasticSites().map((site): [string, InitialValue] => {
      const value = numbersOf(atFullSize(site, site.value));
      const unconstrained = unconstrainedOf(site);
      return [site.name, { value, unconstrained: unconstrained === site.value ? value : numbersOf(atFullSize(site, unconstrained)) }];
    }),
  );
}

function numbersOf(x: Tensor): Float32Array {
  return (tf.cast(x, 'float32').dataSync() as Float32Array).slice();
}
