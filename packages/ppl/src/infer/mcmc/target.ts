/** @file What a chain samples: a log density, and the way back from its coordinates to named values. */
import type { RandomStream } from '../../random/stream.ts';
import type { SiteInit } from '../initialisation/siteInit.ts';
import { isLogDensity, type LogDensity } from './logDensity.ts';
import { modelTarget } from './model/modelTarget.ts';
import type { WorkerTarget } from './workers/workerTarget.ts';

/** A probabilistic program. */
export type Model = (...args: never[]) => unknown;

/** How a model is made a log density: compiled, run on the tfjs backend, or compiled wherever that is possible. */
export type Engine = 'auto' | 'compiled' | 'eager';

/** The value of a site: row-major float64, with its shape. */
export interface SiteValue {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** A model with its arguments, ready to be sampled. */
export interface Target {
  readonly density: LogDensity;
  /** The values of the sites at the unconstrained position `q`: the same names and shapes for every `q`. */
  constrain(q: Float64Array): Record<string, SiteValue>;
  /** The unconstrained position where the sites have `values`; absent where there is no way back. */
  unconstrain?(values: Readonly<Record<string, unknown>>): Float64Array;
  /** The unconstrained position where each site has the value that `strategy` draws for it; absent without sites. */
  drawSites?(strategy: SiteInit, stream: RandomStream): Float64Array;
  /** The name of a coordinate, for messages, as in `theta[3]`. */
  describeCoordinate(coordinate: number): string;
  /** Which part of the model makes the density infinite or NaN at `q`; `null` if none does. */
  explain?(q: Float64Array): string | null;
  /** What a worker needs to sample this target; absent where it is not compiled. */
  toWorker?(): WorkerTarget;
  /** Gives back whatever the density holds. */
  dispose(): void;
}

/** A log density that knows the sites its coordinates stand for. */
export interface NamedLogDensity
  extends LogDensity, Partial<Pick<Target, 'constrain' | 'unconstrain' | 'describeCoordinate'>> {
  readonly siteNames?: readonly string[];
}

/**
 * The target that a kernel was given: a model with the arguments of `run`, or a log density, whose sites are what its
 * `constrain` gives, or else one site `q` of shape [dimension].
 *
 * @throws TypeError when `modelOrDensity` is neither, or a log density is given arguments.
 */
export function resolveTarget(
  modelOrDensity: Model | NamedLogDensity,
  args: readonly unknown[],
  options: { readonly engine: Engine; readonly stream: RandomStream },
): Target | Promise<Target> {
  if (typeof modelOrDensity === 'function') return modelTarget(modelOrDensity, args, options);
  if (!isLogDensity(modelOrDensity)) {
    throw new TypeError('a kernel takes a model (a function), or a log density with `dimension` and `evaluate`');
  }
  if (args.length > 0) throw new TypeError('a log density takes no arguments: call run() without any');
  return isTarget(modelOrDensity) ? modelOrDensity : densityTarget(modelOrDensity);
}

/** What `infer.logDensity` makes of a model is a whole target. */
function isTarget(density: LogDensity): density is LogDensity & Target {
  return 'density' in density && 'drawSites' in density && 'dispose' in density;
}

function densityTarget(density: NamedLogDensity): Target {
  const target: Target = {
    density,
    constrain: (q) => density.constrain?.(q) ?? { q: { data: q, shape: [density.dimension] } },
    describeCoordinate: (coordinate) => density.describeCoordinate?.(coordinate) ?? `q[${coordinate}]`,
    dispose: () => undefined,
  };
  const { unconstrain } = density;
  return unconstrain ? { ...target, unconstrain: (values) => unconstrain.call(density, values) } : target;
}
