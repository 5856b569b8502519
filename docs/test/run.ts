/** @file Runs the programs of the guides and checks what they print. */
import { SourceMap } from 'node:module';
import { format } from 'node:util';
import { transformSync } from '@swc/core';
import type { Expectation, Program } from './programs.ts';

type Compiled = (require: NodeJS.Require, exports: object, log: (line: number, ...values: unknown[]) => void) => Promise<void>;

const AsyncFunction = (async () => {}).constructor as new (...source: string[]) => Compiled;

/**
 * Runs `program`, and checks its `prints` comments.
 *
 * @param load - gives the modules that it imports.
 * @throws Error that names the file and the line, with what went wrong there.
 */
export async function runProgram(program: Program, file: string, load: NodeJS.Require): Promise<void> {
  const source = program.code.split('\n').map((text, i) => text.replaceAll('console.log(', `__log(${i + 1}, `));
  const { code, map } = transformSync(source.join('\n'), {
    filename: file,
    swcrc: false,
    configFile: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: true,
  });
  const printed = new Map<number, string[]>();
  const log = (line: number, ...values: unknown[]): void => {
    printed.set(line, [...(printed.get(line) ?? []), ...format(...values).split('\n')]);
  };
  try {
    await new AsyncFunction('require', 'exports', '__log', `${code}\n//# sourceURL=${file}`)(load, {}, log);
  } catch (error) {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    throw new Error(`${file}${lineIn(stack, file, map ?? '')}: ${message}`, { cause: error });
  }
  for (const expectation of program.expectations) check(expectation, printed.get(expectation.line) ?? [], file);
}

function check({ line, lines }: Expectation, printed: readonly string[], file: string): void {
  const fits = lines.length === printed.length && lines.every((expected, i) => matches(expected, printed[i] ?? ''));
  if (!fits) throw new Error(`${file}:${line} prints\n  ${printed.join('\n  ')}\nbut the text says\n  ${lines.join('\n  ')}`);
}

/** Whether `expected`, in which … stands for anything, describes `actual`. */
function matches(expected: string, actual: string): boolean {
  const pattern = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(actual.trim());
}

/** `:LINE` of the innermost stack frame in `file`, as the Markdown counts lines. */
function lineIn(stack: string, file: string, map: string): string {
  const frame = stack.split('\n').find((text) => text.includes(`${file}:`));
  const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame ?? '') ?? [];
  if (line === undefined || map === '') return '';
  // The function's header takes up two lines.
  const entry = new SourceMap(JSON.parse(map)).findEntry(Number(line) - 3, Number(column) - 1);
  return 'originalLine' in entry ? `:${entry.originalLine + 1}` : '';
}
