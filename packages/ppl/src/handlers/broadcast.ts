/** @file `broadcast`: expands distributions to the plates around them. */
import { Handler } from '../runtime/handler.ts';
import type { Message, PlateFrame, SampleMessage } from '../runtime/message.ts';
import { SiteError } from '../runtime/siteError.ts';
import { format } from '../util/shape.ts';
import type { OptionalHandlerForms } from './forms.ts';
import { optionalHandlerForms } from './forms.ts';

/** Law: batch dimensions that a plate owns have the plate's size. Plates do this by themselves. */
export class BroadcastHandler extends Handler {
  override process(message: Message): void {
    if (message.type !== 'sample') return;
    for (const frame of message.plates) expandToPlate(message, frame);
  }
}

/** Expands the distribution along the plate's dimension. @throws SiteError when it has another size there. */
export function expandToPlate(message: SampleMessage, { name, dim, subsampleSize }: PlateFrame): void {
  if (dim === null) return;
  const { batchShape } = message.distribution;
  const size = batchShape[batchShape.length + dim];
  if (size === subsampleSize) return;
  if (size !== undefined && size !== 1) {
    throw new SiteError(
      message,
      `inside plate "${name}" its batch shape is ${format(batchShape)}, which has ${size} at dimension ${dim} where the plate ` +
        `has ${subsampleSize}; change the plate's size or dim, index the data by the plate's indices, or move dimensions ` +
        'into the event with toEvent(n)',
    );
  }
  const shape = [...Array.from({ length: -dim - batchShape.length }, () => 1), ...batchShape];
  shape[shape.length + dim] = subsampleSize;
  message.distribution = message.distribution.expand(shape);
}

export const broadcast: OptionalHandlerForms<object, BroadcastHandler> = optionalHandlerForms(
  'broadcast',
  [],
  () => new BroadcastHandler(),
);
