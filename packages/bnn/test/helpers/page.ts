/** @file Reads pages of HTML that are written as XML. */
import type { XmlElement } from './xml.ts';
import { parseXml } from './xml.ts';

export interface Page {
  readonly elements: readonly XmlElement[];
  /** Rows of the table with this caption, heading and all, as texts. */
  readonly table: (caption: string) => string[][];
  /** The numbers that a report begins with, by name. */
  readonly scores: Readonly<Record<string, string>>;
}

/** @throws Error where the page is not well-formed. */
export function readPage(text: string): Page {
  if (!text.startsWith('<!doctype html>\n')) throw new Error('no doctype');
  const elements = parseXml(text.slice('<!doctype html>\n'.length).trimEnd());
  const scores: Record<string, string> = {};
  elements.forEach(({ name, text: of }, i) => {
    if (name === 'dt') scores[of] = elements[i + 2]?.text ?? '';
  });
  return { elements, scores, table: (caption) => rowsOf(elements, caption) };
}

function rowsOf(elements: readonly XmlElement[], caption: string): string[][] {
  const rows: string[][] = [];
  for (const { name, text, within } of elements) {
    if (!within.includes(caption)) continue;
    if (name === 'tr') rows.push([]);
    if (name === 'th' || name === 'td') rows.at(-1)?.push(text);
    // What is marked stands in an element of its own.
    if (name === 'span') rows.at(-1)?.splice(-1, 1, text);
  }
  return rows;
}
