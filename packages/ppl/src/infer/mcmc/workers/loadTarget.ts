/** @file A compiled model as a worker samples it: without the model, and without tfjs. */
import { CompiledProgram, registerFunction } from '@tychejs/jit/program';
import { SCALAR_FUNCTIONS } from '../../../ops/scalar/table.ts';
import type { SiteValue } from '../target.ts';
import type { LoadedTarget } from './serve.ts';
import type { WorkerTarget } from './workerTarget.ts';

// What programs call by name.
for (const [name, evaluate] of Object.entries(SCALAR_FUNCTIONS)) registerFunction(name, evaluate);

/** Makes density and sites of the programs of a model. @throws ProgramFormatError for bytes that are no program. */
export function loadTarget({ density: densityBytes, constrain: constrainBytes, layout }: WorkerTarget): LoadedTarget {
  const density = CompiledProgram.fromBytes(densityBytes);
  const position = density.inputView(0);
  const value = density.outputView(0);
  const slope = density.gradientView(0);
  if (slope === null) throw new Error('the program of a log density must come with its gradient');
  const sites = CompiledProgram.fromBytes(constrainBytes);
  const input = sites.inputView(0);
  // Views of the program's memory: whoever records a draw copies it.
  const values = Object.fromEntries(
    layout.map(({ name, shape }, i): [string, SiteValue] => [name, { data: sites.outputView(i) as Float64Array, shape }]),
  );
  return {
    density: {
      dimension: position.length,
      evaluate: (q, gradient) => {
        position.set(q);
        density.execute();
        gradient.set(slope);
        return value[0] ?? Number.NaN;
      },
    },
    constrain: (q) => {
      input.set(q);
      sites.execute();
      return values;
    },
  };
}
