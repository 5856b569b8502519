/** @file What optimisers remember, saved and restored. */
import { adam, clip, reduceOnPlateau, schedule, sgd } from '../../src/optim/index.ts';
import type { Optimizer, OptimizerState } from '../../src/optim/index.ts';
import { makers } from './makers.ts';
import { parameter } from './parameter.ts';

/** Through text, as a file would have it. */
function throughText(state: OptimizerState): OptimizerState {
  const text = JSON.stringify(state, (_key, value: unknown) => (value instanceof Float32Array ? { floats: [...value] } : value));
  return JSON.parse(text, (_key, value: { floats?: number[] }) => (Array.isArray(value?.floats) ? Float32Array.from(value.floats) : value)) as OptimizerState;
}

describe('saved and restored, it goes on as if nothing had happened', () => {
  test.each(makers)('%s', (_, make) => {
    const [whole, before, after] = [make(), make(), make()];
    const here = [parameter('x', [1, -2], [3, 4]), parameter('y', [0.5])];
    const there = [parameter('x', [1, -2], [3, 4]), parameter('y', [0.5])];
    // A loss that never improves after the third step.
    const run = (optimizer: Optimizer, parameters: typeof here, from: number): void => {
      for (let i = from; i < from + 5; i++) {
        optimizer.step(parameters);
        optimizer.observe?.(Math.max(-3, -i));
      }
    };
    run(whole, here, 0);
    run(whole, here, 5);
    run(before, there, 0);
    const saved = before.getState();
    after.setState(throughText(saved));
    expect(after.getState()).toEqual(saved);
    const again = there.map((each) => ({ ...each, variable: { isDisposed: false } }));
    run(after, again, 5);
    expect(again.map(({ value }) => value)).toEqual(here.map(({ value }) => value));
    expect(after.getState()).toEqual(whole.getState());
  });
});

test('it is not shared with who asked for it', () => {
  const optimizer = adam();
  const x = parameter('x', [1]);
  optimizer.step([x]);
  const state = optimizer.getState();
  const before = structuredClone(state);
  optimizer.step([x]);
  expect(state).toEqual(before);
});

test('a variable made anew under the same name starts afresh, and the old one is forgotten', () => {
  const optimizer = sgd({ lr: 1, momentum: 0.5 });
  const old = parameter('x', [1]);
  optimizer.step([old]);
  old.variable.isDisposed = true;
  const fresh = parameter('x', [1, 1]);
  optimizer.step([fresh]);
  expect([...fresh.value]).toEqual([-1, -1]);
  expect(optimizer.getState().parameters['x']?.updates).toBe(1);
});

test('names of parameters that objects have of themselves are names like any other', () => {
  const [optimizer, again] = [adam(), adam()];
  const odd = [parameter('__proto__', [1]), parameter('constructor', [2])];
  optimizer.step(odd);
  const state = throughText(optimizer.getState());
  expect(Object.keys(state.parameters).sort()).toEqual(['__proto__', 'constructor']);
  again.setState(state);
  again.step(odd);
  expect(Object.values(again.getState().parameters).map(({ updates }) => updates)).toEqual([2, 2]);
});

describe('a state that does not fit is refused, and nothing is changed', () => {
  const x = parameter('x', [1]);
  function stateOf(optimizer: Optimizer): OptimizerState {
    optimizer.step([x]);
    return optimizer.getState();
  }
  const ofAdam = stateOf(adam());
  const ofSchedule = stateOf(schedule(adam(), { gamma: 0.5 }));
  const { layers: _, ...bare } = ofSchedule;
  const scheduled = (): Optimizer => schedule(adam(), { gamma: 0.5 });
  test.each<[string, Optimizer, OptimizerState, RegExp]>([
    ['another algorithm', sgd(), ofAdam, /optim\.sgd: the state given is one of optim\.adam; make the optimiser/],
    ['another algorithm within a schedule', schedule(sgd(), { gamma: 0.5 }), ofSchedule, /optim\.sgd: the state given is one of optim\.adam/],
    ['a schedule that is not there', adam(), ofSchedule, /optim\.adam: .* within optim\.schedule; put the same around/],
    ['no schedule', scheduled(), ofAdam, /optim\.schedule: .*saved from an optimiser without it; set it on the optimiser inside/],
    ['another layer', reduceOnPlateau(adam()), ofSchedule, /optim\.reduceOnPlateau: .*within optim\.schedule instead/],
    ['no steps', adam(), { ...ofAdam, steps: -1 }, /optim\.adam: a state needs steps/],
    ['no moments', adam(), { ...ofAdam, parameters: { x: { updates: 1, moments: [[1] as unknown as Float32Array] } } }, /param "x" needs updates.* array of Float32Arrays/],
    ['no place in the schedule', scheduled(), { ...bare, layers: [{ name: 'optim.schedule', numbers: {} }] }, /optim\.schedule: steps of the state given must be a whole number, got undefined/],
    ['nothing at all', adam(), {} as OptimizerState, /optim\.adam: the state given is one of undefined/],
  ])('%s', (_name, optimizer, state, message) => {
    const y = parameter('x', [1]);
    for (let i = 0; i < 3; i++) optimizer.step([y]);
    const before = optimizer.getState();
    expect(() => optimizer.setState(state)).toThrow(message);
    expect(optimizer.getState()).toEqual(before);
  });

  test('moments of another length, when the parameter is met', () => {
    const optimizer = adam();
    optimizer.setState({ ...ofAdam, parameters: { x: { updates: 1, moments: [new Float32Array(3), new Float32Array(3)] } } });
    expect(() => optimizer.step([x])).toThrow(/optim\.adam: the state set for param "x" has moments of lengths \[3, 3\], but needed are \[1, 1\]/);
    expect(optimizer.getState().steps).toBe(1);
  });
});

test('clipping remembers nothing, so it may come and go', () => {
  const optimizer = clip(adam(), { norm: 1 });
  optimizer.step([parameter('x', [1])]);
  const plain = adam();
  plain.setState(optimizer.getState());
  expect(plain.getState()).toEqual(optimizer.getState());
});
