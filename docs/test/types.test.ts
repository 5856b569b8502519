/** The guides' programs are right TypeScript, by the declarations that `tsc -b` builds. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guides, root } from './files.ts';
import { programsIn } from './programs.ts';

// Not strict: guides leave out what would only be noise there, such as types of arguments.
const compilerOptions = {
  strict: false,
  noEmit: true,
  skipLibCheck: true,
  target: 'es2022',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
};

/** What the compiler has to say of `programs`, by file name. */
function complaints(programs: Readonly<Record<string, string>>): string {
  // Inside of docs, so that packages are found; with a dot, so that nothing else finds it.
  const folder = mkdtempSync(join(__dirname, '.types-'));
  try {
    for (const [name, code] of Object.entries(programs)) writeFileSync(join(folder, name), `${code}\nexport {};\n`);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*'] }));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('guides', () => {
  const programs = guides().flatMap(({ file, text }) =>
    programsIn(text).map(({ code }, i) => [`${file.replaceAll(/[/\\]/g, '.')}-${i}.ts`, code] as const),
  );
  expect(complaints(Object.fromEntries(programs))).toBe('');
}, 60_000);

test('a mistake would be noticed, with its line', () => {
  const [program] = programsIn('text\n```ts\nimport { sample } from "@tychejs/ppl";\nsample(1, 2, 3);\n```');
  expect(complaints({ 'a.ts': program!.code })).toMatch(/^a\.ts\(4,8\): error TS2345/);
}, 60_000);
