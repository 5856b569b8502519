/** @file HTML by tagged template: text is escaped, so that names of classes and layers may be anything. */

/** Markup that is safe to stand in a page. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Markup | readonly Content[];

/** Markup of a template literal: strings and numbers in it are escaped, markup is taken as it is, lists one after the other. */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(literals.map((literal, i) => literal + textOf(values[i] ?? '')).join(''));
}

/** Nothing. */
export const NOTHING: Markup = new Markup('');

function textOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return escaped(String(content));
  return content.map(textOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  // Control characters, which no page may hold, become the sign for what cannot be shown.
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
