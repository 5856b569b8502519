/** @file Learning rates that change as training goes on. */
import type { Schedule } from './factor.ts';
import { factorOf } from './factor.ts';
import { checkSaved, within } from './layer.ts';
import type { Optimizer } from './optimizer.ts';
import { checkRange, count, notNegative } from './rule.ts';

/**
 * `optimizer` with a learning rate that follows `schedule`. Its state holds the place in the schedule too.
 *
 * @throws TypeError when `schedule` is none of {@link Schedule}, RangeError when a number in it is out of range; RangeError,
 * at the step, when it gives no finite factor.
 */
export function schedule(optimizer: Optimizer, schedule: Schedule): Optimizer {
  const name = 'optim.schedule';
  const factor = factorOf(schedule);
  let steps = 0;
  return within(
    {
      rate: () => {
        const current = factor(steps);
        checkRange(name, `the factor at step ${steps}`, current, notNegative, 'not negative');
        return current;
      },
      advance: () => {
        steps++;
      },
      memory: {
        name,
        save: () => ({ steps }),
        load: (numbers) => {
          steps = checkSaved(name, numbers, 'steps', count, 'a whole number');
        },
      },
    },
    optimizer,
  );
}
