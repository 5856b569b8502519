/** @file What docs/jit.md says is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as jit from '../src/index.ts';
import { useCpu } from './helpers/tfjs.ts';

beforeAll(useCpu);

const text = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'jit.md'), 'utf8');

/** The blocks of code of that language, in order. */
function blocks(language: string): string[] {
  return [...text.matchAll(/^```(.*)\n([^]*?)^```/gm)].flatMap(([, opening, code]) => (opening === language ? [code!] : []));
}

/** The names listed after `heading`, in the paragraph after it. */
function listed(heading: string): string[] {
  const paragraph = text.split(`${heading}\n\n`)[1]!.split('\n\n')[0]!;
  return [...paragraph.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
}

test('the kernels that can be traced are those listed, and those that cannot the rest of tfjs', () => {
  expect(listed('These tfjs kernels can be traced:')).toEqual([...jit.KERNELS]);
  const all = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  expect(listed('These cannot:')).toEqual(all.filter((kernel) => !jit.KERNELS.includes(kernel)).sort());
});

test('the first graph is the one shown', () => {
  // The function of the page, whose program the tests of the docs run.
  const logDensity = (logRate: tf.Tensor): tf.Tensor => {
    const prior = tf.mul(-0.5, tf.square(logRate));
    const likelihood = tf.sub(tf.mul([3, 0, 2, 5], logRate), tf.exp(logRate));
    return tf.add(prior, tf.sum(likelihood));
  };
  const program = jit.compileSync(logDensity, { inputs: [{ shape: [] }], valueAndGrad: true });
  expect(String(program.graph)).toBe(blocks('text')[0]!.trimEnd());
  const { outputs, gradients } = program.run([0.1]);
  expect(outputs[0]![0]).toBeCloseTo(-0.005 + 10 * 0.1 - 4 * Math.exp(0.1), 14);
  expect(gradients[0]![0]).toBeCloseTo(-0.1 + 10 - 4 * Math.exp(0.1), 14);
});

test('every name of the public interface is mentioned or a type', () => {
  const names = Object.keys(jit).filter((name) => !['Graph', 'GraphBuilder', 'operandsOf', 'KERNELS', 'registerFunction'].includes(name));
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});
