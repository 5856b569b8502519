/**
 * @file The programs in a Markdown file: its ```ts and ```js blocks, one after the other, as one module.
 *
 * - Blocks share one scope. One marked `fresh` (```ts fresh) starts a new program; one marked `no-run` is left out.
 * - An import that an earlier block has made already may be repeated.
 * - A comment `// prints: TEXT`, on the line of a `console.log(...)` or below it, says what that statement prints; several such
 *   comments are several lines, and … stands for anything.
 *
 * Lines keep their numbers, so that errors can point into the Markdown.
 */

/** What the `console.log` of one line is to print. */
export interface Expectation {
  readonly line: number;
  readonly lines: readonly string[];
}

export interface Program {
  /** The number of the first line of code. */
  readonly start: number;
  /** The module's code; what stood on line n of the Markdown stands on line n. */
  readonly code: string;
  readonly expectations: readonly Expectation[];
}

const FENCE = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)\s*(.*)$/;
const LANGUAGES = ['ts', 'js', 'typescript', 'javascript'];

/** The programs of a Markdown text, in order. @throws Error when a block is not closed. */
export function programsIn(markdown: string): Program[] {
  const programs: Draft[] = [];
  let block: { fence: string; indent: number; program: Draft | null; opened: number } | null = null;
  markdown.split('\n').forEach((text, i) => {
    const line = i + 1;
    const [, indent = '', fence = '', language = '', flags = ''] = FENCE.exec(text) ?? [];
    if (block === null) {
      if (fence === '') return;
      const runs = LANGUAGES.includes(language) && !/\bno-run\b/.test(flags);
      if (runs && (programs.length === 0 || /\bfresh\b/.test(flags))) programs.push({ start: line + 1, lines: [] });
      block = { fence, indent: indent.length, program: runs ? (programs.at(-1) ?? null) : null, opened: line };
    } else if (fence.startsWith(block.fence) && language === '') {
      block = null;
    } else if (block.program !== null) {
      block.program.lines[i] = text.slice(Math.min(block.indent, text.length - text.trimStart().length));
    }
  });
  const open = block as { opened: number } | null;
  if (open !== null) throw new Error(`line ${open.opened}: the block is not closed`);
  return programs.map(finish);
}

interface Draft {
  readonly start: number;
  /** By index of line; holes where the Markdown has no code. */
  readonly lines: string[];
}

function finish({ start, lines }: Draft): Program {
  const code = Array.from(lines, (text) => text ?? '');
  dropRepeatedImports(code);
  const expectations: { line: number; lines: string[] }[] = [];
  let printing: number | null = null;
  code.forEach((text, i) => {
    if (text.includes('console.log(')) printing = i + 1;
    const expected = /\/\/ prints: ?(.*)$/.exec(text)?.[1];
    if (expected === undefined) return;
    if (printing === null) throw new Error(`line ${i + 1}: "prints" without a console.log above it`);
    const last = expectations.at(-1);
    if (last?.line === printing) last.lines.push(expected.trim());
    else expectations.push({ line: printing, lines: [expected.trim()] });
  });
  return { start, code: code.join('\n'), expectations };
}

/** Blanks imports of names that were imported from the same module before. */
function dropRepeatedImports(code: string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < code.length; i++) {
    if (!/^import\b/.test(code[i] ?? '')) continue;
    let end = i;
    while (end < code.length - 1 && !/['"];?\s*(\/\/.*)?$/.test(code[end] ?? '')) end++;
    const statement = code.slice(i, end + 1).join(' ');
    const [, type = '', clause = '', source = ''] = /^import\s+(type\s+)?(.*?)\s*from\s*(['"].*['"])/.exec(statement) ?? [];
    if (clause === '') continue;
    const braces = /\{(.*)\}/.exec(clause)?.[1] ?? '';
    const names = braces.split(',').map((name) => name.trim()).filter((name) => name !== '');
    const others = clause.replace(/\{.*\}/, '').split(',').map((name) => name.trim()).filter((name) => name !== '');
    const isNew = (name: string): boolean => !seen.has(`${name} ${source}`) && seen.add(`${name} ${source}`) !== undefined;
    const newNames = names.filter(isNew);
    const parts = [...others.filter(isNew), ...(newNames.length === 0 ? [] : [`{ ${newNames.join(', ')} }`])];
    code.fill('', i, end + 1);
    if (parts.length > 0) code[i] = `import ${type}${parts.join(', ')} from ${source};`;
    i = end;
  }
}
