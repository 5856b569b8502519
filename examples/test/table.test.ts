import { html, raw } from '../src/html.ts';
import { htmlTable, textTable } from '../src/table.ts';
import { parseXml } from './helpers/xml.ts';

const columns = [
  { title: 'name', cell: (row: { name: string; value: number }) => row.name },
  { title: 'x', cell: (row: { name: string; value: number }) => row.value.toFixed(1) },
];
const rows = [{ name: 'a<b', value: 1 }, { name: 'theta', value: -12.34 }];

test('text lines up: names left, numbers right', () => {
  expect(textTable(columns, rows)).toBe(['name       x', 'a<b      1.0', 'theta  -12.3'].join('\n'));
});

test('HTML has the same cells, escaped, with scopes', () => {
  const elements = parseXml(htmlTable('what & why', columns, rows).markup);
  const texts = (name: string) => elements.filter((element) => element.name === name).map(({ text }) => text);
  expect(texts('caption')).toEqual(['what & why']);
  expect(texts('th')).toEqual(['name', 'x', 'a<b', 'theta']);
  expect(texts('td')).toEqual(['1.0', '-12.3']);
});

test('html escapes text and keeps markup', () => {
  expect(html`<p title="${'"<&>\''}">${['a', html`<b>${1}</b>`, raw('<br>')]}</p>`.markup).toBe(
    '<p title="&quot;&lt;&amp;&gt;&#39;">a<b>1</b><br></p>',
  );
});
