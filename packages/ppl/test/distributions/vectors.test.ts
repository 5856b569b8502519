import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import * as dist from '../../src/distributions/index.ts';
import { betainc } from '../../src/ops/scalar/betainc.ts';
import { ndtr } from '../../src/ops/scalar/normal.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { biject } from '../../src/transforms/index.ts';
import { countCases, discreteVectors, multivariate, single } from './fixtures.ts';
import type { Fixture } from './fixtures.ts';
import { KOLMOGOROV_LIMIT, kolmogorov, scoped } from './numeric.ts';

beforeAll(async () => {
  await ready({ backend: 'wasm' });
});

const DRAWS = 4000;

/** All points of a regular grid in `dim` dimensions. */
function grid(dim: number): { points: Tensor; cell: number } {
  const [reach, step] = [[20, 0.02], [20, 0.2], [10, 0.45]][dim - 1] as [number, number];
  const axis = Float32Array.from({ length: Math.floor((2 * reach) / step) + 1 }, (_, i) => -reach + i * step);
  const points = tf.tidy(() => {
    let rows: Tensor = tf.zeros([1, 0]);
    for (let d = 0; d < dim; d++) {
      const [count] = [rows.shape[0]!];
      const repeated = tf.reshape(tf.tile(tf.expandDims(rows, 1), [1, axis.length, 1]), [count * axis.length, d]);
      rows = tf.concat([repeated, tf.reshape(tf.tile(tf.tensor1d(axis), [count]), [-1, 1])], 1);
    }
    return rows;
  });
  return { points, cell: step ** dim };
}

/** The values of a density on a grid over unconstrained space, with their probabilities. */
function tabulate(d: dist.Distribution): { values: Float32Array; logProb: Float32Array; mass: Float64Array } {
  const transform = biject(d.support);
  const { points, cell } = grid(transform.inverseShape(d.eventShape)[0]!);
  const table = scoped(() => {
    const y = transform.forward(points);
    const logProb = d.logProb(y);
    const logMass = tf.add(logProb, transform.logAbsDetJacobian(points, y)).dataSync();
    return {
      values: y.dataSync() as Float32Array,
      logProb: logProb.dataSync() as Float32Array,
      mass: Float64Array.from(logMass, (x: number) => cell * Math.exp(x)),
    };
  });
  points.dispose();
  return table;
}

function expectNear(statistic: () => Tensor, expected: number[], tolerance: number): void {
  let actual: Float32Array;
  try {
    actual = tf.tidy(() => statistic().dataSync()) as Float32Array;
  } catch (error) {
    expect(String(error)).toMatch(/closed form/);
    return;
  }
  expected.forEach((x, i) => {
    if (!(Math.abs(actual[i]! - x) < tolerance * Math.max(1, Math.abs(x)))) throw new Error(`${actual[i]} against ${x}`);
  });
}

function each(fixtures: readonly Fixture[]): [string, number, Fixture][] {
  return fixtures.flatMap((fixture) =>
    Array.from({ length: countCases(fixture) }, (_, i): [string, number, Fixture] => [fixture.name, i, fixture]),
  );
}

test.each(each(multivariate))('%s, case %i: the density integrates to one, moments and entropy are integrals', (_name, i, fixture) => {
  const d = single(fixture, i);
  const { values, logProb, mass } = tabulate(d);
  const size = values.length / mass.length;
  const [mean, square] = [Array.from({ length: size }, () => 0), Array.from({ length: size }, () => 0)];
  let [total, entropy] = [0, 0];
  mass.forEach((m, point) => {
    if (m === 0) return;
    total += m;
    entropy -= m * logProb[point]!;
    for (let k = 0; k < size; k++) {
      const x = values[point * size + k]!;
      mean[k]! += m * x;
      square[k]! += m * x * x;
    }
  });
  expect(Math.abs(total - 1)).toBeLessThan(1e-4);
  expectNear(() => d.mean, mean, 3e-4);
  expectNear(() => d.variance, square.map((s, k) => s - mean[k]! ** 2), 1e-3);
  expectNear(() => d.entropy(), [entropy], 3e-4);
});

/** All vectors of `dim` whole numbers ≥ 0 that sum to `total`. */
function compositions(total: number, dim: number): number[][] {
  if (dim === 1) return [[total]];
  return Array.from({ length: total + 1 }, (_, first) => first).flatMap((first) =>
    compositions(total - first, dim - 1).map((rest) => [first, ...rest]),
  );
}

