/** @file The values of sites at many positions, without blocking the event loop. */
import { breathe } from '../../util/breathe.ts';
import type { SampleStore } from './samples.ts';
import { SiteRecorder } from './siteRecorder.ts';
import type { Target } from './target.ts';

const NUMBERS_AT_ONCE = 2 ** 17;
const BREATHE_MS = 30;

/**
 * Stores the values of sites at `count` positions as the first draws of `chain`.
 *
 * @param positions - in unconstrained space, `[draw, coordinate]`.
 */
export async function constrainDraws(
  target: Pick<Target, 'density' | 'constrain'>,
  positions: Float64Array,
  count: number,
  store: SampleStore,
  chain: number,
): Promise<void> {
  const { dimension } = target.density;
  const recorder = new SiteRecorder(NUMBERS_AT_ONCE);
  let first = 0;
  let lastBreath = performance.now();
  for (let draw = 0; draw < count; draw++) {
    recorder.add(target.constrain(positions.subarray(draw * dimension, (draw + 1) * dimension)));
    const last = draw + 1 === count;
    const outOfBreath = performance.now() - lastBreath > BREATHE_MS;
    if (!last && !outOfBreath && draw + 1 - first < recorder.room) continue;
    store.set(chain, first, recorder.take());
    first = draw + 1;
    if (!outOfBreath) continue;
    await breathe();
    lastBreath = performance.now();
  }
}
