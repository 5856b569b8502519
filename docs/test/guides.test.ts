/** Every program in docs/ and the README runs, and prints what it says. */
import { getParamStore, setSeed } from '@tychejs/ppl';
import { guides } from './files.ts';
import { programsIn } from './programs.ts';
import { runProgram } from './run.ts';

beforeEach(() => {
  getParamStore().clear();
  setSeed(0);
  for (const method of ['log', 'info', 'warn', 'error'] as const) jest.spyOn(console, method).mockReturnValue();
});
afterEach(() => jest.restoreAllMocks());

describe.each(guides())('$file', ({ file, text }) => {
  test.each(programsIn(text))('line $start', (program) => runProgram(program, file, require), 120_000);
});
