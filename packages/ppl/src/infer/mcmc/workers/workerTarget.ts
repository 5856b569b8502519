/** @file A compiled model on its way to a worker. */

/** A model's log density and the way from its coordinates to its sites, as compiled programs. */
export interface WorkerTarget {
  /** From q to log p(q), with its gradient. */
  readonly density: Uint8Array;
  /** From q to the value of each site, */
  readonly constrain: Uint8Array;
  /** in this order. */
  readonly layout: readonly { readonly name: string; readonly shape: readonly number[] }[];
}
