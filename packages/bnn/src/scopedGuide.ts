/** @file Guides that keep their parameters in a store of their own. */
import type { Guide } from './guides/guide.ts';

/** The same guide, all of whose calls and methods run inside of `scope`. */
export function inScope<G extends Guide>(guide: G, scope: <R>(body: () => R) => R): G {
  return new Proxy(guide, {
    apply: (target) => scope(() => target()),
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => scope(() => Reflect.apply(member, target, args));
    },
  });
}
