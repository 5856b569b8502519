/** What is said of posteriors, densities and gradients that are not as they should be. */
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { MCMC } from '../../../src/infer/mcmc/mcmc.ts';
import { NUTS, type NutsOptions } from '../../../src/infer/mcmc/nuts.ts';
import { density } from './densities.ts';

async function warningsOf(target: LogDensity, options: NutsOptions = {}, initStrategy: 'uniform' | { position: number[] } = 'uniform') {
  const mcmc = new MCMC(new NUTS(target, { maxTreeDepth: 5, ...options }), {
    numSamples: 200, numWarmup: 200, numChains: 2, seed: 1, progressBar: false, initStrategy,
  });
  await mcmc.run();
  return { warnings: mcmc.warnings().join('\n'), diagnostics: mcmc.diagnostics() };
}

const square = (x: number) => -0.5 * x * x;

describe.each(['gradient', 'stan'] as const)('warm-up by %s', (adaptation) => {
  test('a density that is constant: no step size', async () => {
    await expect(warningsOf(density(2, () => 0, () => [0, 0]), { adaptation })).rejects.toThrow(/improper, or nearly flat/);
  });

  test.each<[string, LogDensity]>([
    ['no prior at all for one parameter', density(2, ([x]) => square(x!), ([x]) => [-x!, 0])],
    ['only the sum of two is determined', density(2, ([x, y]) => square(x! + y!), ([x, y]) => [-x! - y!, -x! - y!])],
    ['tails too heavy', density(1, ([x]) => -0.25 * Math.log1p(x! * x!), ([x]) => [(-0.5 * x!) / (1 + x! * x!)])],
  ])('an improper posterior: %s', async (_, target) => {
    const { warnings } = await warningsOf(target, { adaptation });
    expect(warnings).toMatch(/transitions reached maxTreeDepth, which is most of them: .* improper/);
    expect(warnings).toMatch(/R-hat is above 1.01 for q\[\d\] .* improper posterior, draws drift/);
  });

  test('a gradient that is NaN all around: chains that never moved', async () => {
    const target = density(1, ([x]) => square(x!), ([x]) => [x === 0.5 ? -0.5 : Number.NaN]);
    // The smallest steps do not leave the point, and so seem right: depth stays low to keep the test short.
    const { warnings, diagnostics } = await warningsOf(target, { adaptation, maxTreeDepth: 3 }, { position: [0.5] });
    expect(diagnostics.map(({ unmoved, transitions }) => [unmoved, transitions])).toEqual([[199, 200], [199, 200]]);
    expect(warnings).toMatch(/^chain 0 \(step size \d.*e-\d+\), chain 1 .* never moved, and their draws .* gradient is wrong or NaN/);
  });

  test('a gradient that is NaN on one side: most transitions diverge', async () => {
    const target = density(1, ([x]) => square(x!), ([x]) => [x! > 0 ? Number.NaN : -x!]);
    const { warnings } = await warningsOf(target, { adaptation }, { position: [-1] });
    expect(warnings).toMatch(/transitions diverged.*/);
  });

  test('a support with walls: most transitions diverge', async () => {
    const { warnings } = await warningsOf(
      density(1, ([x]) => (x! > 0 && x! < 1 ? 0 : -Infinity), () => [0]), { adaptation }, { position: [0.5] },
    );
    expect(warnings).toMatch(/transitions diverged, which is most of them: .* support/);
  });

  test('a gradient with the wrong sign', async () => {
    const { warnings } = await warningsOf(density(1, ([x]) => square(x!), ([x]) => [x!]), { adaptation });
    expect(warnings).toMatch(/maxTreeDepth, which is most of them: .* the gradient is not that of the density/);
  });
});

test('a good run has none', async () => {
  const mcmc = new MCMC(new NUTS(density(1, ([x]) => square(x!), ([x]) => [-x!])), {
    numSamples: 1000, numWarmup: 300, numChains: 4, seed: 1, progressBar: false,
  });
  await mcmc.run();
  expect(mcmc.warnings()).toEqual([]);
  for (const { unmoved } of mcmc.diagnostics()) expect(unmoved).toBeLessThan(200);
});
