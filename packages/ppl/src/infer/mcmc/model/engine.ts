/** @file Choosing how a model's log density is evaluated. */
import { warn } from '../../../util/warn.ts';
import type { Engine, Model } from '../target.ts';
import { CompiledModelDensity } from './compiledDensity.ts';
import { isModelChanged } from './constrain.ts';
import { EagerModelDensity } from './eagerDensity.ts';
import type { ModelRun } from './modelRun.ts';

/** Models that it has been said of that they are not compiled. */
const warnedOf = new WeakSet<Model>();

/** @throws TypeError for an engine that is not there. */
export function checkEngine(where: string, engine: unknown): void {
  if (engine === 'auto' || engine === 'compiled' || engine === 'eager') return;
  throw new TypeError(`${where}: engine must be 'auto', 'compiled' or 'eager', got ${String(engine)}`);
}

/**
 * The log density of `model`, of which `run` is a run: for `'auto'` compiled if that can be done, else eager, with one warning
 * a model that says why.
 *
 * @throws Error for `'compiled'` when the model cannot be compiled, saying why.
 * @throws ModelChanged when its latent sites change from call to call.
 */
export function densityOf(run: ModelRun, model: Model, engine: Engine): CompiledModelDensity | EagerModelDensity {
  return byEngine(engine, model, () => new CompiledModelDensity(run), () => new EagerModelDensity(run));
}

/**
 * What `compile` makes of `model`, or `runEagerly` does: for `'auto'` the former if it can, with one warning a model where it
 * cannot.
 *
 * @throws Error for `'compiled'` when the model cannot be compiled, saying why; ModelChanged whatever the engine.
 */
export function byEngine<C, E>(engine: Engine, model: Model, compile: () => C, runEagerly: () => E): C | E {
  if (engine === 'eager') return runEagerly();
  try {
    return compile();
  } catch (error) {
    if (isModelChanged(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (engine === 'compiled') throw new Error(`the model cannot be compiled: ${why}`, { cause: error });
    if (!warnedOf.has(model)) {
      warnedOf.add(model);
      warn(`the model runs on the eager engine, many times slower, since it cannot be compiled: ${why}\n(engine: 'eager' silences this.)`);
    }
    return runEagerly();
  }
}
