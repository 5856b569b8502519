/** @file Modules that the engine must accept and run. */
import type { FunctionBuilder, Local, ValueType } from '../../../src/wasm/encode/functionBuilder.ts';
import { ModuleBuilder } from '../../../src/wasm/encode/moduleBuilder.ts';
import type { PlainOp } from '../../../src/wasm/encode/opcodes.ts';
import { PLAIN_BYTES } from '../../../src/wasm/encode/opcodes.ts';
import { splatOfNumber } from '../../../src/wasm/math/vectorConstants.ts';
import { supportsRelaxedSimd } from '../../../src/wasm/relaxedSimd.ts';

const bytesOf = (module: ModuleBuilder): Uint8Array<ArrayBuffer> => module.toBytes() as Uint8Array<ArrayBuffer>;

interface Running {
  readonly run: (...args: number[]) => number;
  readonly memory: WebAssembly.Memory;
}

/** An instance of a module with the one function. */
function running(params: readonly ValueType[], results: readonly ValueType[], write: (f: FunctionBuilder) => void): Running {
  const module = new ModuleBuilder();
  module.export('run', module.function(params, results, write));
  module.requireMemory(1);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(module)), { host: { memory } });
  return { run: instance.exports['run'] as Running['run'], memory };
}

/** Operand and result types of an instruction from its name in the text format. */
function typesOf(name: string): { readonly from: ValueType[]; readonly to: ValueType[] } | undefined {
  const [shape = '', op = ''] = name.split('.');
  const scalar = (['i32', 'i64', 'f32', 'f64'] as const).find((type) => type === shape);
  if (scalar === undefined) return vectorTypesOf(shape, op);
  const source = /_(i32|i64|f32|f64)(_[su])?$/.exec(op)?.[1] as ValueType | undefined;
  if (source !== undefined) return { from: [source], to: [scalar] };
  if (op === 'eqz') return { from: [scalar], to: ['i32'] };
  if (/^(eq|ne|lt|gt|le|ge)(_[su])?$/.test(op)) return { from: [scalar, scalar], to: ['i32'] };
  if (/^(clz|ctz|popcnt|abs|neg|ceil|floor|trunc|nearest|sqrt)$/.test(op)) return { from: [scalar], to: [scalar] };
  return { from: [scalar, scalar], to: [scalar] };
}

function vectorTypesOf(shape: string, op: string): { readonly from: ValueType[]; readonly to: ValueType[] } | undefined {
  if (shape === '' || op === '') return undefined;
  if (op === 'splat') {
    const lane: ValueType = shape.startsWith('f64') ? 'f64' : shape.startsWith('f32') ? 'f32' : shape === 'i64x2' ? 'i64' : 'i32';
    return { from: [lane], to: ['v128'] };
  }
  if (/^(any_true|all_true|bitmask)$/.test(op)) return { from: ['v128'], to: ['i32'] };
  if (/^sh[lr]/.test(op)) return { from: ['v128', 'i32'], to: ['v128'] };
  if (/^(bitselect|relaxed_madd|relaxed_nmadd)$/.test(op)) return { from: ['v128', 'v128', 'v128'], to: ['v128'] };
  const unary = /^(not|abs|neg|ceil|floor|trunc|nearest|sqrt|extend_|demote_|promote_|trunc_sat|convert_)/.test(op);
  return { from: unary ? ['v128'] : ['v128', 'v128'], to: ['v128'] };
}

test.each([...PLAIN_BYTES.keys()])('the engine knows %s by its byte', (name) => {
  const types = typesOf(name);
  if (types === undefined || (name.includes('relaxed') && !supportsRelaxedSimd())) return;
  const module = new ModuleBuilder();
  module.function(types.from, types.to, (f) => {
    types.from.forEach((_, i) => f.get(f.param(i)));
    f.op(name as PlainOp);
  });
  expect(WebAssembly.validate(bytesOf(module))).toBe(true);
});

test('structured control: loops, blocks and branches out of them', () => {
  // The number of steps of Collatz from n to 1.
  const { run } = running(['i32'], ['i32'], (f) => {
    const [n, steps] = [f.param(0), f.local('i32')];
    f.block((done) => {
      f.loop((again) => {
        f.get(n).i32(1).op('i32.eq').brIf(done);
        f.increment(steps, 1);
        f.get(n).i32(1).op('i32.and').if(
          () => f.get(n).i32(3).op('i32.mul').i32(1).op('i32.add').set(n),
          () => f.get(n).i32(1).op('i32.shr_u').set(n),
        );
        f.br(again);
      });
    });
    f.get(steps);
  });
  expect([1, 2, 6, 27].map((n) => run(n))).toEqual([0, 1, 8, 111]);
});

