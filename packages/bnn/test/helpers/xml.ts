/** @file A strict reader of XML, small and slow: what it takes, every browser takes. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The `aria-label`s of the elements around it, outermost first. */
  readonly within: readonly string[];
  /** Text directly inside, up to the first child. */
  text: string;
}

/** All elements of a document in order. @throws Error where it is not well-formed. */
export function parseXml(source: string): XmlElement[] {
  const elements: XmlElement[] = [];
  const open: XmlElement[] = [];
  let rest = source;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match) rest = rest.slice(match[0].length);
    return match;
  };
  while (rest.length > 0) {
    const text = take(/^[^<]+/);
    if (text) {
      const parent = open.at(-1);
      if (!parent) throw new Error(`text outside of the root: ${text[0]}`);
      if (parent === elements.at(-1)) parent.text += unescapeText(text[0]);
      continue;
    }
    const close = take(/^<\/([\w-]+)>/);
    if (close) {
      const parent = open.pop();
      if (parent?.name !== close[1]) throw new Error(`</${close[1]!}> closes <${parent?.name ?? ''}>`);
      continue;
    }
    const tag = take(/^<([\w-]+)((?: [\w:-]+="[^"<]*")*)\s*(\/?)>/);
    if (!tag) throw new Error(`not well-formed at: ${rest.slice(0, 60)}`);
    if (open.length === 0 && elements.length > 0) throw new Error(`a second root: <${tag[1]!}>`);
    const pairs = [...tag[2]!.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, unescapeText(value!)]);
    const attributes = Object.fromEntries(pairs) as Record<string, string>;
    if (Object.keys(attributes).length < pairs.length) throw new Error(`an attribute twice in ${tag[0]}`);
    const within = open.flatMap((element) => element.attributes['aria-label'] ?? []);
    const element = { name: tag[1]!, attributes, within, text: '' };
    elements.push(element);
    if (tag[3] === '') open.push(element);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)!.name}> is not closed`);
  return elements;
}

function unescapeText(text: string): string {
  return text.replace(/&([^;]*);?/g, (entity, name: string) => {
    const known: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: '\u00a0' };
    const character = known[name];
    if (character === undefined) throw new Error(`unknown entity ${entity}`);
    return character;
  });
}
