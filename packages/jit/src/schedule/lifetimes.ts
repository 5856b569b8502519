/** @file Which values have to be kept in memory, and for how long: those read elsewhere than in the loop that computes them. */
import type { NodeId } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import { isElementwise } from './fused.ts';
import type { Lifetime, Schedule } from './schedule.ts';

/**
 * The lifetimes of values in memory.
 *
 * @param firstWriteOf - the step that begins to write a value; -1 for what is there from the start.
 * @param results - they are kept to the end.
 */
export function findLifetimes(
  { steps, values, accesses }: Pick<Schedule, 'steps' | 'values' | 'accesses'>,
  firstWriteOf: (id: NodeId) => number,
  stepOf: (id: NodeId) => number | undefined,
  results: readonly NodeId[],
): Map<NodeId, Lifetime> {
  const stored = new Map<NodeId, Lifetime>();
  const keep = (root: NodeId, reader: number): void => {
    const lifetime = stored.get(root);
    if (lifetime === undefined) stored.set(root, { first: firstWriteOf(root), last: reader });
    else lifetime.last = Math.max(lifetime.last, reader);
  };
  steps.forEach((step, place) => {
    if (step.kind === 'fused') {
      for (const member of step.members) {
        const node = at(values, member);
        if (node.op === 'part') keep(node.target, place);
        else if (!isElementwise(node)) keep(member, place);
        for (const { root } of accesses[member] ?? []) if (stepOf(root) !== place) keep(root, place);
      }
    } else {
      if (step.kind === 'loop') for (const item of step.items.values()) keep(item, place);
      else keep(step.node, place);
      for (const { root } of step.kind === 'transpose' ? [step.view] : step.operands) keep(root, place);
    }
  });
  for (const root of results) keep(root, steps.length);
  return stored;
}
