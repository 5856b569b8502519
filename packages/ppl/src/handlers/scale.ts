/** @file `scale`: multiplies log-densities. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { positive } from '../constraints/interval.ts';
import { violation } from '../distributions/parameter.ts';
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import { isValidationOn } from '../util/validation.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface ScaleOptions {
  /** Positive; a tensor broadcasts against the sites' batch shapes. */
  readonly scale: number | Tensor;
}

/** Law: the log-density of every site inside is multiplied by `scale`; values do not change. */
export class ScaleHandler extends Handler {
  private readonly scale: number | Tensor;

  constructor({ scale }: ScaleOptions) {
    super();
    if (typeof scale === 'number' || isValidationOn()) {
      const why = violation(scale, positive);
      if (why !== null) throw new RangeError(`handlers.scale: scale ${why}; to switch sites off use handlers.mask({ mask: false })`);
    }
    this.scale = scale;
  }

  override process(message: Message): void {
    if (message.type === 'sample' || message.type === 'param') message.scale = multiply(message.scale, this.scale);
  }
}

/** The product of two scales; a number if both are numbers. */
export function multiply(a: number | Tensor, b: number | Tensor): number | Tensor {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a === 1) return b;
  if (b === 1) return a;
  return tf.mul(a, b);
}

export const scale: HandlerForms<ScaleOptions, ScaleHandler> = handlerForms('scale', ['scale'], (options) => new ScaleHandler(options));