test('forRange: begin, steps, end', () => {
  const visited = (begin: number, end: number, step: number): number[] => {
    const { run, memory } = running([], [], (f) => {
      const [i, at] = [f.local('i32'), f.local('i32')];
      f.forRange(i, begin, end, step, () => f.get(at).get(i).memory('i32.store', 4).increment(at, 4));
    });
    run();
    const seen = new Int32Array(memory.buffer, 4);
    return [...seen.subarray(0, seen.findLastIndex((x) => x !== 0) + 1)];
  };
  expect(visited(1, 8, 3)).toEqual([1, 4, 7]);
  expect(visited(1, 7, 3)).toEqual([1, 4]);
  expect(visited(5, 5, 1)).toEqual([]);
  expect(visited(6, 5, 1)).toEqual([]);
});

test('constants of loops are set before the outermost, and loops do not mix them up', () => {
  const bytes = (x: number): Uint8Array => splatOfNumber('float64', x);
  expect(bytes(10)).toBe(bytes(10));
  expect([...new Float64Array(bytes(10).buffer)]).toEqual([10, 10]);
  const { run } = running([], ['f64'], (f) => {
    expect(f.hoisted(bytes(1))).toBeUndefined();
    const [i, j, sum] = [f.local('i32'), f.local('i32'), f.local('f64')];
    const add = (x: number): void => {
      const constant = f.hoisted(bytes(x));
      expect(f.hoisted(bytes(x))).toBe(constant);
      f.get(sum).get(constant!).lane('f64x2.extract_lane', 1).op('f64.add').set(sum);
    };
    f.forRange(i, 0, 3, 1, () => {
      add(1);
      // A temporary between: it must not be the local of a constant that is asked for after it.
      f.scoped(() => f.v128(bytes(-1)).set(f.local('v128')));
      f.forRange(j, 0, 2, 1, () => add(10));
      add(100);
    });
    f.forRange(i, 0, 2, 1, () => add(1000));
    f.get(sum);
  });
  expect(run()).toBe(3 * (1 + 2 * 10 + 100) + 2 * 1000);
});

test('locals given back are used again, and parameters come first', () => {
  let locals: Local[] = [];
  const { run } = running(['f64', 'f64'], ['f64'], (f) => {
    const a = f.local('f64');
    f.release('f64', a);
    const b = f.local('f64');
    let inside: Local | undefined;
    f.scoped(() => {
      inside = f.local('i32');
    });
    locals = [a, b, inside!, f.local('i32')];
    f.get(f.param(0)).get(f.param(1)).op('f64.sub').set(b).get(b);
  });
  expect(locals).toEqual([2, 2, 3, 3]);
  expect(run(5, 3)).toBe(2);
});

test('imports, functions that call one another, and exports by name', () => {
  const module = new ModuleBuilder();
  const twice = module.importFunction('host', 'twice', ['f64'], ['f64']);
  const later = module.declare(['f64'], ['f64']);
  const main = module.function(['f64'], ['f64'], (f) => f.get(f.param(0)).call(later).call(twice));
  module.define(later, (f) => f.get(f.param(0)).f64(1).op('f64.add'));
  module.export('main', main);
  const memory = new WebAssembly.Memory({ initial: 0 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(module)), { host: { memory, twice: (x: number) => 2 * x } });
  expect((instance.exports['main'] as (x: number) => number)(20)).toBe(42);
});

test('data in memory from the start, at any address', () => {
  const module = new ModuleBuilder();
  module.data(100, Uint8Array.of(1, 2, 3));
  module.data(70_000, Uint8Array.of(255, 0, 128));
  const memory = new WebAssembly.Memory({ initial: 2 });
  new WebAssembly.Instance(new WebAssembly.Module(bytesOf(module)), { host: { memory } });
  const bytes = new Uint8Array(memory.buffer);
  expect([...bytes.subarray(99, 104)]).toEqual([0, 1, 2, 3, 0]);
  expect([...bytes.subarray(70_000, 70_003)]).toEqual([255, 0, 128]);
});

test('what cannot be encoded is refused', () => {
  const module = new ModuleBuilder();
  const index = module.declare([], []);
  expect(() => module.toBytes()).toThrow('declared but not defined');
  expect(() => module.importFunction('host', 'late', [], [])).toThrow('imports must come before functions');
  expect(() => module.define(index + 1, () => {})).toThrow('was not declared');
});

test('a module of 60,000 instructions', () => {
  const { run } = running(['f64'], ['f64'], (f) => {
    f.get(f.param(0));
    for (let i = 0; i < 60_000; i++) f.f64(1).op('f64.add');
  });
  expect(run(0.5)).toBe(60_000.5);
});
