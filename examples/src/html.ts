/** @file HTML by tagged template, with text escaped. */

/** Markup that is safe to stand in a page. */
export interface Html {
  readonly markup: string;
}

/** Markup as it is, such as an SVG drawing: never for text from outside. */
export function raw(markup: string): Html {
  return { markup };
}

/**
 * Markup of a template literal: strings and numbers put into it are escaped, {@link Html} is taken as it is, arrays are
 * taken one after the other.
 */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return raw(literals.map((literal, i) => literal + (i < values.length ? markupOf(values[i] ?? '') : '')).join(''));
}

export type HtmlValue = string | number | Html | readonly HtmlValue[];

function markupOf(value: HtmlValue): string {
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map(markupOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** `text` as it may stand in an element or in a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
