/** @file Updates that are part of a program, against the optimiser's own steps. */
import * as tf from '@tensorflow/tfjs-core';
import { compile } from '@tychejs/jit';
import { ready } from '../../src/backend/ready.ts';
import { adam, clip, schedule, sgd } from '../../src/optim/index.ts';
import type { FusedUpdate, Optimizer, ParameterGradient } from '../../src/optim/index.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { makers } from './makers.ts';
import { parameter } from './parameter.ts';

/** Holds values and moments as a program would, and does what its owner does. */
class Program {
  private readonly parameters: readonly ParameterGradient[];
  private readonly update: FusedUpdate;
  /** The program's own memory. */
  private moments: Float32Array[][];
  isReclaimed = false;

  constructor(optimizer: Optimizer, parameters: readonly ParameterGradient[]) {
    this.parameters = parameters;
    const fused = parameters.map(({ name, variable, value }) => ({ name, variable, size: value.length }));
    this.update = optimizer.fuse!(fused, () => {
      this.isReclaimed = true;
      this.moments.forEach((own, i) => own.forEach((moment, k) => this.update.moments[i]![k]!.set(moment)));
    });
    this.moments = this.update.moments.map((own) => own.map((moment) => moment.slice()));
  }

  step(): void {
    const { update, parameters } = this;
    const scalars = new Float32Array(update.numScalars).fill(NaN);
    update.scalars(scalars);
    expect(scalars.some(Number.isNaN)).toBe(false);
    tf.tidy(() => {
      const column = (numbers: Float32Array): tf.Tensor => tf.tensor2d(numbers.slice(), [numbers.length, 1]);
      const inside = parameters.map(({ value, gradient }, i) => ({
        value: column(value),
        gradient: column(gradient),
        moments: this.moments[i]!.map(column),
      }));
      const next = update.next(inside, tf.tensor1d(scalars));
      next.forEach(({ value, moments }, i) => {
        expect([value, ...moments].map(({ shape }) => shape)).toEqual([value, ...moments].map(() => inside[i]!.value.shape));
        parameters[i]!.value.set(value.dataSync());
        this.moments[i] = moments.map((moment) => new Float32Array(moment.dataSync()));
      });
    });
    update.advance();
  }
}

/** Two parameters, and new gradients for each step. */
function problem(): { parameters: ReturnType<typeof parameter>[]; draw: () => void } {
  const stream = RandomStream.fromSeed(11);
  const parameters = [parameter('x', [0, 0, 0], [1, -2, 0.5]), parameter('y', [0], [3])];
  return {
    parameters,
    draw: () => {
      for (const { gradient } of parameters) gradient.forEach((_, i) => (gradient[i] = stream.normal() * 10 ** (i - 1) + 0.1));
    },
  };
}

function expectClose(actual: readonly ParameterGradient[], expected: readonly ParameterGradient[]): void {
  actual.forEach(({ value }, p) =>
    value.forEach((number, i) => {
      const wanted = expected[p]!.value[i]!;
      // The program computes in float32: some units of the seventh digit a step, over twenty steps.
      expect(Math.abs(number - wanted)).toBeLessThan(2e-5 * Math.max(1, Math.abs(wanted)));
    }),
  );
}

beforeAll(() => ready({ backend: 'cpu' }));

