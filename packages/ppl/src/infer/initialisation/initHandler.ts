/** @file The handler that lets latent sites begin where a strategy says. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { violation } from '../../distributions/parameter.ts';
import { globalStream } from '../../random/global.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../runtime/message.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { format, sameShape } from '../../util/shape.ts';
import type { SiteInit } from './siteInit.ts';

/** Law: latent sites that nobody else gives a value take the one of `strategy`; nothing else changes. */
export class InitHandler extends Handler {
  private readonly strategy: SiteInit;
  /** The site whose value the strategy could not give, or gave wrongly. */
  failedAt: string | null = null;

  constructor(strategy: SiteInit) {
    super();
    this.strategy = strategy;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null || message.isObserved) return;
    const { name, distribution, infer } = message;
    this.failedAt = name;
    const value = this.strategy({ name, distribution, infer }, message.stream ?? globalStream().split());
    checkInitialValue(message, value);
    this.failedAt = null;
    message.value = value;
  }
}

/** @throws SiteError when the value does not fit the site. */
export function checkInitialValue(message: SampleMessage, value: Tensor): void {
  const { batchShape, eventShape, support } = message.distribution;
  const shape = [...batchShape, ...eventShape];
  if (!sameShape(value.shape, shape)) {
    throw new SiteError(message, `its initial value has shape ${format(value.shape)}, but its shape is ${format(shape)}`);
  }
  const why = violation(value, support);
  if (why !== null) throw new SiteError(message, `its initial value ${why}`);
}
