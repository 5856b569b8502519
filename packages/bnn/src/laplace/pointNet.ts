/** @file A network that was trained to a point: one value for each weight. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { guides } from '@tychejs/ppl';
import { VariationalBNN } from '../bnn.ts';
import { McDropoutBNN } from '../dropout/mcDropoutBnn.ts';
import { lift } from '../lift/lift.ts';
import type { LiftedNet } from '../lift/net.ts';

export interface PointNet {
  readonly lifted: LiftedNet;
  /** Its weights now, by name; to be called inside of `tf.tidy`. */
  values(): ReadonlyMap<string, Tensor>;
  /** Frees what was made for it; the network that was given stays. */
  dispose(): void;
}

/** @throws TypeError for what is no such network; Error for one whose predictions are drawn. */
export function pointNet<P>(where: string, net: LayersModel | VariationalBNN<P>): PointNet {
  if (net instanceof VariationalBNN) return trainedNet(where, net);
  const lifted = lift(net);
  return { lifted, values: () => new Map(lifted.parameters.map(({ name, value }) => [name, value()])), dispose: () => lifted.dispose() };
}

function trainedNet<P>(where: string, bnn: VariationalBNN<P>): PointNet {
  const { lifted, guide, paramStore } = bnn;
  if (bnn instanceof McDropoutBNN || !(guide === null || guide instanceof guides.AutoDelta)) {
    throw new Error(`${where}: the network given draws its weights, but must be one at a point: a VariationalBNN with guide: null, or AutoDelta of @tychejs/ppl; or a tf.LayersModel`);
  }
  const values = (): Map<string, Tensor> => {
    const sampled = guide === null ? {} : guide.median();
    return new Map(lifted.parameters.map(({ name }) => [name, sampled[name] ?? paramStore.get(name)]));
  };
  return { lifted, values, dispose: () => undefined };
}