describe('a program does what steps do', () => {
  test.each(makers)('%s', (_, make) => {
    const [stepped, fused] = [make(), make()];
    const [here, there] = [problem(), problem()];
    let program = new Program(fused, there.parameters);
    for (let i = 0; i < 20; i++) {
      here.draw();
      there.draw();
      if (i === 6 || i === 13) {
        // Saved and restored in the middle, which ends the program.
        const state = fused.getState();
        expect(program.isReclaimed).toBe(true);
        expect(Object.keys(state.parameters)).toEqual(['x', 'y']);
        if (i === 13) fused.setState(state);
        program = new Program(fused, there.parameters);
      }
      stepped.step(here.parameters);
      // A step of the optimiser's own among those of the program.
      if (i === 9) {
        fused.step(there.parameters);
        program = new Program(fused, there.parameters);
      } else {
        program.step();
      }
      const loss = Math.max(-4, -i);
      stepped.observe?.(loss);
      fused.observe?.(loss);
      expectClose(there.parameters, here.parameters);
    }
    expect(fused.getState().steps).toBe(20);
    const [mine, others] = [fused.getState(), stepped.getState()];
    expect(mine.layers).toEqual(others.layers);
    expect(mine.parameters['x']!.updates).toBe(20);
    const moments = (state: typeof mine): number[] => Object.values(state.parameters).flatMap((own) => own.moments.flatMap((moment) => [...moment]));
    expect(moments(mine)).toEqual(moments(others).map((moment) => expect.closeTo(moment, 3)));
  });
});

describe('compiled, it does what steps do', () => {
  test.each(makers)('%s', async (_, make) => {
    const [stepped, fused] = [make(), make()];
    const { parameters: [x], draw } = problem();
    const { name, variable, value, gradient } = x!;
    const inside = { value: [...value], moments: [] as ArrayLike<number>[] };
    const update = fused.fuse!([{ name, variable: { ...variable }, size: value.length }], () => {});
    inside.moments = [...update.moments[0]!];
    const program = await compile(
      (scalars, ofValue, ofGradient, ...moments) => {
        const [next] = update.next([{ value: ofValue!, gradient: ofGradient!, moments }], scalars!);
        return [next!.value, ...next!.moments];
      },
      { inputs: [[update.numScalars], ...[1, 2, ...inside.moments].map(() => [3])].map((shape) => ({ shape })), precision: 'float32' },
    );
    for (let i = 0; i < 10; i++) {
      draw();
      stepped.step([x!]);
      const scalars = new Float32Array(update.numScalars);
      update.scalars(scalars);
      const { outputs } = program.run(scalars, inside.value, gradient, ...inside.moments);
      const [next, ...moments] = outputs.map((output) => [...(output as ArrayLike<number> & Iterable<number>)]);
      Object.assign(inside, { value: next, moments });
      update.advance();
      // Ten steps in float32.
      inside.value.forEach((number, k) => expect(Math.abs(number - value[k]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value[k]!))));
    }
  });
});

describe('who has the moments', () => {
  test('another program ends the first, whose use is refused', () => {
    const optimizer = schedule(adam(), { gamma: 0.5 });
    const { parameters, draw } = problem();
    draw();
    const [first, second] = [new Program(optimizer, parameters), new Program(optimizer, parameters)];
    expect([first.isReclaimed, second.isReclaimed]).toEqual([true, false]);
    expect(() => first.step()).toThrow(/optim\.adam: this fused update is over.*; fuse again/);
    second.step();
    expect(optimizer.getState()).toMatchObject({ steps: 1, layers: [{ numbers: { steps: 1 } }] });
  });

  test('a refused state leaves the program its moments', () => {
    const optimizer = adam();
    const { parameters, draw } = problem();
    draw();
    const program = new Program(optimizer, parameters);
    expect(() => optimizer.setState(sgd().getState())).toThrow(/optim\.adam: the state given is one of optim\.sgd/);
    program.step();
    expect(program.isReclaimed).toBe(false);
  });

  test('gradients of zero are clipped to zero', () => {
    const { parameters } = problem();
    const before = parameters.map(({ value }) => [...value]);
    new Program(clip(sgd({ lr: 1 }), { norm: 1 }), parameters).step();
    expect(parameters.map(({ value }) => [...value])).toEqual(before);
  });

  test('a layer around an optimiser that cannot be fused cannot be either', () => {
    const own: Optimizer = { step: () => {}, getState: () => sgd().getState(), setState: () => {} };
    expect('fuse' in schedule(own, { gamma: 1 })).toBe(false);
    expect('fuse' in schedule(sgd(), { gamma: 1 })).toBe(true);
  });
});
