/** @file Which parameters a prior is for. */
import { checkOptions } from '@tychejs/ppl';
import type { Layer, NetParameter } from '../lift/net.ts';

type LayerClass = abstract new (...args: never[]) => Layer;

/**
 * Hidden parameters have no prior and are trained as plain parameters; exposed ones are sampled.
 *
 * The most specific rule that mentions a parameter decides: its full name, then the functions, then its role, then its
 * layer (or one around that), then the layer's type, then `hideAll` / `exposeAll`. What no rule mentions is exposed if
 * there are only `hide...` rules, and hidden if there are only `expose...` rules; if there are both, it is an error.
 */
export interface PriorFilter {
  readonly exposeAll?: boolean;
  readonly hideAll?: boolean;
  /** Full names: `dense1.kernel`. */
  readonly hide?: readonly string[];
  readonly expose?: readonly string[];
  /** Layers' paths, as in the parameters' names, or the layers themselves; nested models stand for all that is inside. */
  readonly hideLayers?: readonly (string | Layer)[];
  readonly exposeLayers?: readonly (string | Layer)[];
  /** Classes, or their names as tfjs has them: `'BatchNormalization'`. */
  readonly hideLayerTypes?: readonly (string | LayerClass)[];
  readonly exposeLayerTypes?: readonly (string | LayerClass)[];
  /** Roles: `'bias'`. */
  readonly hideParameters?: readonly string[];
  readonly exposeParameters?: readonly string[];
  /** True hides; false says nothing. */
  readonly hideFn?: (parameter: NetParameter) => boolean;
  /** True exposes; false says nothing. */
  readonly exposeFn?: (parameter: NetParameter) => boolean;
}

const KEYS: readonly (keyof PriorFilter)[] = [
  'exposeAll', 'hideAll', 'hide', 'expose', 'hideLayers', 'exposeLayers', 'hideLayerTypes', 'exposeLayerTypes',
  'hideParameters', 'exposeParameters', 'hideFn', 'exposeFn',
];

/** One kind of list: what its entries mean, and what could stand in it. */
interface Rule {
  readonly hide: keyof PriorFilter;
  readonly expose: keyof PriorFilter;
  readonly matches: (entry: unknown, parameter: NetParameter) => boolean;
  readonly candidates: (parameter: NetParameter) => readonly string[];
}

/** Most specific first; the functions come between the first and the second. */
const LISTS: readonly [Rule, ...Rule[]] = [
  {
    hide: 'hide',
    expose: 'expose',
    matches: (entry, { name }) => entry === name,
    candidates: ({ name }) => [name],
  },
  {
    hide: 'hideParameters',
    expose: 'exposeParameters',
    matches: (entry, { role }) => entry === role,
    candidates: ({ role }) => [role],
  },
  {
    hide: 'hideLayers',
    expose: 'exposeLayers',
    matches: (entry, { layerName, layers }) =>
      typeof entry === 'string' ? `${layerName}.`.startsWith(`${entry}.`) : layers.includes(entry as Layer),
    candidates: ({ layerName }) => [layerName],
  },
  {
    hide: 'hideLayerTypes',
    expose: 'exposeLayerTypes',
    matches: (entry, { layers }) =>
      layers.some((layer) => (typeof entry === 'string' ? layer.getClassName() === entry : layer instanceof (entry as LayerClass))),
    candidates: ({ layers }) => layers.map((layer) => layer.getClassName()),
  },
];

type Decision = 'hidden' | 'exposed';

/** A checked {@link PriorFilter}. */
export class Exposure {
  private readonly where: string;
  private readonly filter: PriorFilter;

  /** @throws TypeError when a key is unknown, or an entry stands in both lists of a kind. */
  constructor(where: string, filter: PriorFilter = {}) {
    checkOptions(where, filter, KEYS);
    this.where = where;
    this.filter = filter;
    if (filter.hideAll === true && filter.exposeAll === true) throw new TypeError(`${where}: hideAll and exposeAll exclude each other`);
    for (const { hide, expose } of LISTS) {
      const both = this.entries(hide).find((entry) => this.entries(expose).includes(entry));
      if (both !== undefined) throw new TypeError(`${where}: "${show(both)}" stands in both ${hide} and ${expose}`);
    }
  }

