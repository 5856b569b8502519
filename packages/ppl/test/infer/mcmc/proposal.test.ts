import { Proposal } from '../../../src/infer/mcmc/proposal.ts';
import { RandomStream } from '../../../src/random/stream.ts';

const at = (x: number) => ({ position: Float64Array.of(x), gradient: Float64Array.of(2 * x), logDensity: x * x });

/** How often each of the points offered is held in the end. */
function shares(logWeights: readonly number[], n: number): number[] {
  const proposal = new Proposal(1);
  const stream = RandomStream.fromSeed(1);
  const counts = logWeights.map(() => 0);
  for (let i = 0; i < n; i++) {
    proposal.clear();
    for (const [x, logWeight] of logWeights.entries()) proposal.offer(at(x), x + 0.5, logWeight, Math.exp(logWeight), stream);
    const held = proposal.position[0]!;
    counts[held]!++;
    if (i < 20) expect([proposal.gradient[0], proposal.logDensity, proposal.energy]).toEqual([2 * held, held * held, held + 0.5]);
  }
  return counts.map((count) => count / n);
}

describe('Proposal', () => {
  const n = 8000;
  const relative = [0, Math.log(3), Math.log(2), -1];

  test.each([0, -600, 400, 600, 5000])('holds a point with its share of the weights, log weights around %p', (offset) => {
    const total = relative.reduce((sum, x) => sum + Math.exp(x), 0);
    for (const [i, share] of shares(relative.map((x) => x + offset), n).entries()) {
      const expected = Math.exp(relative[i]!) / total;
      expect(Math.abs(share - expected)).toBeLessThan(4.5 * Math.sqrt((expected * (1 - expected)) / n));
    }
  });

  test('drops light points for ones heavier than can be compared, and keeps them', () => {
    expect(shares([0, 2000], 100)).toEqual([0, 1]);
    expect(shares([0, 2000, 4000, 5], 100)).toEqual([0, 0, 1, 0]);
    expect(shares([2000, 0], 100)).toEqual([1, 0]);
    expect(shares([-900, -5], 100)).toEqual([0, 1]);
  });

  test.each([[0, Math.log(0.3)], [700, 700 + Math.log(0.3)], [-300, -300 + Math.log(0.3)], [1000, 0], [0, 1000], [0, 2]])(
    'yields with probability min(1, w_extension / w): log weights %p, %p', (logWeight, logExtension) => {
      const stream = RandomStream.fromSeed(2);
      const whole = new Proposal(1);
      const extension = new Proposal(1);
      whole.offer(at(0), 0, 0, 1, stream);
      whole.clear();
      extension.clear();
      whole.offer(at(0), 0, logWeight, Math.exp(logWeight), stream);
      extension.offer(at(1), 0, logExtension, Math.exp(logExtension), stream);
      const expected = Math.min(1, Math.exp(logExtension - logWeight));
      let yields = 0;
      for (let i = 0; i < n; i++) if (whole.yieldsTo(extension, stream)) yields++;
      const error = 4.5 * Math.sqrt((expected * (1 - expected)) / n);
      expect(Math.abs(yields / n - expected)).toBeLessThanOrEqual(error);
      // Their weights together, seen by a third.
      whole.addWeightOf(extension);
      const third = new Proposal(1);
      third.clear();
      const both = Math.max(logWeight, logExtension) + Math.log1p(Math.exp(-Math.abs(logWeight - logExtension)));
      third.offer(at(2), 0, both - 1, Math.exp(both - 1), stream);
      yields = 0;
      for (let i = 0; i < n; i++) if (whole.yieldsTo(third, stream)) yields++;
      const share = Math.exp(-1);
      expect(Math.abs(yields / n - share)).toBeLessThan(4.5 * Math.sqrt((share * (1 - share)) / n));
    },
  );
});
