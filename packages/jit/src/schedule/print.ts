/** @file A schedule as text, one step a line. */
import { formatShape } from '../graph/shape.ts';
import type { Schedule, Step } from './schedule.ts';

/** The steps of a schedule, in order; loops over time with theirs, indented. */
export function printSchedule(schedule: Schedule, indent: string = ''): string {
  return schedule.steps.map((step) => indent + printStep(schedule, step, indent)).join('\n');
}

function printStep({ values }: Schedule, step: Step, indent: string): string {
  const name = (id: number): string => `%${id}:${values[id]?.op ?? '?'}`;
  if (step.kind === 'fused') return `loop ${formatShape(step.domain)} { ${step.members.map(name).join(' ')} }`;
  if (step.kind === 'transpose') return `${name(step.node)}(%${step.view.root}${formatShape(step.shape)} by ${formatShape(step.view.strides)})`;
  const operands = step.operands.map(({ root, offset, shape }) => `%${root}${offset > 0 ? `+${offset}` : ''}${formatShape(shape)}`).join(', ');
  if (step.kind === 'dense') return `${name(step.node)}(${operands})`;
  return `${name(step.node)} over ${step.loop.length} (${operands})\n${printSchedule(step.body, `${indent}  `)}`;
}
