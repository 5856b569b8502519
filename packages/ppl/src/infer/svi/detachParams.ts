/** @file Parameters as constants. */
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';
import { detach } from './gradients.ts';

/** Law: no gradient flows to the parameters that are read inside; their values, and all else, stay. */
export class DetachParams extends Handler {
  override postprocess(message: Message): void {
    if (message.type === 'param' && message.value !== null) message.value = detach(message.value);
  }
}
