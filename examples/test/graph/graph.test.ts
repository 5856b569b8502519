/** @file The graph network: its parts by hand, and all of it on the karate club with few steps. */
import '../helpers/plotForJest.ts';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import { normalisedAdjacency } from '../../src/graph/adjacency.ts';
import { columns, compareOn, type Row } from '../../src/graph/compare.ts';
import { karateClub, miserables } from '../../src/graph/data.ts';
import { figure } from '../../src/graph/figure.ts';
import { chooseLabelled, ways } from '../../src/graph/fit.ts';
import { layout } from '../../src/graph/layout.ts';
import { network } from '../../src/graph/network.ts';
import { settings } from '../../src/graph/settings.ts';
import { textTable } from '../../src/table.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';

beforeAll(() => ready({ backend: 'wasm' }));

test('the graphs are those of the literature', () => {
  const club = karateClub();
  expect([club.nodes.length, club.edges.length]).toEqual([34, 78]);
  const degree = (i: number) => club.edges.filter(({ from, to }) => from === i || to === i).length;
  // The instructor, and the officer around whom the others gathered.
  expect([degree(0), degree(33)]).toEqual([16, 17]);
  expect(club.classes.filter((faction) => faction === 0)).toHaveLength(17);
  const novel = miserables();
  expect([novel.nodes.length, novel.edges.length, novel.numClasses]).toEqual([77, 254, 6]);
  expect(novel.classes.filter((label) => label === null)).toHaveLength(9);
});

test('the adjacency of a path of three is normalised, by hand', () => {
  const path = { nodes: ['a', 'b', 'c'], edges: [{ from: 0, to: 1, weight: 1 }, { from: 1, to: 2, weight: 2 }] };
  const matrix = normalisedAdjacency(path);
  // Row sums of A + I are 2, 4 and 3.
  const expected = [[1 / 2, 1 / Math.sqrt(8), 0], [1 / Math.sqrt(8), 1 / 4, 2 / Math.sqrt(12)], [0, 2 / Math.sqrt(12), 1 / 3]];
  matrix.arraySync().forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 6)));
  matrix.dispose();
  expect(() => normalisedAdjacency({ nodes: ['a'], edges: [{ from: 0, to: 1, weight: 1 }] })).toThrow('joins 0 and 1');
});

test('the network is two products with the adjacency', () => {
  const net = network({ nodes: 2, features: 2, hidden: 3, classes: 2 }, 1);
  expectNoLeak(() =>
    tf.tidy(() => {
      const [x, adjacency] = [tf.tensor2d([[1, 2], [3, -1]]), tf.tensor2d([[0.5, 0.25], [0.25, 0.75]])];
      const [kernel, bias, outKernel, outBias] = net.getWeights() as [tf.Tensor2D, tf.Tensor, tf.Tensor2D, tf.Tensor];
      const hidden = tf.tanh(tf.add(tf.matMul(tf.matMul(adjacency, x), kernel), bias));
      const logits = tf.add(tf.matMul(adjacency, tf.matMul(hidden as tf.Tensor2D, outKernel)), outBias);
      const difference = tf.max(tf.abs(tf.sub(net.apply([x, adjacency]) as tf.Tensor, logits)));
      expect(difference.dataSync()[0]).toBeLessThan(1e-6);
    }),
  );
  net.dispose();
});

test('as many nodes of each class have labels as were asked for, others by another seed', () => {
  const graph = miserables();
  const chosen = chooseLabelled(graph, 2, 1);
  for (let label = 0; label < graph.numClasses; label++) {
    expect(chosen.filter((isLabelled, i) => isLabelled && graph.classes[i] === label)).toHaveLength(2);
  }
  expect(chosen.filter(Boolean)).toHaveLength(2 * graph.numClasses);
  expect(chooseLabelled(graph, 2, 2)).not.toEqual(chosen);
});

test('the layout fills the square, and puts neighbours nearer than others', () => {
  const graph = karateClub();
  const places = layout(graph, 200);
  expect(Math.max(...places.flatMap(({ x, y }) => [x, y]))).toBe(1);
  const distance = (i: number, j: number) => Math.hypot(places[i]!.x - places[j]!.x, places[i]!.y - places[j]!.y);
  const all = places.flatMap((_, i) => places.slice(0, i).map((__, j) => distance(i, j)));
  const near = graph.edges.map(({ from, to }) => distance(from, to));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(near)).toBeLessThan(0.75 * mean(all));
});

describe('on the karate club', () => {
  let rows: Row[];
  beforeAll(async () => {
    rows = await expectNoLeak(() => compareOn(karateClub(), { ...settings, epochs: 150, lr: 0.05, predictions: 50, seeds: 1 }));
  }, 60_000);

  test('two labels of each faction are enough to tell them apart', () => {
    expect(rows.map(({ name }) => name)).toEqual(ways.map(({ name }) => name));
    for (const { name, scores, first } of rows) {
      expect(first.isLabelled.filter(Boolean)).toHaveLength(4);
      // Half by guessing; 94 % in the end.
      if (name !== 'mean-field') expect(scores[0]!.accuracy).toBeGreaterThan(0.8);
    }
    expect(textTable(columns, rows)).not.toMatch(/NaN|undefined/);
  });

  test('the picture has a circle or square for each node, and a line for each edge', () => {
    const elements = parseXml(figure(rows.slice(0, 1)));
    const marks = (label: string, kind: string) => elements.filter(({ name, within }) => name === kind && within.includes(label));
    expect(marks('link', 'path')).toHaveLength(78);
    expect(marks('dot', 'circle').length + marks('dot', 'path').length).toBe(34 + 34);
    expect(marks('text', 'text')).toHaveLength(4);
  });
});
