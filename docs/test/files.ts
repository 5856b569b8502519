/** @file The Markdown files whose programs are tested. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { programsIn } from './programs.ts';

export const root: string = join(__dirname, '..', '..');

/** The README and everything in docs/ that has programs; `file` is relative to the project. */
export function guides(): { file: string; text: string }[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => join(root, 'docs', path));
  return [join(root, 'README.md'), ...docs]
    .filter((path) => existsSync(path))
    .map((path) => ({ file: relative(root, path), text: readFileSync(path, 'utf8') }))
    .filter(({ text }) => programsIn(text).length > 0);
}
