/** @file Schedules of updates: one loop a parameter, written where the parameter and its moments lie. */
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { NodeId } from '../../src/graph/node.ts';
import { makeSchedule } from '../../src/schedule/makeSchedule.ts';
import type { FusedStep, Schedule } from '../../src/schedule/schedule.ts';

const SHAPE = [50, 40];

/** Inputs of one shape and what is made of them, all carried but the first results. */
function scheduleOf(numInputs: number, make: (g: GraphBuilder, xs: readonly NodeId[]) => { free?: NodeId[]; carried: NodeId[] }): Schedule {
  const g = new GraphBuilder();
  const inputs = Array.from({ length: numInputs }, () => ({ shape: SHAPE, dtype: 'float' as const }));
  const { free = [], carried } = make(g, inputs.map(({ shape, dtype }, i) => g.input(i, shape, dtype)));
  const graph = new Graph({ inputs, nodes: g.nodes, outputs: [...free, ...carried], gradients: inputs.map(() => null) });
  return makeSchedule(graph, carried.map((_, input) => ({ output: free.length + input, input })));
}

/** Adam without a rate: new value, mean and square. */
function adam(g: GraphBuilder, [x, m, v]: readonly NodeId[], gradient: NodeId): [NodeId, NodeId, NodeId] {
  const scaled = (a: NodeId, by: number): NodeId => g.binary('mul', a, g.scalar(by));
  const mean = g.binary('add', scaled(m!, 0.9), scaled(gradient, 0.1));
  const square = g.binary('add', scaled(v!, 0.99), scaled(g.binary('mul', gradient, gradient), 0.01));
  const change = g.binary('div', mean, g.binary('add', g.unary('sqrt', square), g.scalar(1e-8)));
  return [g.binary('sub', x!, change), mean, square];
}

/** The same, where the gradient is finite. */
function guarded(g: GraphBuilder, xs: readonly NodeId[], gradient: NodeId): NodeId[] {
  const isFinite = g.compare('lt', g.reduce('max', g.unary('abs', gradient), [0, 1]), g.scalar(Infinity));
  return adam(g, xs, gradient).map((next, i) => g.select(isFinite, next, xs[i]!));
}

const fusedSteps = ({ steps }: Schedule): FusedStep[] => steps.filter((step) => step.kind === 'fused');
const large = ({ domain }: FusedStep): boolean => domain.length > 0;

/** How many arrays are kept in memory besides inputs and what replaces them. */
function temporaries({ stored, values, inPlace }: Schedule): number {
  const ids = [...stored.keys()].filter((id) => values[id]!.shape.length > 0 && !inPlace.has(id));
  return ids.filter((id) => !['input', 'constant'].includes(values[id]!.op)).length;
}

test('a guarded update is one loop of its own, and only the gradient is stored for it', () => {
  // A gradient from a product, with a part from the prior.
  const schedule = scheduleOf(3, (g, xs) => {
    const product = g.dot(g.constant(Array.from({ length: 2500 }, (_, i) => Math.sin(i)), [50, 50], 'float'), g.unary('tanh', xs[0]!));
    return { carried: guarded(g, xs, g.binary('add', product, xs[0]!)) };
  });
  const loops = fusedSteps(schedule).filter(large).map(({ members }) => members.map((id) => schedule.values[id]!.op));
  expect(loops.slice(0, -1)).toEqual([['unary'], ['binary', 'unary', 'reduce']]);
  expect(loops.at(-1)).toHaveLength(14);
  // tanh, the product, and the gradient.
  expect(temporaries(schedule)).toBe(3);
  expect(schedule.inPlace.size).toBe(3);
  expect(schedule.copies).toEqual([]);
});

test('an update without a guard joins the loop of the gradient', () => {
  const schedule = scheduleOf(3, (g, xs) => {
    const gradient = g.binary('mul', g.unary('sin', xs[0]!), xs[0]!);
    return { free: [g.reduce('sum', gradient, [0, 1])], carried: adam(g, xs, gradient) };
  });
  expect(schedule.steps).toHaveLength(1);
  expect(schedule.inPlace.size).toBe(3);
  expect(temporaries(schedule)).toBe(0);
});

