/** @file Data given to handlers: values by site name, or a trace. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor } from '../distributions/parameter.ts';
import { Trace } from '../runtime/trace.ts';
import { closest } from '../util/options.ts';
import { warn } from '../util/warn.ts';

/** Values by site name (tensors, numbers or arrays; `null` for none, as in `obs`), or a trace whose values are meant. */
export type SiteData = Readonly<Record<string, Tensor | TensorLike | null>> | Trace;

/** Looks up data by site name and remembers which names were asked for. */
export class DataLookup {
  private readonly given: SiteData;
  private readonly data: ReadonlyMap<string, Parameter | null>;
  private readonly used = new Set<string>();
  private readonly seen = new Set<string>();

  constructor(where: string, data: SiteData) {
    if (typeof data !== 'object' || data === null) {
      throw new TypeError(`${where}: data must be an object of values by site name, or a trace; got ${typeof data}`);
    }
    this.given = data;
    this.data = data instanceof Trace ? valuesOf(data) : new Map(Object.entries(data));
  }

  /** The value for `name` as a tensor, or `null` if there is none. */
  find(name: string): Tensor | null {
    this.seen.add(name);
    const value = this.data.get(name);
    if (value === undefined) return null;
    this.used.add(name);
    if (value === null) return null;
    return asValue(value);
  }

  /** Warns of names in the data that no site had. A trace is taken as it is: nobody has written its names by hand. */
  warnOfUnused(where: string): void {
    if (!(this.given instanceof Trace)) warnOfUnused(`${where}: data`, 'site', this.given, this.used, this.seen);
  }
}

const complainedOf = new WeakSet<object>();

/**
 * Warns of the keys of `given` that are not among `used`, with the name among `seen` that may have been meant. One object
 * is complained of once, however often the handler that holds it runs.
 */
export function warnOfUnused(
  what: string,
  kind: string,
  given: object,
  used: ReadonlySet<string>,
  seen: ReadonlySet<string>,
): void {
  if (complainedOf.has(given)) return;
  for (const name of Object.keys(given)) {
    if (used.has(name)) continue;
    complainedOf.add(given);
    const close = closest(name, [...seen]);
    const hint = close === null ? `Met: ${[...seen].join(', ') || 'none'}.` : `Did you mean "${close}"?`;
    warn(`${what} has "${name}", but no such ${kind} was met. ${hint}`);
  }
}

function valuesOf(trace: Trace): Map<string, Parameter> {
  const values = new Map<string, Parameter>();
  for (const site of [...trace.sampleSites(), ...trace.deterministicSites()]) values.set(site.name, site.value);
  return values;
}

function asValue(value: Parameter): Tensor {
  // Indices of a categorical stay int32.
  return typeof value === 'object' && 'dtype' in value && value.dtype === 'int32' ? value : asTensor(value);
}