  /**
   * The parameters that are exposed.
   *
   * @throws Error when an entry of a list matches none of them, when two rules of a kind disagree, or when none decides.
   */
  exposed(parameters: readonly NetParameter[]): NetParameter[] {
    this.checkEntries(parameters);
    const undecided: string[] = [];
    const exposed = parameters.filter((parameter) => {
      const decision = this.decide(parameter);
      if (decision === null) undecided.push(parameter.name);
      return decision === 'exposed';
    });
    if (undecided.length > 0) {
      throw new Error(
        `${this.where}: there are both hide and expose rules, and none mentions ${undecided.map((name) => `"${name}"`).join(', ')}; ` +
          'add hideAll: true or exposeAll: true for the rest',
      );
    }
    return exposed;
  }

  private decide(parameter: NetParameter): Decision | null {
    const [names, ...others] = LISTS;
    return (
      this.byList(names, parameter) ??
      this.byFunction(parameter) ??
      others.map((rule) => this.byList(rule, parameter)).find((decision) => decision !== null) ??
      this.otherwise()
    );
  }

  private byList({ hide, expose, matches }: Rule, parameter: NetParameter): Decision | null {
    const hidden = this.entries(hide).some((entry) => matches(entry, parameter));
    const exposed = this.entries(expose).some((entry) => matches(entry, parameter));
    return this.settle(hidden, exposed, parameter, hide, expose);
  }

  private byFunction(parameter: NetParameter): Decision | null {
    const hidden = this.filter.hideFn?.(parameter) ?? false;
    const exposed = this.filter.exposeFn?.(parameter) ?? false;
    return this.settle(hidden, exposed, parameter, 'hideFn', 'exposeFn');
  }

  private settle(hidden: boolean, exposed: boolean, { name }: NetParameter, hide: string, expose: string): Decision | null {
    if (hidden && exposed) {
      throw new Error(`${this.where}: "${name}" is hidden by ${hide} and exposed by ${expose}; name it in hide or in expose`);
    }
    if (hidden) return 'hidden';
    return exposed ? 'exposed' : null;
  }

  private otherwise(): Decision | null {
    if (this.filter.hideAll === true) return 'hidden';
    if (this.filter.exposeAll === true) return 'exposed';
    const given = KEYS.filter((key) => this.filter[key] !== undefined);
    const hides = given.some((key) => key.startsWith('hide') && key !== 'hideAll');
    const exposes = given.some((key) => key.startsWith('expose') && key !== 'exposeAll');
    if (hides && exposes) return null;
    return exposes ? 'hidden' : 'exposed';
  }

  private checkEntries(parameters: readonly NetParameter[]): void {
    for (const { hide, expose, matches, candidates } of LISTS) {
      for (const key of [hide, expose]) {
        const idle = this.entries(key).find((entry) => !parameters.some((parameter) => matches(entry, parameter)));
        if (idle === undefined) continue;
        const possible = [...new Set(parameters.flatMap(candidates))].filter((candidate) => candidate !== '');
        throw new Error(`${this.where}: "${show(idle)}" in ${key} matches no trainable parameter; there are ${possible.join(', ') || 'none'}`);
      }
    }
  }

  private entries(key: keyof PriorFilter): readonly unknown[] {
    const entries = this.filter[key] ?? [];
    if (!Array.isArray(entries)) throw new TypeError(`${this.where}: ${key} must be an array`);
    return entries;
  }
}

function show(entry: unknown): string {
  if (typeof entry === 'function') return entry.name;
  return typeof entry === 'object' && entry !== null && 'name' in entry ? String(entry.name) : String(entry);
}