test('a parameter that others read is replaced after they have done so', () => {
  // As weights are read, on the way to the gradients of the layer before.
  const schedule = scheduleOf(1, (g, [x]) => {
    const gradient = g.unary('sin', x!);
    const before = g.dot(gradient, x!, true);
    return { free: [before], carried: [g.binary('sub', x!, gradient)] };
  });
  expect(schedule.steps.map(({ kind }) => kind)).toEqual(['fused', 'dense', 'fused']);
  expect(schedule.inPlace.size).toBe(1);
  // What comes later in the graph may be computed after it; then there is a copy.
  const late = scheduleOf(1, (g, [x]) => {
    const gradient = g.unary('sin', x!);
    const next = g.binary('sub', x!, gradient);
    return { free: [g.dot(gradient, x!, true)], carried: [next] };
  });
  expect(late.steps.map(({ kind }) => kind)).toEqual(['fused', 'dense']);
  expect(late.copies).toHaveLength(1);
});

test('a parameter that is read elsewhere in the loop that would write it is copied', () => {
  const schedule = scheduleOf(2, (g, [a, b]) => {
    const reversed = g.slice(a!, [49, 0], SHAPE, [-1, 1]);
    return { carried: [g.binary('mul', a!, g.scalar(2)), g.binary('add', b!, g.binary('mul', reversed, a!))] };
  });
  expect([...schedule.inPlace.values()]).toEqual([1]);
  expect(schedule.copies.map(({ input }) => input)).toEqual([0]);
});

test('results that are the inputs that they replace take no step', () => {
  const schedule = scheduleOf(2, (_, xs) => ({ carried: [...xs] }));
  expect(schedule.steps).toEqual([]);
  expect(schedule.copies).toEqual([]);
});

test('two that change places do so in one loop', () => {
  const schedule = scheduleOf(2, (_, [a, b]) => ({ carried: [b!, a!] }));
  expect(schedule.steps).toHaveLength(1);
  expect(schedule.inPlace.size).toBe(2);
});

test('what is stored only for a later loop over the same array is computed there', () => {
  const g = new GraphBuilder();
  const [x, y] = [g.input(0, SHAPE, 'float'), g.input(1, SHAPE, 'float')];
  // Both read inputs alone, and the second waits for a sum.
  const total = g.reduce('sum', g.unary('sin', x), [0, 1]);
  const waiting = g.binary('mul', g.unary('cos', g.binary('add', x, y)), total);
  const inputs = [x, y].map(() => ({ shape: SHAPE, dtype: 'float' as const }));
  const schedule = makeSchedule(new Graph({ inputs, nodes: g.nodes, outputs: [waiting], gradients: [null, null] }));
  expect(fusedSteps(schedule).map(({ members }) => members.map((id) => schedule.values[id]!.op))).toEqual([
    ['unary', 'reduce'],
    ['binary', 'unary', 'binary'],
  ]);
});

test('what would have to be stored in its place stays where it is', () => {
  const g = new GraphBuilder();
  const [x, y] = [g.input(0, SHAPE, 'float'), g.input(1, SHAPE, 'float')];
  const shared = g.unary('exp', g.binary('add', x, y));
  // To compute the cosine later, its argument would have to be stored instead.
  const total = g.reduce('sum', shared, [0, 1]);
  const waiting = g.binary('mul', g.unary('cos', shared), total);
  const inputs = [x, y].map(() => ({ shape: SHAPE, dtype: 'float' as const }));
  const schedule = makeSchedule(new Graph({ inputs, nodes: g.nodes, outputs: [waiting], gradients: [null, null] }));
  expect(fusedSteps(schedule).map(({ members }) => members.length)).toEqual([4, 1]);
});
