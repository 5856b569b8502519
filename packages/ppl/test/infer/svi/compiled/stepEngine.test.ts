import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '../../../../src/backend/ready.ts';
import * as dist from '../../../../src/distributions/index.ts';
import { AutoNormal } from '../../../../src/infer/guides/index.ts';
import { StepEngine } from '../../../../src/infer/svi/compiled/stepEngine.ts';
import type { Objective, StepContext } from '../../../../src/infer/svi/sviStep.ts';
import { TraceELBO } from '../../../../src/infer/svi/traceElbo.ts';
import { TraceMeanFieldELBO } from '../../../../src/infer/svi/traceMeanFieldElbo.ts';
import * as optim from '../../../../src/optim/index.ts';
import { getParamStore } from '../../../../src/params/store.ts';
import { plate } from '../../../../src/plate.ts';
import { sample } from '../../../../src/primitives.ts';
import { RandomStream } from '../../../../src/random/stream.ts';
import { expectNoLeakAsync } from '../../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

const root = RandomStream.fromSeed(3);
const contextOf = (i: number): StepContext => ({ stack: null, stream: root.fold(i), validate: i === 0 });

/** The losses of some steps, and the parameters after them. */
async function train<A extends unknown[]>(
  objective: Objective<A>,
  engine: 'compiled' | 'eager',
  argsOf: (i: number) => A,
  steps: number,
): Promise<{ losses: number[]; params: Record<string, number[]> }> {
  getParamStore().clear();
  const stepEngine = new StepEngine(objective, optim.adam({ lr: 0.05 }), engine);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(await stepEngine.step(contextOf(i), argsOf(i)));
  const state = getParamStore().getState();
  const params = Object.fromEntries(Object.entries(state).map(([name, { value }]) => [name, [...value]]));
  return { losses, params };
}

const x = [0.5, 1.5, 2.5, 4];
const regression = (targets: Tensor): void => {
  const slope = sample('slope', dist.normal(0, 1));
  const scale = sample('scale', dist.halfNormal(1));
  plate('data', 4, () => sample('y', dist.normal(tf.mul(slope, tf.tensor1d(x)), scale), { obs: targets }));
};

test.each([[new TraceELBO()], [new TraceELBO({ numParticles: 3 })], [new TraceMeanFieldELBO()]])(
  'a compiled step does what an eager one does',
  async (loss) => {
    const y = tf.tensor1d([0.4, 1.2, 2.8, 3.6]);
    const runs = [];
    for (const engine of ['compiled', 'eager'] as const) {
      runs.push(await train<[Tensor]>({ model: regression, guide: new AutoNormal(regression), loss }, engine, () => [y], 20));
    }
    const [compiled, eager] = runs;
    compiled!.losses.forEach((value, i) => expect(value).toBeCloseTo(eager!.losses[i]!, 3));
    for (const [name, value] of Object.entries(compiled!.params)) {
      value.forEach((v, i) => expect(v).toBeCloseTo(eager!.params[name]![i]!, 4));
    }
    y.dispose();
  },
);

test('plates that subsample draw anew at every step', async () => {
  const model = (): void => {
    const mu = sample('mu', dist.normal(0, 10));
    plate('data', 4, { subsampleSize: 2 }, (indices) =>
      sample('y', dist.normal(mu, 1), { obs: tf.gather(tf.tensor1d(x), indices) }),
    );
  };
  const runs = [];
  for (const engine of ['compiled', 'eager'] as const) {
    runs.push(await train<[]>({ model, guide: new AutoNormal(model), loss: new TraceELBO() }, engine, () => [], 20));
  }
  runs[0]!.losses.forEach((value, i) => expect(value).toBeCloseTo(runs[1]!.losses[i]!, 3));
});
