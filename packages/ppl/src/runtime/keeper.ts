/** @file Keeps the tensors of sites alive when a model uses `tf.tidy` inside. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { tensorsIn } from '../util/tensors.ts';

/**
 * Holds tensors through the ends of the `tf.tidy` scopes that they were made in, until `release` hands them to the scope
 * that is then active, as if they had been made there.
 */
export class Keeper {
  private readonly held: Tensor[] = [];

  /** Holds the tensors in `value` whose id exceeds `after`, but for variables and those that somebody else keeps. */
  hold(value: unknown, after: number): void {
    for (const tensor of tensorsIn(value)) {
      if (tensor.id <= after || tensor.kept || tensor instanceof tf.Variable) continue;
      this.held.push(tf.keep(tensor));
    }
  }

  release(): void {
    const scope = tf.engine().state.activeScope;
    for (const tensor of this.held.splice(0)) {
      tensor.kept = false;
      if (scope === null || tensor.isDisposed || tensor.scopeId === scope.id) continue;
      tensor.scopeId = scope.id;
      scope.track.push(tensor);
    }
  }
}
