/** @file The choices for `initStrategy`: where chains begin. */
import type { RandomStream } from '../../random/stream.ts';
import { checkOptions } from '../../util/options.ts';
import type { LowRankMassMatrix } from '../pathfinder/lowRankForm.ts';
import type { PathOptions } from '../pathfinder/options.ts';
import type { SiteInit } from '../initialisation/siteInit.ts';
import { checkPositive } from './checks.ts';
import { uniformDraw, type InitialDraw } from './initialPoint.ts';
import type { Target } from './target.ts';

/**
 * - `'uniform'` (default): each unconstrained coordinate uniform on (-2, 2); `{ radius }` for another bound than 2.
 * - `'zero'`: the origin of unconstrained space.
 * - `{ position }`: that unconstrained position, for every chain.
 * - `{ values }`: where the sites have those values, for every chain.
 * - `{ sites }`: where each site has the value that one of `infer.initTo...` gives it, as in `{ sites: infer.initToMedian() }`.
 * - `'pathfinder'`: a draw from the best normal approximation that some paths of Pathfinder lead to, for each chain paths of its own
 *   from uniform draws, with its covariance as mass matrix to begin with; `{ pathfinder }` with options of the paths. Warm-up then
 *   needs far fewer gradients where parameters are correlated.
 * - a function: an unconstrained position for a chain, drawn from `stream`; called again while the density is not finite.
 */
export type InitStrategy =
  | 'uniform'
  | 'zero'
  | { readonly radius: number }
  | { readonly position: ArrayLike<number> }
  | { readonly values: Readonly<Record<string, unknown>> }
  | { readonly sites: SiteInit }
  | 'pathfinder'
  | { readonly pathfinder: PathOptions }
  | ((stream: RandomStream, chain: number) => ArrayLike<number>);

/** How to draw the initial position of a chain, and how often it is worth trying. */
export interface InitialDraws {
  readonly draw: InitialDraw;
  readonly maxTries: number;
  /** The inverse mass matrix to begin with, if it is known where the draws come from. */
  readonly inverseMassMatrix?: LowRankMassMatrix;
}

const MAX_TRIES = 100; // from Stan

/** The options of paths, where `strategy` is to begin with Pathfinder; else `null`. @throws TypeError for other options. */
export function pathfinderOptions(strategy: InitStrategy): PathOptions | null {
  if (strategy === 'pathfinder') return {};
  if (typeof strategy !== 'object' || strategy === null || !('pathfinder' in strategy)) return null;
  checkOptions('initStrategy', strategy, ['pathfinder']);
  return strategy.pathfinder;
}

/**
 * The draws of any strategy but Pathfinder, which takes a while: see `drawsOfPaths`.
 *
 * @throws TypeError when `strategy` is none of {@link InitStrategy}, or `values` cannot be unconstrained.
 */
export function initialDraws(strategy: InitStrategy, target: Target, chain: number): InitialDraws {
  const { dimension } = target.density;
  if (strategy === 'uniform') return { draw: uniformDraw(dimension, 2), maxTries: MAX_TRIES };
  if (strategy === 'zero') return { draw: () => new Float64Array(dimension), maxTries: 1 };
  if (typeof strategy === 'function') return { draw: (stream) => strategy(stream, chain), maxTries: MAX_TRIES };
  if (typeof strategy === 'object' && strategy !== null) {
    checkOptions('initStrategy', strategy, ['radius', 'position', 'values', 'sites']);
    if ('radius' in strategy) {
      checkPositive('initStrategy', 'radius', strategy.radius);
      return { draw: uniformDraw(dimension, strategy.radius), maxTries: MAX_TRIES };
    }
    if ('position' in strategy) return { draw: () => strategy.position, maxTries: 1 };
    if ('values' in strategy) {
      const position = target.unconstrain?.(strategy.values);
      if (position === undefined) {
        throw new TypeError('initStrategy: a log density without `unconstrain` takes { position }, not { values }');
      }
      return { draw: () => position, maxTries: 1 };
    }
    if ('sites' in strategy) {
      if (target.drawSites === undefined) throw new TypeError('initStrategy: { sites } needs a model, not a log density');
      const drawSites = target.drawSites.bind(target, strategy.sites);
      return { draw: drawSites, maxTries: MAX_TRIES };
    }
  }
  throw new TypeError(
    "initStrategy must be 'uniform', 'zero', { radius }, { position }, { values }, { sites }, 'pathfinder', { pathfinder } or a " +
      `function, got ${JSON.stringify(strategy)}`,
  );
}
