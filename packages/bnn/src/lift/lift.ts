/** @file Lifting: from a network with weights of its own to one whose weights are arguments. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { LiftedFunction } from './functionNet.ts';
import { LiftedModel } from './layersModel.ts';
import type { FunctionNet, LiftedNet, Net } from './net.ts';

/**
 * Lifts `net`, which stays usable as before.
 *
 * Parameters are the net's trainable weights. Those that tfjs would not train stay as they are: weights of layers with `trainable:
 * false`, single weights by `layer.weights[0].trainable = false`, variables of a function by `tf.variable(value, false)`. They have
 * no prior, and a filter cannot name them. (Weights of which that is to hold for one training alone have no prior, and
 * `handlers.inferConfig` notes `{ trainable: false }` for them.) A layer's other state (moving statistics) is copied when training
 * first changes it. A layer's own regularisers and constraints are left out: the prior stands in their place.
 *
 * @throws TypeError when `net` is no network.
 * @throws Error when it has no weights yet, no trainable ones, or two of the same name.
 */
export function lift(net: Net): LiftedNet {
  const lifted = liftAny(net);
  const names = lifted.parameters.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`the net has two parameters called "${twice}"; give the layers other names`);
  if (names.length === 0) throw new Error('the net has no trainable weights');
  return lifted;
}

function liftAny(net: Net): LiftedNet {
  if (isLayersModel(net)) return new LiftedModel(net);
  if (isFunctionNet(net)) return new LiftedFunction(net);
  throw new TypeError('net must be a tf.LayersModel (tf.sequential, tf.model, tf.loadLayersModel), or an object { forward(x, parameters), parameters }');
}

// By their members: a program may hold two copies of tfjs-layers.
function isLayersModel(net: unknown): net is LayersModel {
  const model = net as Partial<LayersModel> | null | undefined;
  return typeof model === 'object' && model !== null && typeof model.apply === 'function' && Array.isArray(model.layers);
}

function isFunctionNet(net: unknown): net is FunctionNet {
  const candidate = net as Partial<FunctionNet> | null | undefined;
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.forward === 'function' &&
    typeof candidate.parameters === 'object'
  );
}
