/** @file From an optimisation algorithm to an optimiser: settings and state of each parameter. */
import { normalNumbers } from '../random/tensors.ts';
import type { RandomStream } from '../random/stream.ts';
import { fuseRule, streamFor } from './fuseRule.ts';
import type { FusedParameter, FusedUpdate, Optimizer, OptimizerState, ParameterGradient, ParameterState } from './optimizer.ts';
import type { Rule, Settings } from './rule.ts';
import { atRate, settingsByName } from './rule.ts';
import type { Remembered } from './state.ts';
import { checkState, resume } from './state.ts';

/**
 * The optimiser that follows `rule`. Outside of programs its arithmetic is plain JavaScript on the numbers themselves: for
 * the many small parameters of a probabilistic model that is several times faster than a dozen tensor operations for each.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function follow<S extends { readonly lr: number }>(rule: Rule<S>, settings: Settings<S>): Optimizer {
  return new RuleOptimizer(rule, settings);
}

class RuleOptimizer<S extends { readonly lr: number }> implements Optimizer {
  private readonly rule: Rule<S>;
  private readonly settingsFor: (name: string) => S;
  private readonly remembered = new Map<ParameterGradient['variable'], Remembered<S>>();
  /** State that was set and whose parameters have not been met yet. */
  private restored = new Map<string, ParameterState>();
  private steps = 0;
  /** Gets the moments back from the program that has them, if there is one. */
  private reclaim: (() => void) | null = null;

  constructor(rule: Rule<S>, settings: Settings<S>) {
    this.rule = rule;
    this.settingsFor = settingsByName(rule, settings);
  }

  step(parameters: readonly ParameterGradient[], rate: number = 1, stream?: RandomStream): void {
    this.takeBack();
    const { rule } = this;
    const owns = parameters.map(({ name, variable, value }) => this.recall({ name, variable, size: value.length }));
    parameters.forEach(({ value, gradient }, i) => {
      const own = owns[i] as Remembered<S>;
      own.updates++;
      const scalars = rule.scalars(atRate(own.settings, rate), own.updates);
      const noise = rule.isRandom === true ? { noise: normalNumbers(streamFor(rule, own.name, stream), value.length) } : {};
      rule.apply({ value, gradient, moments: own.moments, ...noise }, scalars, own.settings);
    });
    this.steps++;
  }

  fuse(parameters: readonly FusedParameter[], onReclaim: () => void): FusedUpdate {
    this.takeBack();
    const owns = parameters.map((parameter) => this.recall(parameter));
    const fused = fuseRule(this.rule, owns, () => this.steps++);
    this.reclaim = () => {
      try {
        onReclaim();
      } finally {
        fused.end();
      }
    };
    return fused.update;
  }

  getState(): OptimizerState {
    this.takeBack();
    const parameters = new Map(this.restored);
    for (const [variable, { name, updates, moments }] of this.remembered) {
      if (!variable.isDisposed) parameters.set(name, { updates, moments: moments.map((moment) => moment.slice()) });
    }
    return { optimizer: this.rule.name, steps: this.steps, parameters: Object.fromEntries(parameters) };
  }

  setState(state: OptimizerState): void {
    checkState(this.rule.name, state);
    this.takeBack();
    this.steps = state.steps;
    this.remembered.clear();
    this.restored = new Map(Object.entries(state.parameters));
  }

  private takeBack(): void {
    const { reclaim } = this;
    this.reclaim = null;
    reclaim?.();
  }

  private recall({ name, variable, size }: FusedParameter): Remembered<S> {
    const known = this.remembered.get(variable);
    if (known !== undefined) return known;
    for (const other of this.remembered.keys()) if (other.isDisposed) this.remembered.delete(other);
    const settings = this.settingsFor(name);
    const initial = this.rule.moments(settings);
    const saved = this.restored.get(name);
    const state =
      saved === undefined
        ? { updates: 0, moments: initial.map((value) => new Float32Array(size).fill(value)) }
        : resume(this.rule.name, name, initial.map(() => size), saved);
    this.restored.delete(name);
    const own = { name, settings, ...state };
    this.remembered.set(variable, own);
    return own;
  }
}
