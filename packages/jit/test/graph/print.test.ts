/** @file Graphs as text. */
import * as tf from '@tensorflow/tfjs-core';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

test('a graph reads like a program', () => {
  const graph = traceGraph(
    (q, groups) => {
      const scale = tf.exp(tf.slice(q!, 0, 1));
      const effects = tf.mul(scale, tf.slice(q!, 1));
      const residuals = tf.sub(tf.tensor1d([2.5, -1, 3, 0.1]), tf.gather(effects, groups!));
      return tf.sum(tf.mul(-0.5, tf.square(residuals)));
    },
    { inputs: [{ shape: [4] }, { shape: [4], dtype: 'int32' }], valueAndGrad: true },
  );
  expect(String(graph)).toBe(
    [
      'graph(x0: float[4], x1: int[4])',
      '  %2: float[1] = slice(x0, 0:1)',
      '  %3: float[1] = exp(%2)',
      '  %4: float[3] = slice(x0, 1:4)',
      '  %5: float[3] = mul(%3, %4)',
      '  %6: float[4] = gather(%5, x1; axis 0)',
      '  %7: float[4] = constant(2.5, -1, 3, 0.1)',
      '  %8: float[4] = sub(%7, %6)',
      '  %9: float[4] = mul(%8, %8)',
      '  %11: float[4] = mul(-0.5, %9)',
      '  %12: float = sum(%11; axes [0])',
      '  %14: float[4] = mul(%8, 2)',
      '  %15: float[4] = mul(-0.5, %14)',
      '  %16: float[4] = neg(%15)',
      '  %17: float[3] = scatterAdd(%16 at x1)',
      '  %18: float[3] = mul(%17, %4)',
      '  %19: float = sum(%18; axes [0])',
      '  %20: float[1] = reshape(%19)',
      '  %21: float[3] = mul(%17, %3)',
      '  %22: float[4] = pad(%21, at [1] in 0)',
      '  %23: float[1] = mul(%20, %3)',
      '  %24: float[4] = pad(%23, at [0] in 0)',
      '  %25: float[4] = add(%22, %24)',
      '  return %12',
      '  gradients %25, -',
    ].join('\n'),
  );
});

test('every kind of node has its line', () => {
  const g = new GraphBuilder();
  const x = g.input(0, [2, 4, 4, 3], 'float');
  const m = g.input(1, [3, 3], 'float');
  const b = g.compare('le', m, g.scalar(2));
  const geometry = { window: [2, 2], strides: [2, 1], dilations: [1, 2], padding: [0, 1] };
  const filter = g.constant([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 2, 1, 3], 'float');
  const y = g.conv(x, filter, geometry, 3, [2, 2, 4, 3]);
  const pooled = g.pool('mean', x, geometry, [2, 2, 4, 3]);
  const results = [
    g.select(g.unary('not', b), m, g.scalar(0)),
    g.special('erf', m),
    g.cast(b, 'int'),
    g.broadcast(m, [2, 3, 3]),
    g.transpose(m, [1, 0]),
    g.slice(m, [2, 0], [2, 2], [-2, 1]),
    g.concat([m, m], 1),
    g.assemble(Array.from({ length: 7 }, (_, i) => ({ x: m, begin: [0, i] })), [3, 9], 0, true, 'float'),
    g.reduce('argmax', m, [1]),
    g.cumulative('prod', m, 0, true, true),
    g.dot(m, m, true, false),
    g.cholesky(m),
    g.triangularSolve(m, m, false, true),
    g.convGradInput(y, filter, geometry, 3, [2, 4, 4, 3]),
    g.convGradFilter(x, y, geometry, 3, [2, 2, 1, 3]),
    g.maxPoolGrad(x, pooled, geometry),
    g.meanPoolGrad(pooled, geometry, [2, 4, 4, 3]),
  ];
  const inputs = [{ shape: [2, 4, 4, 3], dtype: 'float' as const }, { shape: [3, 3], dtype: 'float' as const }];
  const lines = new Graph({ inputs, nodes: g.nodes, outputs: results, gradients: [] }).toString().split('\n');
  expect(lines.map((line) => line.replace(/^ +%\d+: \S+ = /, '').replaceAll(/%\d+/g, '%'))).toEqual([
    'graph(x0: float[2,4,4,3], x1: float[3,3])',
    'le(x1, 2)',
    'constant(1, 2, 3, 4, 5, 6, ...)',
    'conv(x0, %; window 2x2, strides 2x1, dilations 1x2, padding 0x1, groups 3)',
    'meanPool(x0; window 2x2, strides 2x1, dilations 1x2, padding 0x1)',
    'not(%)',
    'select(%, x1, 0)',
    'erf(x1)',
    'cast(%)',
    'broadcast(x1)',
    'transpose(x1, [1,0])',
    'slice(x1, 2:-2:-2, 0:2)',
    'concat(x1, x1; axis 1)',
    'accumulate(x1 at [0,0], x1 at [0,1], x1 at [0,2], x1 at [0,3], x1 at [0,4], x1 at [0,5], ... 1 more; in 0)',
    'argmax(x1; axes [1])',
    'cumprod(x1; axis 0, exclusive, reverse)',
    "dot(x1', x1)",
    'cholesky(x1)',
    'triangularSolve(x1, x1; upper, transposed)',
    'convGradInput(%, %; window 2x2, strides 2x1, dilations 1x2, padding 0x1, groups 3)',
    'convGradFilter(x0, %; window 2x2, strides 2x1, dilations 1x2, padding 0x1, groups 3)',
    'maxPoolGrad(x0, %; window 2x2, strides 2x1, dilations 1x2, padding 0x1)',
    'meanPoolGrad(%; window 2x2, strides 2x1, dilations 1x2, padding 0x1)',
    expect.stringMatching(/^ {2}return %(, %){16}$/),
  ]);
});
