/** @file Which sites a handler acts on: the algebra of priors' filters, for sites. */
import { checkOptions } from '@tychejs/ppl';
import type { Message, ParamMessage, SampleMessage } from '@tychejs/ppl';

/** `'observe'` and `'latent'` are sample sites that are observed or not. */
export type SelectableType = 'sample' | 'observe' | 'latent' | 'param';

/** What the rules are asked about. */
export type SelectableSite = SampleMessage | ParamMessage;

/**
 * Exposed sites are acted on, hidden ones are not.
 *
 * The most specific rule that mentions a site decides: its name, then the functions, then its type, then `hideAll` /
 * `exposeAll`. What no rule mentions is exposed if there are only `hide...` rules, and hidden if there are only `expose...`
 * rules; if there are both, it is an error.
 */
export interface SiteSelection {
  readonly exposeAll?: boolean;
  readonly hideAll?: boolean;
  /** Full names, as traces have them: `likelihood.data`. */
  readonly hide?: readonly string[];
  readonly expose?: readonly string[];
  readonly hideTypes?: readonly SelectableType[];
  readonly exposeTypes?: readonly SelectableType[];
  /** True hides; false says nothing. */
  readonly hideFn?: (site: SelectableSite) => boolean;
  /** True exposes; false says nothing. */
  readonly exposeFn?: (site: SelectableSite) => boolean;
}

/** The keys of {@link SiteSelection}. */
export const SELECTION_KEYS: readonly (keyof SiteSelection)[] = [
  'exposeAll', 'hideAll', 'hide', 'expose', 'hideTypes', 'exposeTypes', 'hideFn', 'exposeFn',
];

const TYPES: readonly SelectableType[] = ['sample', 'observe', 'latent', 'param'];

/** Two keys that say the opposite. */
interface Rule {
  readonly hide: 'hide' | 'hideTypes' | 'hideFn';
  readonly expose: 'expose' | 'exposeTypes' | 'exposeFn';
}

/** Most specific first. */
const RULES: readonly Rule[] = [
  { hide: 'hide', expose: 'expose' },
  { hide: 'hideFn', expose: 'exposeFn' },
  { hide: 'hideTypes', expose: 'exposeTypes' },
];

/** A checked {@link SiteSelection}; it remembers which of its names have been met. */
export class Selection {
  private readonly where: string;
  private readonly rules: SiteSelection;
  private readonly unmet: Set<string>;

  /** @throws TypeError when a key or type is unknown, or an entry stands in both lists of a kind. */
  constructor(where: string, rules: SiteSelection) {
    checkOptions(where, rules, SELECTION_KEYS);
    this.where = where;
    this.rules = rules;
    if (rules.hideAll === true && rules.exposeAll === true) throw new TypeError(`${where}: hideAll and exposeAll exclude each other`);
    for (const [hide, expose] of [['hide', 'expose'], ['hideTypes', 'exposeTypes']] as const) {
      const [hidden, exposed] = [this.entries(hide), this.entries(expose)];
      const both = hidden.find((entry) => exposed.includes(entry));
      if (both !== undefined) throw new TypeError(`${where}: "${both}" stands in both ${hide} and ${expose}`);
    }
    const unknown = [...this.entries('hideTypes'), ...this.entries('exposeTypes')].find((type) => !TYPES.includes(type as SelectableType));
    if (unknown !== undefined) throw new TypeError(`${where}: types of sites are ${TYPES.join(', ')}; got "${unknown}"`);
    this.unmet = new Set([...this.entries('hide'), ...this.entries('expose')]);
  }

  /** Names in `hide` and `expose` that no site has had so far. */
  get unmetNames(): string[] {
    return [...this.unmet];
  }

  /** @throws Error when two rules of a kind disagree about the site, or none decides. */
  isExposed(site: SelectableSite): boolean {
    this.unmet.delete(site.name);
    for (const { hide, expose } of RULES) {
      const [hidden, exposed] = [this.mentions(hide, site), this.mentions(expose, site)];
      if (hidden && exposed) throw new Error(`${this.where}: it is hidden by ${hide} and exposed by ${expose}; name it in hide or in expose`);
      if (hidden || exposed) return exposed;
    }
    return this.otherwise();
  }

  private mentions(key: Rule['hide'] | Rule['expose'], site: SelectableSite): boolean {
    if (key === 'hideFn' || key === 'exposeFn') return this.rules[key]?.(site) ?? false;
    const entries = this.entries(key);
    if (key === 'hide' || key === 'expose') return entries.includes(site.name);
    return typesOf(site).some((type) => entries.includes(type));
  }

  private otherwise(): boolean {
    const { hideAll, exposeAll } = this.rules;
    if (hideAll === true) return false;
    if (exposeAll === true) return true;
    const hides = RULES.some(({ hide }) => this.rules[hide] !== undefined);
    const exposes = RULES.some(({ expose }) => this.rules[expose] !== undefined);
    if (hides && exposes) {
      throw new Error(`${this.where}: there are both hide and expose rules, and none mentions it; add hideAll: true or exposeAll: true for the rest`);
    }
    return !exposes;
  }

  private entries(key: 'hide' | 'expose' | 'hideTypes' | 'exposeTypes'): readonly string[] {
    const entries = this.rules[key] ?? [];
    if (!Array.isArray(entries)) throw new TypeError(`${this.where}: ${key} must be an array`);
    return entries;
  }
}

function typesOf(site: SelectableSite): readonly SelectableType[] {
  if (site.type === 'param') return ['param'];
  return ['sample', site.isObserved ? 'observe' : 'latent'];
}

/** Whether rules can be asked about `message`. */
export function isSelectable(message: Message): message is SelectableSite {
  return message.type === 'sample' || message.type === 'param';
}
