/** @file Where the pictures of examples go: the folder `out` of the repository. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Writes SVG text to `out/NAME.svg`. @returns the file's path. */
export function writePicture(name: string, svg: string): string {
  const file = new URL(`../../out/${name}.svg`, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${svg}\n`);
  return fileURLToPath(file);
}
