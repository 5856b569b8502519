/** The runner itself: what it takes for a program, and that it notices what is wrong. */
import { programsIn } from './programs.ts';
import { runProgram } from './run.ts';

const fence = '```';
const markdown = (...lines: string[]): string => lines.join('\n').replaceAll("'''", fence);
const run = async (...lines: string[]): Promise<void> => {
  for (const program of programsIn(markdown(...lines))) await runProgram(program, 'a.md', require);
};

describe('programs', () => {
  test('share a scope, may await, import again, and keep their line numbers', async () => {
    const lines = [
      'Text.', // 1
      "'''ts",
      "import { join, sep } from 'node:path';", // 3
      "import * as util from 'node:util';",
      'const n: number = await Promise.resolve(2);',
      'console.log(n); // prints: 2',
      "'''",
      "'''js",
      "import {", // 9
      "  join,",
      "  basename,",
      "} from 'node:path';",
      "import * as util from 'node:util';",
      "console.log(join('a', basename('b/c')), util.inspect([n + 1])); // prints: a/c [ 3 ]",
      "'''",
    ];
    const [program] = programsIn(markdown(...lines));
    expect(program!.start).toBe(3);
    expect(program!.code.split('\n')[13]).toMatch(/^console.log/);
    expect(program!.code).toContain("import { basename } from 'node:path';");
    expect(program!.expectations.map(({ line }) => line)).toEqual([6, 14]);
    await run(...lines);
  });

  test('leave out other languages, what is marked, and what is in a longer fence', () => {
    const others = ["'''sh", 'npm test', "'''", "'''ts no-run", 'no();', "'''", '````md', "'''ts", 'no();', "'''", '````', "'''", 'plain', "'''"];
    expect(programsIn(markdown(...others))).toEqual([]);
    expect(() => programsIn(markdown('text', "'''ts", 'f();'))).toThrow('line 2: the block is not closed');
  });

  test('start anew where a block says so', async () => {
    await run("'''ts", 'const x = 1;', "'''", "'''ts fresh", 'const x = 2;', 'console.log(x); // prints: 2', "'''");
    await expect(run("'''ts", 'const x = 1;', "'''", "'''ts", 'const x = 2;', "'''")).rejects.toThrow();
  });

  test('may be indented, as in a list', async () => {
    await run('- item', '', "  '''ts", '  console.log(`a', '  b`);', '  // prints: a', '  // prints: b', "  '''");
  });
});

describe('prints', () => {
  test('are compared whole, with … for anything', async () => {
    await run("'''ts", 'for (const i of [1, 2]) console.log("n =", i);', '// prints: n = 1', '// prints: n = 2', "'''");
    await run("'''ts", 'console.log(0.1 + 0.2, { a: 1 }); // prints: 0.30…4 { a: … }', "'''");
    const wrong = run('', "'''ts", 'console.log(12); // prints: 1', "'''");
    await expect(wrong).rejects.toThrow('a.md:3 prints\n  12\nbut the text says\n  1');
    await expect(run("'''ts", 'if (1 > 2) console.log(1); // prints: 1', "'''")).rejects.toThrow('a.md:2 prints');
    await expect(run("'''ts", 'console.log(1); // prints: 1', '// prints: 2', "'''")).rejects.toThrow('but the text says\n  1\n  2');
    await expect(run("'''ts", 'let a = 1; // prints: 1', "'''")).rejects.toThrow('line 2: "prints" without a console.log');
  });

  test('may go unchecked', () => run("'''ts", 'console.log(Math.random());', "'''"));
});

test('errors say where they were thrown', async () => {
  const lines = ['text', '', "'''ts", 'interface A {', '  b: number;', '}', 'const a: A = { b: 1 };', '', 'throw new Error(`boom ${a.b}`);', "'''"];
  await expect(run(...lines)).rejects.toThrow('a.md:9: boom 1');
  await expect(run("'''ts", 'const a = null;', 'a.b();', "'''")).rejects.toThrow(/^a.md:3: .*null/);
  await expect(run("'''ts", 'const = 1;', "'''")).rejects.toThrow();
});
