/** @file What the rules make of the least graphs that they fit. */
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { NodeId, Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import { optimise } from '../../src/passes/optimise.ts';
import { uniform } from '../helpers/numbers.ts';
import { expectSameValues } from '../helpers/sameValues.ts';

/** Inputs by their names in the cases below, which are also theirs in the results. */
const INPUTS = {
  x: [4],
  y: [4],
  s: [],
  t: [],
  m: [3, 4],
  n: [4, 5],
  q: [100],
  w: [40],
  u: [40, 3],
} as const satisfies Record<string, Shape>;

type Inputs = Record<keyof typeof INPUTS, NodeId>;
type Case = readonly [name: string, make: (g: GraphBuilder, inputs: Inputs) => NodeId | NodeId[], expected: string];

/** The optimised graph as formulas of its results. Values are checked to be the same. */
function optimised(make: (g: GraphBuilder, inputs: Inputs) => NodeId | NodeId[]): string {
  const g = new GraphBuilder();
  const names = Object.keys(INPUTS) as (keyof Inputs)[];
  const inputs = Object.fromEntries(names.map((name, i) => [name, g.input(i, INPUTS[name], 'float')])) as Inputs;
  const outputs = [make(g, inputs)].flat();
  const types = names.map((name) => ({ shape: INPUTS[name], dtype: 'float' as const }));
  const graph = new Graph({ inputs: types, nodes: g.nodes, outputs, gradients: [] });
  const result = optimise(graph);
  for (const seed of [1, 2]) expectSameValues(graph, result, names.map((name) => uniform(sizeOf(INPUTS[name]), 0.1, 1, seed)));
  return formulas(String(result), names);
}

/** The results of a printed graph with every node written out where it is used, and inputs by their names. */
function formulas(text: string, names: readonly string[]): string {
  const known = new Map<string, string>();
  const expand = (line: string): string => line.replaceAll(/%\d+/g, (id) => known.get(id) ?? id);
  for (const [, id = '', formula = ''] of text.matchAll(/^ +(%\d+): \S+ = (.*)$/gm)) known.set(id, expand(formula));
  const [, results = ''] = /^ +return (.*)$/m.exec(text) ?? [];
  return expand(results).replaceAll(/\bx(\d)\b/g, (_, i: string) => names[Number(i)]!);
}

const c = (g: GraphBuilder, value: number): NodeId => g.scalar(value);
const ramp = (g: GraphBuilder, from: number): NodeId => g.constant([from, from + 1, from + 2, from + 3], [4], 'float');
const square = (g: GraphBuilder, x: NodeId): NodeId => g.binary('mul', x, x);
const groups = (g: GraphBuilder): NodeId => g.constant([0, 2, 1, 1, 3, 0], [6], 'int');
/** A scalar as an array of one. */
const s1 = (g: GraphBuilder, x: NodeId): NodeId => g.reshape(x, [1]);
const stack = (g: GraphBuilder, ...parts: NodeId[]): NodeId => g.concat(parts.map((part) => s1(g, part)), 0);
const counts = (g: GraphBuilder): NodeId => g.constant([0, 2, 2, 0, 5, 0, 5, 2, 0, 0, 0, 2], [12], 'float');
const oneHot = (g: GraphBuilder): NodeId => g.constant([0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0], [4, 3], 'float');

describe("signs", () => {
  test.each<Case>([
    ['-(-x)', (g, { x }) => g.unary('neg', g.unary('neg', x)), 'x'],
    ['x - (-y)', (g, { x, y }) => g.binary('sub', x, g.unary('neg', y)), 'add(x, y)'],
    ['-x + y', (g, { x, y }) => g.binary('add', g.unary('neg', x), y), 'sub(y, x)'],
    ['-x - y', (g, { x, y }) => g.binary('sub', g.unary('neg', x), y), 'neg(add(x, y))'],
    ['-(x - y)', (g, { x, y }) => g.unary('neg', g.binary('sub', x, y)), 'sub(y, x)'],
    ['-(x + 3)', (g, { x }) => g.unary('neg', g.binary('add', x, c(g, 3))), 'sub(-3, x)'],
    ['-(3 x)', (g, { x }) => g.unary('neg', g.binary('mul', x, c(g, 3))), 'mul(x, -3)'],
    ['(-x) (-y)', (g, { x, y }) => g.binary('mul', g.unary('neg', x), g.unary('neg', y)), 'mul(y, x)'],
    ['(-x) y', (g, { x, y }) => g.binary('mul', g.unary('neg', x), y), 'neg(mul(y, x))'],
    ['x / (-y)', (g, { x, y }) => g.binary('div', x, g.unary('neg', y)), 'neg(div(x, y))'],
    ['3 / (-y)', (g, { y }) => g.binary('div', c(g, 3), g.unary('neg', y)), 'div(-3, y)'],
    ['x (-1)', (g, { x }) => g.binary('mul', x, c(g, -1)), 'neg(x)'],
    ['(-x) 3', (g, { x }) => g.binary('mul', g.unary('neg', x), c(g, 3)), 'mul(x, -3)'],
    ['(-x) [1, 2, 3, 4]', (g, { x }) => g.binary('mul', g.unary('neg', x), ramp(g, 1)), 'neg(mul(x, constant(1, 2, 3, 4)))'],
    ['|-x|', (g, { x }) => g.unary('abs', g.unary('neg', x)), 'abs(x)'],
    ['cos(|x|)', (g, { x }) => g.unary('cos', g.unary('abs', x)), 'cos(x)'],
    ['|x| |x|', (g, { x }) => g.binary('mul', g.unary('abs', x), g.unary('abs', x)), 'mul(x, x)'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("constants", () => {
  test.each<Case>([
    ['2 (3 x)', (g, { x }) => g.binary('mul', c(g, 2), g.binary('mul', c(g, 3), x)), 'mul(x, 6)'],
    ['2 (x / 3)', (g, { x }) => g.binary('mul', c(g, 2), g.binary('div', x, c(g, 3))), 'mul(x, 0.6666666666666666)'],
    ['(3 / x) 2', (g, { x }) => g.binary('mul', g.binary('div', c(g, 3), x), c(g, 2)), 'div(6, x)'],
    ['(3 x) / 2', (g, { x }) => g.binary('div', g.binary('mul', c(g, 3), x), c(g, 2)), 'mul(x, 1.5)'],
    ['t / 3', (g, { t }) => g.binary('div', t, c(g, 3)), 'div(t, 3)'],
    ['x / 8', (g, { x }) => g.binary('div', x, c(g, 8)), 'mul(x, 0.125)'],
    ['3 / (2 x)', (g, { x }) => g.binary('div', c(g, 3), g.binary('mul', x, c(g, 2))), 'div(1.5, x)'],
    ['1e200 (1e200 x)', (g, { x }) => g.binary('mul', c(g, 1e200), g.binary('mul', c(g, 1e200), x)), 'mul(mul(x, 1e+200), 1e+200)'],
    ['(x + 1) + 2', (g, { x }) => g.binary('add', g.binary('add', x, c(g, 1)), c(g, 2)), 'add(x, 3)'],
    ['(x - 1) - 2', (g, { x }) => g.binary('sub', g.binary('sub', x, c(g, 1)), c(g, 2)), 'add(x, -3)'],
    ['1 - (2 - x)', (g, { x }) => g.binary('sub', c(g, 1), g.binary('sub', c(g, 2), x)), 'add(x, -1)'],
    ['(x + 1) + (y - 3)', (g, { x, y }) => g.binary('add', g.binary('add', x, c(g, 1)), g.binary('sub', y, c(g, 3))), 'add(add(x, y), -2)'],
    ['(x + 1) - (y + 3)', (g, { x, y }) => g.binary('sub', g.binary('add', x, c(g, 1)), g.binary('add', y, c(g, 3))), 'add(sub(x, y), -2)'],
    ['(x 2) (y 3)', (g, { x, y }) => g.binary('mul', g.binary('mul', x, c(g, 2)), g.binary('mul', y, c(g, 3))), 'mul(mul(y, x), 6)'],
    ['max(max(x, 1), 2)', (g, { x }) => g.binary('max', g.binary('max', x, c(g, 1)), c(g, 2)), 'max(x, 2)'],
    ['max(x, x)', (g, { x }) => g.binary('max', x, x), 'x'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("like terms", () => {
  test.each<Case>([
    ['x + x', (g, { x }) => g.binary('add', x, x), 'mul(x, 2)'],
    ['x 3 + x', (g, { x }) => g.binary('add', g.binary('mul', x, c(g, 3)), x), 'mul(x, 4)'],
    ['x 3 - x 2', (g, { x }) => g.binary('sub', g.binary('mul', x, c(g, 3)), g.binary('mul', x, c(g, 2))), 'x'],
    ['x - x', (g, { x }) => g.binary('sub', x, x), 'broadcast(0)'],
    ['3 x - 3 x', (g, { x }) => g.binary('sub', g.binary('mul', x, c(g, 3)), g.binary('mul', c(g, 3), x)), 'broadcast(0)'],
    ['x s + y s', (g, { x, y, s }) => g.binary('add', g.binary('mul', x, s), g.binary('mul', y, s)), 'mul(add(x, y), s)'],
    ['x y - s x', (g, { x, y, s }) => g.binary('sub', g.binary('mul', x, y), g.binary('mul', s, x)), 'mul(sub(y, s), x)'],
    ['y / s + x / s', (g, { x, y, s }) => g.binary('add', g.binary('div', y, s), g.binary('div', x, s)), 'mul(add(x, y), div(1, s))'],
    ['((s t) + (t s)) (t s)', (g, { s, t }) => g.binary('mul', g.binary('add', g.binary('mul', s, t), g.binary('mul', t, s)), g.binary('mul', t, s)), 'mul(mul(mul(t, s), mul(t, s)), 2)'],
    ['x (s / x)', (g, { x, s }) => g.binary('mul', x, g.binary('div', s, x)), 'broadcast(s)'],
    ['(t s) / s', (g, { s, t }) => g.binary('div', g.binary('mul', t, s), s), 't'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("powers and functions", () => {
  test.each<Case>([
    ['x ** 2', (g, { x }) => g.binary('pow', x, c(g, 2)), 'mul(x, x)'],
    ['x ** 3', (g, { x }) => g.binary('pow', x, c(g, 3)), 'mul(mul(x, x), x)'],
    ['x ** -1', (g, { x }) => g.binary('pow', x, c(g, -1)), 'div(1, x)'],
    ['x ** -2', (g, { x }) => g.binary('pow', x, c(g, -2)), 'mul(div(1, x), div(1, x))'],
    ['x ** 0.5', (g, { x }) => g.binary('pow', x, c(g, 0.5)), 'sqrt(x)'],
    ['x ** 1.5', (g, { x }) => g.binary('pow', x, c(g, 1.5)), 'mul(sqrt(x), x)'],
    ['x ** 0', (g, { x }) => g.binary('pow', x, c(g, 0)), 'broadcast(1)'],
    ['x ** 2.5', (g, { x }) => g.binary('pow', x, c(g, 2.5)), 'pow(x, 2.5)'],
    ['log(exp(x))', (g, { x }) => g.unary('log', g.unary('exp', x)), 'x'],
    ['exp(log(x))', (g, { x }) => g.unary('exp', g.unary('log', x)), 'exp(log(x))'],
    ['log1p(expm1(x))', (g, { x }) => g.unary('log1p', g.unary('expm1', x)), 'x'],
    ['sqrt(x x)', (g, { x }) => g.unary('sqrt', g.binary('mul', x, x)), 'abs(x)'],
    ['sqrt(x) sqrt(x)', (g, { x }) => g.binary('mul', g.unary('sqrt', x), g.unary('sqrt', x)), 'mul(sqrt(x), sqrt(x))'],
    ['sqrt(exp(x)) sqrt(exp(x))', (g, { x }) => g.binary('mul', g.unary('sqrt', g.unary('exp', x)), g.unary('sqrt', g.unary('exp', x))), 'exp(x)'],
    ['sqrt(1 - exp(s)) squared', (g, { s }) => square(g, g.unary('sqrt', g.binary('sub', c(g, 1), g.unary('exp', s)))), 'mul(sqrt(sub(1, exp(s))), sqrt(sub(1, exp(s))))'],
    ['sqrt(1 - sigmoid(s)) squared', (g, { s }) => square(g, g.unary('sqrt', g.binary('sub', c(g, 1), g.unary('sigmoid', s)))), 'sub(1, sigmoid(s))'],
    ['floor(floor(x))', (g, { x }) => g.unary('floor', g.unary('floor', x)), 'floor(x)'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("choices", () => {
  test.each<Case>([
    ['true ? x : y', (g, { x, y }) => g.select(g.scalar(1, 'bool'), x, y), 'x'],
    ['x < y ? x : x', (g, { x, y }) => g.select(g.compare('lt', x, y), x, x), 'x'],
    ['!(x < y) ? x : y', (g, { x, y }) => g.select(g.unary('not', g.compare('lt', x, y)), x, y), 'select(lt(x, y), y, x)'],
    ['x == 0 ? 0 : x 3', (g, { x }) => g.select(g.compare('eq', x, c(g, 0)), c(g, 0), g.binary('mul', x, c(g, 3))), 'mul(x, 3)'],
    ['x == 0 ? 0 : x Infinity', (g, { x }) => g.select(g.compare('eq', x, c(g, 0)), c(g, 0), g.binary('mul', x, c(g, Infinity))), 'select(eq(x, 0), 0, mul(x, Infinity))'],
    ['s == 0 ? 0 : s / 3', (g, { s }) => g.select(g.compare('eq', s, c(g, 0)), c(g, 0), g.binary('div', s, c(g, 3))), 'div(s, 3)'],
    ['(x < y and true) ? x : y', (g, { x, y }) => g.select(g.binary('and', g.compare('lt', x, y), g.scalar(1, 'bool')), x, y), 'select(lt(x, y), x, y)'],
    ['(x < y or true) ? x : y', (g, { x, y }) => g.select(g.binary('or', g.compare('lt', x, y), g.scalar(1, 'bool')), x, y), 'x'],
    ['(x < y and false) ? x : y', (g, { x, y }) => g.select(g.binary('and', g.compare('lt', x, y), g.scalar(0, 'bool')), x, y), 'y'],
    ['float(x < y) 0', (g, { x, y }) => g.binary('mul', g.cast(g.compare('lt', x, y), 'float'), c(g, 0)), 'broadcast(0)'],
    ['float(int(x < y))', (g, { x, y }) => g.cast(g.cast(g.compare('lt', x, y), 'int'), 'float'), 'cast(lt(x, y))'],
    ['float(int(x))', (g, { x }) => g.cast(g.cast(x, 'int'), 'float'), 'cast(cast(x))'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("the order of factors", () => {
  test.each<Case>([
    ['(x s) t', (g, { x, s, t }) => g.binary('mul', g.binary('mul', x, s), t), 'mul(x, mul(t, s))'],
    ['(x s) y', (g, { x, y, s }) => g.binary('mul', g.binary('mul', x, s), y), 'mul(mul(y, x), s)'],
    ['(x s) (x s)', (g, { x, s }) => g.binary('mul', g.binary('mul', x, s), g.binary('mul', x, s)), 'mul(mul(x, x), mul(s, s))'],
    ['(x / s) / s', (g, { x, s }) => g.binary('div', g.binary('div', x, s), s), 'mul(x, mul(div(1, s), div(1, s)))'],
    ['x / y', (g, { x, y }) => g.binary('div', x, y), 'div(x, y)'],
    ['s / t', (g, { s, t }) => g.binary('div', s, t), 'div(s, t)'],
    ['(s m) x, where x is shorter than m', (g, { x, s, m }) => g.binary('mul', g.binary('mul', s, m), x), 'mul(m, mul(x, s))'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("sums", () => {
  test.each<Case>([
    ['sum(-x)', (g, { x }) => g.reduce('sum', g.unary('neg', x), [0]), 'neg(sum(x; axes [0]))'],
    ['sum(s x)', (g, { x, s }) => g.reduce('sum', g.binary('mul', s, x), [0]), 'mul(sum(x; axes [0]), s)'],
    ['sum(x / s)', (g, { x, s }) => g.reduce('sum', g.binary('div', x, s), [0]), 'mul(sum(x; axes [0]), div(1, s))'],
    ['sum(x - s)', (g, { x, s }) => g.reduce('sum', g.binary('sub', x, s), [0]), 'sub(sum(x; axes [0]), mul(s, 4))'],
    ['sum(x + [1, 2, 3, 4])', (g, { x }) => g.reduce('sum', g.binary('add', x, ramp(g, 1)), [0]), 'add(sum(x; axes [0]), 10)'],
    ['sum(((x - y) / s) ** 2)', (g, { x, y, s }) => g.reduce('sum', square(g, g.binary('div', g.binary('sub', x, y), s)), [0]), 'mul(mul(sum(mul(sub(x, y), sub(x, y)); axes [0]), div(1, s)), div(1, s))'],
    ['sum(m x, 0)', (g, { x, m }) => g.reduce('sum', g.binary('mul', m, x), [0]), 'mul(sum(m; axes [0]), x)'],
    ['sum(m x, 1), too small for a kernel', (g, { x, m }) => g.reduce('sum', g.binary('mul', m, x), [1]), 'sum(mul(m, x); axes [1])'],
    ['sum(s repeated)', (g, { s }) => g.reduce('sum', g.broadcast(s, [3, 4]), [0, 1]), 'mul(s, 12)'],
    ['max(s repeated)', (g, { s }) => g.reduce('max', g.broadcast(s, [3, 4]), [0, 1]), 's'],
    ['sum(x repeated, 0)', (g, { x }) => g.reduce('sum', g.broadcast(x, [3, 4]), [0]), 'mul(x, 3)'],
    ['sum(sum(m, 0))', (g, { m }) => g.reduce('sum', g.reduce('sum', m, [0]), [0]), 'sum(m; axes [0,1])'],
    ["sum(m', 0)", (g, { m }) => g.reduce('sum', g.transpose(m, [1, 0]), [0]), 'sum(m; axes [1])'],
    ['sum(m reshaped)', (g, { m }) => g.reduce('sum', g.reshape(m, [2, 6]), [0, 1]), 'sum(m; axes [0,1])'],
    ['sum(m with an axis of size 1, 2)', (g, { m }) => g.reduce('sum', g.reshape(m, [3, 1, 4]), [2]), 'reshape(sum(m; axes [1]))'],
    ['sum(m reshaped, 0)', (g, { m }) => g.reduce('sum', g.reshape(m, [2, 6]), [0]), 'sum(reshape(m); axes [0])'],
    ['sum(x padded)', (g, { x }) => g.reduce('sum', g.pad(x, [2], [1], 0), [0]), 'sum(x; axes [0])'],
    ['sum(s < t ? 0 : x)', (g, { x, s, t }) => g.reduce('sum', g.select(g.compare('lt', s, t), c(g, 0), x), [0]), 'select(lt(s, t), 0, sum(x; axes [0]))'],
    ['sum(x - y) of what is needed anyway', (g, { x, s }) => ((d) => [g.reduce('sum', d, [0]), d])(g.binary('sub', x, s)), 'sum(sub(x, s); axes [0]), sub(x, s)'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("products of matrices", () => {
  test.each<Case>([
    ["m'' ", (g, { m }) => g.transpose(g.transpose(m, [1, 0]), [1, 0]), 'm'],
    ["(n' m')'", (g, { m, n }) => g.transpose(g.dot(g.transpose(n, [1, 0]), g.transpose(m, [1, 0])), [1, 0]), 'dot(m, n)'],
    ["(m n)'", (g, { m, n }) => g.transpose(g.dot(m, n), [1, 0]), "dot(n', m')"],
    ["(n' m' with flags)'", (g, { m, n }) => g.transpose(g.dot(n, m, true, true), [1, 0]), 'dot(m, n)'],
    ["(m' with a flag m)'", (g, { m }) => g.transpose(g.dot(m, m, true, false), [1, 0]), "dot(m', m)"],
    ['column row', (g, { x, y }) => g.dot(g.reshape(x, [4, 1]), g.reshape(y, [1, 4])), 'mul(reshape(y), reshape(x))'],
    ['row column, both transposed', (g, { x, y }) => g.dot(g.reshape(x, [1, 4]), g.reshape(y, [4, 1]), true, true), 'mul(reshape(y), reshape(x))'],
    ['m (s n), n the longer', (g, { s, m, n }) => g.dot(m, g.binary('mul', s, n)), 'mul(dot(m, n), s)'],
    ['(-m) n, with more results than entries of m', (g, { m, n }) => g.dot(g.unary('neg', g.broadcast(g.reshape(m, [1, 3, 4]), [1, 3, 4])), n), 'dot(reshape(neg(m)), n)'],
    ['sum(u w[:, None], 0)', (g, { w, u }) => g.reduce('sum', g.binary('mul', u, g.reshape(w, [40, 1])), [0]), "reshape(dot(u', reshape(w)))"],
    ['sum(u p, 1)', (g, { x, u }) => g.reduce('sum', g.binary('mul', u, g.slice(x, [0], [3])), [1]), 'reshape(dot(u, reshape(slice(x, 0:3))))'],
    ["sum(u[:, None] n'[None, :3], 2)", (g, { n, u }) => g.reduce('sum', g.binary('mul', g.reshape(u, [40, 1, 3]), g.reshape(g.slice(n, [0, 0], [4, 3]), [1, 4, 3])), [2]), "dot(u, slice(n, 0:4, 0:3)')"],
    ['one-hot m', (g, { m }) => g.dot(oneHot(g), m), 'gather(m, constant(1, 0, 2, 1); axis 0)'],
    ["m' one-hot'", (g, { m }) => g.dot(m, g.transpose(oneHot(g), [1, 0]), true), "dot(m', constant(0, 1, 0, 0, 1, 0, ...))"],
    ["one-hot' n", (g, { n }) => g.dot(oneHot(g), n, true), 'scatterAdd(n at constant(1, 0, 2, 1))'],
    ["not quite one-hot' n", (g, { n }) => g.dot(g.constant([1, 1, 0, 0, 0, 1, 1, 0], [4, 2], 'float'), n, true), "dot(constant(1, 1, 0, 0, 0, 1, ...)', n)"],
    ["sum(u[None] n'[:3, None], 2)", (g, { n, u }) => g.reduce('sum', g.binary('mul', g.reshape(u, [1, 40, 3]), g.reshape(g.slice(n, [0, 0], [4, 3]), [4, 1, 3])), [2]), "dot(slice(n, 0:4, 0:3), u')"],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("slices and gathers", () => {
  test.each<Case>([
    ['x[1:4][1:3]', (g, { x }) => g.slice(g.slice(x, [1], [3]), [1], [2]), 'slice(x, 2:4)'],
    ['x[::-1][::-1]', (g, { x }) => g.slice(g.slice(x, [3], [4], [-1]), [3], [4], [-1]), 'x'],
    ['q[10::2][5::3]', (g, { q }) => g.slice(g.slice(q, [10], [40], [2]), [5], [10], [3]), 'slice(q, 20:80:6)'],
    ['slice of a broadcast', (g, { x }) => g.slice(g.broadcast(x, [3, 4]), [1, 1], [2, 2]), 'broadcast(slice(x, 1:3))'],
    ['slice within a concat', (g, { x, y }) => g.slice(g.concat([x, y], 0), [5], [2]), 'slice(y, 1:3)'],
    ['slice across a concat', (g, { x, y }) => g.slice(g.concat([x, y], 0), [3], [2]), 'slice(assemble(x at [0], y at [4]; in 0), 3:5)'],
    ['slice within a pad', (g, { x }) => g.slice(g.pad(x, [2], [1], 0), [3], [2]), 'slice(x, 1:3)'],
    ['x[[0, 1, 2, 3]]', (g, { x }) => g.gather(x, g.constant([0, 1, 2, 3], [4], 'int'), 0), 'x'],
    ['x[[3, 2, 1]]', (g, { x }) => g.gather(x, g.constant([3, 2, 1], [3], 'int'), 0), 'slice(x, 3:0:-1)'],
    ['x[2]', (g, { x }) => g.gather(x, g.constant([2], [], 'int'), 0), 'reshape(slice(x, 2:3))'],
    ['x[[1, 1, 1]]', (g, { x }) => g.gather(x, g.constant([1, 1, 1], [3], 'int'), 0), 'broadcast(reshape(slice(x, 1:2)))'],
    ['x[[0, 1, 3]]', (g, { x }) => g.gather(x, g.constant([0, 1, 3], [3], 'int'), 0), 'gather(x, constant(0, 1, 3); axis 0)'],
    ['m[:, [1, 2]]', (g, { m }) => g.gather(m, g.constant([1, 2], [2], 'int'), 1), 'slice(m, 0:3, 1:3)'],
    ['exp(s x[i]), i longer than x', (g, { x, s }) => g.unary('exp', g.binary('mul', s, g.gather(x, groups(g), 0))), 'gather(exp(mul(x, s)), constant(0, 2, 1, 1, 3, 0); axis 0)'],
    ['x[i] + y[i]', (g, { x, y }) => g.binary('add', g.gather(x, groups(g), 0), g.gather(y, groups(g), 0)), 'gather(add(x, y), constant(0, 2, 1, 1, 3, 0); axis 0)'],
    ['x[i] + y[j]', (g, { x, y }) => g.binary('add', g.gather(x, groups(g), 0), g.gather(y, g.constant([0, 0, 1, 1, 3, 3], [6], 'int'), 0)), 'add(gather(x, constant(0, 2, 1, 1, 3, 0); axis 0), gather(y, constant(0, 0, 1, 1, 3, 3); axis 0))'],
    ['scatter to consecutive rows', (g, { x }) => g.scatterAdd(x, g.constant([2, 3, 4, 5], [4], 'int'), 7), 'assemble(x at [2]; in 0)'],
    ['scatter of s x', (g, { s, q }) => g.scatterAdd(g.binary('mul', s, g.slice(q, [0], [6])), groups(g), 4), 'mul(scatterAdd(slice(q, 0:6) at constant(0, 2, 1, 1, 3, 0)), s)'],
    ['scatter of s alone', (g, { s }) => g.scatterAdd(g.broadcast(s, [6]), groups(g), 4), 'mul(s, constant(2, 2, 1, 1))'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("data of few values", () => {
  test.each<Case>([
    ['erf(s + data)', (g, { s }) => g.special('erf', g.binary('add', s, counts(g))), 'gather(erf(add(s, constant(0, 2, 5))), constant(0, 1, 1, 0, 2, 0, ...); axis 0)'],
    ['s ** data', (g, { s }) => g.binary('pow', s, counts(g)), 'gather(pow(s, constant(0, 2, 5)), constant(0, 1, 1, 0, 2, 0, ...); axis 0)'],
    ['sum(erf(s + data) data)', (g, { s }) => g.reduce('sum', g.binary('mul', g.special('erf', g.binary('add', s, counts(g))), counts(g)), [0]), 'sum(mul(mul(erf(add(s, constant(0, 2, 5))), constant(0, 2, 5)), constant(6, 4, 2)); axes [0])'],
    ['erf(s data) + other data', (g, { s, q }) => g.binary('add', g.special('erf', g.binary('mul', s, counts(g))), g.slice(q, [0], [12])), 'add(gather(erf(mul(s, constant(0, 2, 5))), constant(0, 1, 1, 0, 2, 0, ...); axis 0), slice(q, 0:12))'],
    ['s data', (g, { s }) => g.binary('mul', s, counts(g)), 'mul(s, constant(0, 2, 2, 0, 5, 0, ...))'],
    ['erf(s + data) of many values', (g, { s }) => g.special('erf', g.binary('add', s, ramp(g, 1))), 'erf(add(s, constant(1, 2, 3, 4)))'],
    ['sum(x[i])', (g, { x }) => g.reduce('sum', g.gather(x, groups(g), 0), [0]), 'sum(mul(x, constant(2, 2, 1, 1)); axes [0])'],
    ['exp(x[i]) and x[i]', (g, { x }) => ((v) => [g.unary('exp', v), g.unary('neg', v)])(g.gather(x, groups(g), 0)), 'gather(exp(x), constant(0, 2, 1, 1, 3, 0); axis 0), gather(neg(x), constant(0, 2, 1, 1, 3, 0); axis 0)'],
    ['x[i] and x[i] + s', (g, { x, s }) => ((v) => [g.unary('neg', v), g.binary('add', v, s), v])(g.gather(x, groups(g), 0)), 'neg(gather(x, constant(0, 2, 1, 1, 3, 0); axis 0)), add(s, gather(x, constant(0, 2, 1, 1, 3, 0); axis 0)), gather(x, constant(0, 2, 1, 1, 3, 0); axis 0)'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("tiny arrays", () => {
  test.each<Case>([
    ['(2 stack(s, t))[0]', (g, { s, t }) => g.slice(g.binary('mul', stack(g, s, t), c(g, 2)), [0], [1]), 'reshape(mul(s, 2))'],
    ['(stack(s, t) + x[:2])[1]', (g, { x, s, t }) => g.slice(g.binary('add', stack(g, s, t), g.slice(x, [0], [2])), [1], [1]), 'reshape(add(t, reshape(slice(x, 1:2))))'],
    ['sum(stack(s, t) [1, 2])', (g, { s, t }) => g.reduce('sum', g.binary('mul', stack(g, s, t), g.constant([1, 2], [2], 'float')), [0]), 'add(s, mul(t, 2))'],
    ['(stack(s, t)[:, None] - stack(t, s))[0, 0]', (g, { s, t }) => g.slice(g.binary('sub', g.reshape(stack(g, s, t), [2, 1]), stack(g, t, s)), [0, 0], [1, 1]), 'reshape(sub(s, t))'],
    ['sum(stack(s, t)[:, None] - [1, 2])', (g, { s, t }) => g.reduce('sum', g.binary('mul', g.reshape(stack(g, s, t), [2, 1]), g.constant([1, 2], [2], 'float')), [0, 1]), 'add(mul(t, 2), add(t, mul(s, 3)))'],
    ['exp(stack(s, t))[0]', (g, { s, t }) => g.slice(g.unary('exp', stack(g, s, t)), [0], [1]), 'slice(exp(assemble(reshape(s) at [0], reshape(t) at [1]; in 0)), 0:1)'],
    ['2 stack(s, t), not taken apart', (g, { s, t }) => g.binary('mul', stack(g, s, t), c(g, 2)), 'mul(assemble(reshape(s) at [0], reshape(t) at [1]; in 0), 2)'],
    ['2 stack(s, t), needed both ways', (g, { s, t }) => ((v) => [g.slice(v, [0], [1]), v])(g.binary('mul', stack(g, s, t), c(g, 2))), 'reshape(mul(s, 2)), assemble(reshape(mul(s, 2)) at [0], reshape(mul(t, 2)) at [1]; in 0)'],
    ['x[0], where nothing was put together', (g, { x }) => g.slice(g.binary('mul', x, c(g, 2)), [0], [1]), 'slice(mul(x, 2), 0:1)'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});

describe("assembling", () => {
  test.each<Case>([
    ['a pad', (g, { x }) => g.pad(x, [1], [2], 3), 'assemble(x at [1]; in 3)'],
    ['a concat', (g, { x, y }) => g.concat([x, y], 0), 'assemble(x at [0], y at [4]; in 0)'],
    ['a concat of concats', (g, { x, y }) => g.concat([x, g.concat([y, x], 0)], 0), 'assemble(x at [0], y at [4], x at [8]; in 0)'],
    ['pads of apart', (g, { x, y }) => g.binary('add', g.pad(x, [4], [1], 0), g.pad(y, [0], [5], 0)), 'assemble(y at [0], x at [4]; in 0)'],
    ['pads of apart, one subtracted', (g, { x, y }) => g.binary('sub', g.pad(x, [4], [1], 0), g.pad(y, [0], [5], 0)), 'assemble(neg(y) at [0], x at [4]; in 0)'],
    ['pads that overlap', (g, { x, y }) => g.binary('add', g.pad(x, [3], [2], 0), g.pad(y, [0], [5], 0)), 'accumulate(x at [3], y at [0]; in 0)'],
    ['pads that broadcast', (g, { x }) => g.binary('add', g.reshape(g.pad(x, [1], [0], 0), [1, 5]), g.pad(x, [0], [1], 0)), 'add(reshape(assemble(x at [1]; in 0)), assemble(x at [0]; in 0))'],
    ['pads of one place', (g, { x, y, s }) => g.binary('add', g.pad(x, [3], [2], 0), g.binary('sub', g.pad(s1(g, s), [0], [8], 0), g.pad(y, [3], [2], 0))), 'assemble(reshape(s) at [0], sub(x, y) at [3]; in 0)'],
    ['a pad and an array', (g, { y, s }) => g.binary('add', g.pad(s1(g, s), [2], [1], 0), y), 'accumulate(y at [0], reshape(s) at [2]; in 0)'],
    ['pads and arrays', (g, { x, y, s, t }) => g.binary('add', g.binary('add', x, g.pad(s1(g, s), [2], [1], 0)), g.binary('sub', y, g.pad(s1(g, t), [0], [3], 0))), 'accumulate(add(x, y) at [0], reshape(s) at [2], reshape(neg(t)) at [0]; in 0)'],
    ['pads whose sum is needed in between', (g, { s, t }) => ((p) => [p, g.binary('add', p, g.pad(s1(g, t), [1], [2], 0))])(g.binary('add', g.pad(s1(g, s), [2], [1], 0), g.pad(s1(g, t), [0], [3], 0))), 'assemble(reshape(t) at [0], reshape(s) at [2]; in 0), accumulate(assemble(reshape(t) at [0], reshape(s) at [2]; in 0) at [0], reshape(t) at [1]; in 0)'],
  ])('%s', (_, make, expected) => expect(optimised(make)).toBe(expected));
});
