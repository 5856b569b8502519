/** Leapfrog steps allocate nothing: no arrays, objects or closures, whatever the metric. */
import { getHeapStatistics } from 'node:v8';
import { Chain } from '../../../src/infer/mcmc/chain.ts';
import { HMC } from '../../../src/infer/mcmc/hmc.ts';
import type { McmcKernel } from '../../../src/infer/mcmc/kernelOptions.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { NUTS } from '../../../src/infer/mcmc/nuts.ts';
import { RandomStream } from '../../../src/random/stream.ts';

/** A standard normal that allocates nothing itself. */
const target: LogDensity = {
  dimension: 100,
  evaluate: (q, gradient) => {
    let squares = 0;
    for (let i = 0; i < q.length; i++) {
      const x = q[i] ?? 0;
      gradient[i] = -x;
      squares += x * x;
    }
    return -0.5 * squares;
  },
};

/** Bytes a leapfrog step, the median of many slices: a collection in the middle of one makes it look negative. */
function bytesPerStep(kernel: McmcKernel): number {
  const chain = Chain.start(
    kernel,
    { density: target, describeCoordinate: String },
    { draw: () => new Float64Array(target.dimension).fill(1), maxTries: 1 },
    0,
    RandomStream.fromSeed(1),
  );
  const slices: number[] = [];
  for (let slice = 0; slice < 30; slice++) {
    const before = getHeapStatistics().used_heap_size;
    let steps = 0;
    while (steps < 1500) steps += chain.step().numLeapfrog;
    slices.push((getHeapStatistics().used_heap_size - before) / steps);
  }
  // The first third is for the optimising compiler.
  const late = slices.slice(10).sort((a, b) => a - b);
  return late[late.length / 2]!;
}

// A step that made an array for a vector would need 800 bytes. What is left is the record of a transition, here of 63
// steps and more, and boxes of 16 bytes for numbers where the compiler chose not to inline a call.
test.each([
  ['NUTS, identity', new NUTS(target, { massMatrix: 'identity', stepSize: 0.02 })],
  ['NUTS, diagonal', new NUTS(target, { massMatrix: 'diagonal', stepSize: 0.02 })],
  ['NUTS, dense', new NUTS(target, { massMatrix: 'dense', stepSize: 0.02 })],
  ['HMC', new HMC(target, { stepSize: 0.02, numSteps: 100 })],
])('%s', (_, kernel) => {
  expect(bytesPerStep(kernel)).toBeLessThan(100);
});
