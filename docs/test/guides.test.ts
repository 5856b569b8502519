/** Every program in docs/ and the README runs, and prints what it says. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { getParamStore, setSeed } from '@tychejs/ppl';
import { programsIn } from './programs.ts';
import { runProgram } from './run.ts';

const root = join(__dirname, '..', '..');

function markdownFiles(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => join(root, 'docs', path));
  const readme = join(root, 'README.md');
  return [...(existsSync(readme) ? [readme] : []), ...docs].filter((path) => programsIn(readFileSync(path, 'utf8')).length > 0);
}

beforeEach(() => {
  getParamStore().clear();
  setSeed(0);
  for (const method of ['log', 'info', 'warn', 'error'] as const) jest.spyOn(console, method).mockReturnValue();
});
afterEach(() => jest.restoreAllMocks());

describe.each(markdownFiles().map((path) => relative(root, path)))('%s', (file) => {
  const programs = programsIn(readFileSync(join(root, file), 'utf8'));
  test.each(programs.map((program) => [program.start, program] as const))(
    'line %i',
    async (_, program) => {
      await runProgram(program, file, require);
      expect.assertions(0);
    },
    120_000,
  );
});
