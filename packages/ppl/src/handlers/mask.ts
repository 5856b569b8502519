/** @file `mask`: switches log-densities off, elementwise. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface MaskOptions {
  /** Boolean; a tensor (or nested array) broadcasts against the sites' batch shapes. */
  readonly mask: Tensor | TensorLike;
}

/** Law: where `mask` is false, the log-density of every site inside counts as zero; values do not change. */
export class MaskHandler extends Handler {
  private readonly mask: boolean | Tensor | readonly boolean[];

  constructor({ mask }: MaskOptions) {
    super();
    const isTensor = mask instanceof tf.Tensor;
    const first = Array.isArray(mask) ? (mask as unknown[]).flat(Infinity)[0] : mask;
    if (isTensor ? mask.dtype !== 'bool' : typeof first !== 'boolean') {
      const got = isTensor ? `a tensor of dtype ${mask.dtype}` : `${String(first)}`;
      throw new TypeError(`handlers.mask: mask must be boolean, got ${got}; use tf.cast(mask, 'bool')`);
    }
    this.mask = mask as boolean | Tensor | readonly boolean[];
  }

  override process(message: Message): void {
    if (message.type !== 'sample' && message.type !== 'param') return;
    const own = typeof this.mask === 'boolean' || this.mask instanceof tf.Tensor ? this.mask : tf.tensor([...this.mask], undefined, 'bool');
    message.mask = and(message.mask, own);
  }
}

/** Where both masks hold. */
export function and(a: boolean | Tensor | null, b: boolean | Tensor | null): boolean | Tensor | null {
  if (a === null || a === true) return b;
  if (b === null || b === true) return a;
  if (a === false || b === false) return false;
  return tf.logicalAnd(a, b);
}

export const mask: HandlerForms<MaskOptions, MaskHandler> = handlerForms('mask', ['mask'], (options) => new MaskHandler(options));