test.each(each(discreteVectors))('%s, case %i: probabilities sum to one; moments and draws follow them', (_name, i, fixture) => {
  const d = single(fixture, i);
  const total = d instanceof dist.Multinomial ? (d.totalCount as number) : 1;
  const vectors = compositions(total, 3);
  const probs = Float64Array.from(scoped(() => d.logProb(vectors).dataSync()), Math.exp);
  expect(probs.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  const mean = [0, 1, 2].map((k) => vectors.reduce((sum, v, j) => sum + probs[j]! * v[k]!, 0));
  expectNear(() => d.mean, mean, 1e-5);
  expectNear(() => d.variance, mean.map((m, k) => vectors.reduce((sum, v, j) => sum + probs[j]! * (v[k]! - m) ** 2, 0)), 1e-5);
  const draws = tf.tidy(() => d.sample([DRAWS], RandomStream.fromSeed(i)).arraySync()) as number[][];
  const statistic = vectors.reduce((sum, vector, j) => {
    const expected = DRAWS * probs[j]!;
    const observed = draws.filter((draw) => draw.join() === vector.join()).length;
    return expected < 5 ? sum : sum + (observed - expected) ** 2 / expected;
  }, 0);
  // Pearson's statistic has about this many degrees of freedom; 4.5 standard deviations above their number.
  const cells = probs.filter((p) => DRAWS * p >= 5).length;
  expect(statistic).toBeLessThan(cells + 4.5 * Math.sqrt(2 * cells));
});

/** Covariances that the rows' parameters stand for. */
function covariance(d: dist.Distribution): { mean: number[]; matrix: number[][] } {
  const multiply = (a: number[][], b: number[][]): number[][] => a.map((row) => b.map((other) => row.reduce((s, x, k) => s + x * other[k]!, 0)));
  if (d instanceof dist.MultivariateNormal) {
    const matrix = d.matrix as number[][];
    const [[a, b], [, c]] = matrix as [[number, number], [number, number]];
    const determinant = a * c - b * b;
    const inverse = [[c / determinant, -b / determinant], [-b / determinant, a / determinant]];
    const of = { covarianceMatrix: matrix, precisionMatrix: inverse, scaleTril: multiply(matrix, matrix) };
    return { mean: d.loc as number[], matrix: of[d.kind] };
  }
  if (d instanceof dist.LowRankMultivariateNormal) {
    const factor = d.covFactor as number[][];
    const diagonal = d.covDiag as number[];
    const shared = multiply(factor, factor);
    return { mean: d.loc as number[], matrix: shared.map((row, i) => row.map((x, j) => x + (i === j ? diagonal[i]! : 0))) };
  }
  if (d instanceof dist.GaussianRandomWalk) {
    const variance = (d.scale as number) ** 2;
    return { mean: [0, 0], matrix: [[variance, variance], [variance, 2 * variance]] };
  }
  throw new Error(`${d.name}: covariance not known`);
}

describe('draws of', () => {
  const normals = each(multivariate).filter(([name]) => /normal|walk/iu.test(name));

  test.each(normals)('%s, case %i: are normal in every direction', (_name, i, fixture) => {
    const d = single(fixture, i);
    const { mean, matrix } = covariance(d);
    const draws = tf.tidy(() => d.sample([DRAWS], RandomStream.fromSeed(i)).arraySync()) as number[][];
    for (const [a, b] of [[1, 0], [0, 1], [0.6, 0.8], [0.6, -0.8]] as [number, number][]) {
      const centre = a * mean[0]! + b * mean[1]!;
      const variance = a * a * matrix[0]![0]! + 2 * a * b * matrix[0]![1]! + b * b * matrix[1]![1]!;
      const projected = draws.map(([x, y]) => a * x! + b * y!);
      expect(kolmogorov(projected, (x) => ndtr((x - centre) / Math.sqrt(variance)))).toBeLessThan(KOLMOGOROV_LIMIT);
    }
  });

  test('dirichlet: have beta margins', () => {
    const concentration = [0.8, 2, 3];
    const draws = tf.tidy(() => dist.dirichlet(concentration).sample([DRAWS], RandomStream.fromSeed(1)).arraySync()) as number[][];
    concentration.forEach((c, k) => {
      const margin = draws.map((draw) => draw[k]!);
      expect(kolmogorov(margin, (x) => betainc(c, 5.8 - c, x))).toBeLessThan(KOLMOGOROV_LIMIT);
    });
  });

  // Lewandowski, Kurowicka, Joe (2009): each correlation r of an n × n matrix has (r + 1)/2 ~ Beta(b, b), b = η + n/2 - 1.
  test.each([[2, 0.8], [3, 1], [4, 2.5], [5, 0.6]])('lkjCholesky of %i rows at %f: have beta correlations', (dim, concentration) => {
    const draws = tf.tidy(() => {
      const factors = dist.lkjCholesky(dim, concentration).sample([DRAWS], RandomStream.fromSeed(dim));
      return tf.matMul(factors, factors, false, true).arraySync();
    }) as number[][][];
    const b = concentration + dim / 2 - 1;
    for (let row = 1; row < dim; row++) {
      for (let column = 0; column < row; column++) {
        const halves = draws.map((matrix) => (matrix[row]![column]! + 1) / 2);
        expect(kolmogorov(halves, (x) => betainc(b, b, Math.min(1, Math.max(0, x))))).toBeLessThan(KOLMOGOROV_LIMIT);
      }
    }
  });
});

test('multivariateNormal says the same by covariance, by its factor and by precision', () => {
  tf.tidy(() => {
    const scaleTril = [[1.2, 0, 0], [0.5, 0.7, 0], [-0.3, 0.2, 2]];
    const covarianceMatrix = tf.matMul(scaleTril, scaleTril, false, true);
    const inverse = tf.tensor2d([
      [1 / 1.2, 0, 0],
      [-0.5 / (1.2 * 0.7), 1 / 0.7, 0],
      [(0.3 + (0.5 * 0.2) / 0.7) / 1.2 / 2, -0.2 / 0.7 / 2, 0.5],
    ]);
    const precisionMatrix = tf.matMul(inverse, inverse, true, false);
    const x = [[0.3, 1, -2], [0, 0, 4]];
    const by = [{ scaleTril }, { covarianceMatrix }, { precisionMatrix }].map((covariance) => {
      const d = dist.multivariateNormal([0.1, 0.2, 0.3], covariance);
      return [d.logProb(x), d.variance, d.entropy()].flatMap((t) => [...t.dataSync()]);
    });
    by[0]!.forEach((value, i) => {
      expect(by[1]![i]!).toBeCloseTo(value, 4);
      expect(by[2]![i]!).toBeCloseTo(value, 4);
    });
  });
});
