/** @file A network with a body that all tasks share, and a head for each. */
import { initializers, input, layers, model, type LayersModel } from '@tensorflow/tfjs-layers';
import { PIXELS } from '../mnist/images.ts';
import { NUM_TASKS } from './tasks.ts';

/**
 * 784-units-units, and a layer `heads` with one unit a task. The second input says one-hot which task an image belongs to: the
 * output, of shape `[n, 1]`, is that of its head, so that the other heads have no part in it and learn nothing from it.
 */
export function network(units: number, seed: number): LayersModel {
  const image = input({ shape: [PIXELS] });
  const task = input({ shape: [NUM_TASKS] });
  const hidden = (name: string, place: number) =>
    layers.dense({ name, units, activation: 'relu', kernelInitializer: initializers.heNormal({ seed: seed + place }) });
  const features = hidden('body2', 1).apply(hidden('body1', 0).apply(image));
  const kernelInitializer = initializers.glorotUniform({ seed: seed + 2 });
  const heads = layers.dense({ name: 'heads', units: NUM_TASKS, kernelInitializer }).apply(features);
  return model({ inputs: [image, task], outputs: layers.dot({ axes: -1 }).apply([heads, task] as never) as never });
}
