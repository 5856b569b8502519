/** @file The handlers under which a guide runs its model. */
import { ReplayHandler } from '../../handlers/replay.ts';
import { TraceHandler } from '../../handlers/trace.ts';
import { PlateHandler } from '../../plate.ts';
import type { Handler } from '../../runtime/handler.ts';
import type { Stack } from '../../runtime/stack.ts';
import { currentStack } from '../../runtime/stack.ts';
import { SampledSites } from './sampledSites.ts';

/** The stack in force, without what surrounds the guide but must not see the model's run, or shape it. */
export function modelStack(): Stack {
  return without(currentStack(), isOfGuideOnly);
}

const OF_GUIDE_ONLY = [TraceHandler, ReplayHandler, PlateHandler, SampledSites];

function isOfGuideOnly(handler: Handler): boolean {
  return OF_GUIDE_ONLY.some((type) => handler instanceof type);
}

function without(stack: Stack, drops: (handler: Handler) => boolean): Stack {
  if (stack === null) return null;
  const outer = without(stack.outer, drops);
  return drops(stack.handler) ? outer : { handler: stack.handler, outer };
}
