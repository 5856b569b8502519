/** @file Choosing sites by name, type or predicate. */
import type { Message } from '../runtime/message.ts';

/** `'observe'` means observed sample sites, besides the types of messages. */
export type SiteType = Message['type'] | 'observe';

/** Which sites to hide, or else which to leave visible. */
export interface SiteFilter {
  readonly hide?: readonly string[];
  readonly expose?: readonly string[];
  readonly hideFn?: (message: Message) => boolean;
  readonly exposeFn?: (message: Message) => boolean;
  readonly hideTypes?: readonly SiteType[];
  readonly exposeTypes?: readonly SiteType[];
}

export const SITE_FILTER_KEYS: readonly string[] = ['hide', 'expose', 'hideFn', 'exposeFn', 'hideTypes', 'exposeTypes'];

/**
 * The predicate that says which sites are hidden.
 *
 * With `hide...` options, exactly the sites that one of them names are hidden; with `expose...` options, all but the
 * sites that one of them names; with none, all.
 *
 * @throws TypeError when `hide...` and `expose...` are mixed: then sites that neither names would be undecided.
 */
export function hiddenBy(where: string, filter: SiteFilter): (message: Message) => boolean {
  const hides = matcher(filter.hide, filter.hideFn, filter.hideTypes);
  const exposes = matcher(filter.expose, filter.exposeFn, filter.exposeTypes);
  if (hides !== null && exposes !== null) {
    throw new TypeError(`${where}: give hide, hideFn, hideTypes or expose, exposeFn, exposeTypes, but not of both kinds`);
  }
  if (hides !== null) return hides;
  return exposes === null ? () => true : (message) => !exposes(message);
}

function matcher(
  names: readonly string[] | undefined,
  predicate: ((message: Message) => boolean) | undefined,
  types: readonly SiteType[] | undefined,
): ((message: Message) => boolean) | null {
  if (names === undefined && predicate === undefined && types === undefined) return null;
  return (message) =>
    (names?.includes(message.name) ?? false) ||
    (predicate?.(message) ?? false) ||
    (types?.some((type) => isOfType(message, type)) ?? false);
}

function isOfType(message: Message, type: SiteType): boolean {
  return type === 'observe' ? message.type === 'sample' && message.isObserved : message.type === type;
}
