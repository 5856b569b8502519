/** @file Bayesian linear regression: data, and the posterior in closed form. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { wavy } from './nets.ts';

/** A line through the origin in `inputs` dimensions: the posterior of its weights has a closed form. */
export const line = (inputs: number): LayersModel => sequential({ layers: [layers.dense({ units: 1, useBias: false, kernelInitializer: 'zeros', inputShape: [inputs] })] });

/** Data of which the line is not orthogonal in its inputs. */
export function lineData(count: number, sigma: number, start = 0): { x: Tensor2D; y: Tensor2D } {
  return tf.tidy(() => {
    const mix = tf.tensor2d([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 1]]);
    const x = tf.matMul(wavy([count, 3], start) as Tensor2D, mix);
    const y: Tensor2D = tf.add(tf.matMul(x, tf.tensor2d([[1], [-0.5], [0.3]])), tf.mul(wavy([count, 1], start + 500), sigma));
    return { x: x as Tensor2D, y };
  });
}

/** Posterior of the weights under Normal(0, 1) priors and noise `sigma`: precision X'X / s² + I, mean P⁻¹ X'y / s². */
export function exactPosterior({ x, y }: { x: Tensor; y: Tensor }, sigma: number): { mean: number[]; precision: number[][] } {
  const rows = x.arraySync() as number[][];
  const targets = [...y.dataSync()];
  const size = rows[0]!.length;
  const indices = Array.from({ length: size }, (_, i) => i);
  const precision = indices.map((i) => indices.map((j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / sigma ** 2 + Number(i === j)));
  const right = indices.map((i) => rows.reduce((sum, row, n) => sum + row[i]! * targets[n]!, 0) / sigma ** 2);
  return { mean: solve(precision, right), precision };
}

/** Gauss-Jordan elimination. */
export function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  rows.forEach((pivot, i) => {
    const scale = pivot[i]!;
    pivot.forEach((value, j) => (pivot[j] = value / scale));
    rows.forEach((row, k) => {
      if (k === i) return;
      const factor = row[i]!;
      row.forEach((value, j) => (row[j] = value - factor * pivot[j]!));
    });
  });
  return rows.map((row) => row.at(-1)!);
}
