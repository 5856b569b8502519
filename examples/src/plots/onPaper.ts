/** @file Drawings for files of their own. */

const MARGIN = 16;

/**
 * A drawing that brings its paper along, with a margin: a reader's dark page would swallow dark text.
 *
 * @param drawing - SVG text with a `viewBox` from 0,0, a `width` and a `<style>`, as `draw` gives it.
 */
export function onPaper(drawing: string, colour: string): string {
  const [, width = '', height = ''] = /viewBox="0 0 (\d+) (\d+)"/.exec(drawing) ?? [];
  const box = [-MARGIN, -MARGIN, Number(width) + 2 * MARGIN, Number(height) + 2 * MARGIN];
  const paper = `<rect x="${-MARGIN}" y="${-MARGIN}" width="${box[2]}" height="${box[3]}" rx="8" fill="${colour}"></rect>`;
  return drawing
    .replace(/viewBox="[^"]*"/, `viewBox="${box.join(' ')}"`)
    .replace(/ width="\d+"/, ` width="${box[2]}"`)
    .replace(/ height="\d+"/, ` height="${box[3]}"`)
    .replace('</style>', `</style>${paper}`);
}
