/** @file One, two or four numbers at once: the same results as JavaScript's numbers. */
import type { Local } from '../../../src/wasm/encode/functionBuilder.ts';
import { ModuleBuilder } from '../../../src/wasm/encode/moduleBuilder.ts';
import type { Lanes, Precision } from '../../../src/wasm/lanes/lanes.ts';
import { ScalarLanes } from '../../../src/wasm/lanes/scalar.ts';
import { VectorLanes } from '../../../src/wasm/lanes/vector.ts';
import { supportsRelaxedSimd } from '../../../src/wasm/relaxedSimd.ts';

type Body = (lanes: Lanes, a: Local, b: Local) => Local;

type Kind = readonly [precision: Precision, form: 'scalar' | 'vector', relaxed: boolean];

const KINDS: readonly Kind[] = [
  ['float64', 'scalar', false],
  ['float64', 'vector', false],
  ['float32', 'scalar', false],
  ['float32', 'vector', false],
  ...(supportsRelaxedSimd() ? ([['float64', 'vector', true], ['float32', 'vector', true]] as const) : []),
];

/** Special values first; a multiple of four in all. */
const A = [0, -0, 1, -1, Infinity, -Infinity, NaN, 2.5, -2.5, 3.5, 0.1, -7.75, 1e30, 1e-30, 2, 5];
const B = [-0, 0, NaN, 2, Infinity, 3, 1, -2.5, 0.5, 2, 0.3, 3, 1e10, 2, 2, -3];

/** The body at each pair of A and B, through loads and stores of neighbours. */
function run(kind: Kind, body: Body): number[] {
  const [precision, form, relaxed] = kind;
  const module = new ModuleBuilder();
  const size = precision === 'float64' ? 8 : 4;
  const column = A.length * size;
  const index = module.function([], [], (f) => {
    const lanes: Lanes = form === 'vector' ? new VectorLanes(f, precision, relaxed) : new ScalarLanes(f, precision);
    expect([lanes.size, lanes.precision]).toEqual([size, precision]);
    const at = f.local('i32');
    f.forRange(at, 0, column, lanes.count * size, () => {
      lanes.store(at, 2 * column, body(lanes, lanes.load(at, 0), lanes.load(at, column)));
    });
  });
  module.export('run', index);
  module.requireMemory(3 * column);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const array = precision === 'float64' ? new Float64Array(memory.buffer) : new Float32Array(memory.buffer);
  array.set([...A, ...B]);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes() as Uint8Array<ArrayBuffer>), { host: { memory } });
  (instance.exports['run'] as () => void)();
  return Array.from(array.subarray(2 * A.length, 3 * A.length));
}

/** The same by JavaScript: operands rounded first, the result last. */
function plainly(precision: Precision, f: (a: number, b: number) => number): number[] {
  const round = precision === 'float64' ? (x: number): number => x : Math.fround;
  return A.map((a, i) => round(f(round(a), round(B[i]!))));
}

const nearest = (x: number): number => {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Object.is(x, -0) ? x : Math.round(x);
  return down % 2 === 0 ? down : down + 1;
};

const number = (truth: boolean): number => (truth ? 1 : 0);

const OPERATIONS: Readonly<Record<string, readonly [Body, (a: number, b: number) => number]>> = {
  add: [(l, a, b) => l.add(a, b), (a, b) => a + b],
  sub: [(l, a, b) => l.sub(a, b), (a, b) => a - b],
  mul: [(l, a, b) => l.mul(a, b), (a, b) => a * b],
  div: [(l, a, b) => l.div(a, b), (a, b) => a / b],
  min: [(l, a, b) => l.min(a, b), Math.min],
  max: [(l, a, b) => l.max(a, b), Math.max],
  neg: [(l, a) => l.neg(a), (a) => -a],
  abs: [(l, a) => l.abs(a), Math.abs],
  sqrt: [(l, a) => l.sqrt(a), Math.sqrt],
  floor: [(l, a) => l.floor(a), Math.floor],
  ceil: [(l, a) => l.ceil(a), Math.ceil],
  trunc: [(l, a) => l.trunc(a), Math.trunc],
  nearest: [(l, a) => l.nearest(a), nearest],
  constant: [(l) => l.constant(-0.1), () => -0.1],
  eq: [(l, a, b) => l.fromMask(l.eq(a, b)), (a, b) => number(a === b)],
  ne: [(l, a, b) => l.fromMask(l.ne(a, b)), (a, b) => number(a !== b)],
  lt: [(l, a, b) => l.fromMask(l.lt(a, b)), (a, b) => number(a < b)],
  le: [(l, a, b) => l.fromMask(l.le(a, b)), (a, b) => number(a <= b)],
  and: [(l, a, b) => l.fromMask(l.and(l.toMask(a), l.lt(a, b))), (a, b) => number(a !== 0 && a < b)],
  or: [(l, a, b) => l.fromMask(l.or(l.toMask(a), l.lt(a, b))), (a, b) => number(a !== 0 || a < b)],
  not: [(l, a, b) => l.fromMask(l.not(l.lt(a, b))), (a, b) => number(!(a < b))],
  select: [(l, a, b) => l.select(l.lt(a, b), a, b), (a, b) => (a < b ? a : b)],
  pack: [
    (l, a, b) => l.sub(l.pack(Array.from({ length: l.count }, (_, i) => l.extract(a, i))), b),
    (a, b) => a - b,
  ],
};

describe.each(KINDS)('%s %s, relaxed %s', (...kind) => {
  test.each(Object.entries(OPERATIONS))('%s', (_, [body, f]) => {
    expect(run(kind, body)).toEqual(plainly(kind[0], f));
  });

  test('mulAdd, rounded once or twice', () => {
    const actual = run(kind, (l, a, b) => l.mulAdd(a, b, a));
    const expected = plainly(kind[0], (a, b) => a * b + a);
    const epsilon = kind[0] === 'float64' ? 2 ** -52 : 2 ** -23;
    actual.forEach((value, i) => {
      const difference = Math.abs(value - expected[i]!);
      expect(Object.is(value, expected[i]) || value === expected[i] || difference <= 2 * epsilon * Math.abs(A[i]!)).toBe(true);
    });
  });

  test('splat and loadSplat put one number in every lane', () => {
    expect(run(kind, (l, a) => l.splat(l.extract(a, 0))).filter((_, i) => i % 4 === 0)).toEqual(plainly(kind[0], (a) => a).filter((_, i) => i % 4 === 0));
    const third = run(kind, (l) => {
      const zero = l.f.local('i32');
      l.f.i32(0).set(zero);
      return l.loadSplat(zero, 2 * l.size);
    });
    expect(new Set(third)).toEqual(new Set([1]));
  });
});
