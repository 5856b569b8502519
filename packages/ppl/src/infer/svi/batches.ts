/** @file Mini-batches: where the arguments of each step come from. */

/** Argument tuples of model and guide, one a step: an array, or anything to iterate over, also asynchronously. */
export type Batches<A extends unknown[]> = Iterable<A> | AsyncIterable<A>;

/**
 * The tuples of `batches`, again from the start whenever they end.
 *
 * @throws TypeError when a batch is not an array. Error when there are none, or when they cannot be gone through again.
 */
export async function* cycle<A extends unknown[]>(batches: Batches<A>): AsyncGenerator<A, never> {
  let total = 0;
  for (;;) {
    const before = total;
    for await (const batch of batches) {
      if (!Array.isArray(batch)) {
        throw new TypeError(`svi.run: each of batches must be an array of arguments, such as [x, y]; got ${describe(batch)}`);
      }
      total++;
      yield batch;
    }
    if (total > before) continue;
    if (total === 0) throw new Error('svi.run: batches is empty');
    throw new Error(
      `svi.run: batches ended after ${total} steps and cannot be gone through again; give an array, or an object whose ` +
        `[Symbol.iterator] begins anew, or { steps: ${total} }`,
    );
  }
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
}
