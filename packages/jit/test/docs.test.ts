/** @file What docs/jit.md says is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../src/graph/graph.ts';
import * as jit from '../src/index.ts';
import { useCpu } from './helpers/tfjs.ts';

beforeAll(useCpu);

type FirstGraph = (...names: unknown[]) => { graph: Graph; outputs: Float64Array[]; gradients: Float64Array[] };
const Compiled = (() => {}).constructor as new (...source: string[]) => FirstGraph;

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
  const program = blocks('ts no-run')[0]!.replaceAll(/^import .*$/gm, '');
  // The program of the page itself, which is plain JavaScript.
  const run = new Compiled('tf', 'traceGraph', 'interpret', `${program}; return { graph, outputs, gradients };`);
  const { graph, outputs, gradients } = run(tf, jit.traceGraph, jit.interpret);
  expect(String(graph)).toBe(blocks('text')[0]!.trimEnd());
  expect(outputs[0]![0]).toBeCloseTo(-0.005 + 10 * 0.1 - 4 * Math.exp(0.1), 14);
  expect(gradients[0]![0]).toBeCloseTo(-0.1 + 10 - 4 * Math.exp(0.1), 14);
});

test('every name of the public interface is mentioned or a type', () => {
  const names = Object.keys(jit).filter((name) => !['Graph', 'GraphBuilder', 'operandsOf', 'KERNELS', 'registerFunction'].includes(name));
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});
