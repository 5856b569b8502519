/** @file Whether members of an ensemble begin in one place, and so would all become the same. */
import { canReadSynchronously } from '@tychejs/ppl';
import type { ParamStore, StoreState } from '@tychejs/ppl';

/** Says which two have the same values, and what to do about it; `null` if all differ, or if values cannot be read at once. */
export function sameStart(stores: readonly ParamStore[]): string | null {
  if (!canReadSynchronously()) return null;
  const states = stores.map((store) => store.getState());
  for (const [j, state] of states.entries()) {
    const i = states.slice(0, j).findIndex((other) => sameValues(other, state));
    if (i < 0) continue;
    return (
      `members ${i + 1} and ${j + 1} begin with the same weights, and would learn the same; let net make a new network each time, and pass ` +
      'its seed on to the initialisers: net: ({ seed }) => tf.sequential(...), with kernelInitializer: tf.initializers.glorotNormal({ seed })'
    );
  }
  return null;
}

function sameValues(a: StoreState, b: StoreState): boolean {
  return Object.entries(a).every(([name, { value }]) => {
    const other = b[name]?.value;
    return other !== undefined && value.every((x, i) => x === other[i]);
  });
}
