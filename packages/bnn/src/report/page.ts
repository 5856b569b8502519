/** @file The page around a report's sections: one file, which fetches nothing and runs nothing. */
import type { Content, Markup } from './html.ts';
import { Markup as Raw, html } from './html.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Content;
}

/** A number that a report begins with. */
export interface Score {
  readonly name: string;
  readonly value: string;
  /** What it is, and what would be good. */
  readonly meaning: string;
}

export function page(title: string, subtitle: string, sections: readonly Section[]): Markup {
  const links = sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`);
  const parts = sections.map(({ id, title: name, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>
${body}</section>
`);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
<meta name="color-scheme" content="light dark"/>
<title>${title}</title>
<style>${new Raw(STYLE)}</style></head>
<body><header><h1>${title}</h1><p>${subtitle}</p>
<nav aria-label="Sections"><ul>${links}</ul></nav></header>
<main>
${parts}</main></body></html>
`;
}

export function scoreList(scores: readonly Score[]): Markup {
  const items = scores.map(({ name, value, meaning }) => html`<div><dt>${name}</dt><dd><strong>${value}</strong> <span>${meaning}</span></dd></div>
`);
  return html`<dl class="scores">${items}</dl>
`;
}

export function figures(...content: readonly Content[]): Markup {
  return html`<div class="figures">${content}</div>
`;
}

/** Tables beside one another where there is room. */
export function tables(...content: readonly Content[]): Markup {
  return html`<div class="tables">${content}</div>
`;
}

export function note(text: string): Markup {
  return html`<p class="note">${text}</p>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #ffffff; --card: #f5f7fa; --edge: #d9dfe7; --first: #2b6cb0; --second: #c2571a; --ideal: #39424f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3adba; --paper: #14181e; --card: #1d232b; --edge: #333c48; --first: #69b0f0; --second: #f2a05c; --ideal: #d3dae3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .8rem; padding-top: .4rem; border-top: 1px solid var(--edge); }
header p, .note { color: var(--soft); margin: .2rem 0 .8rem; max-width: 60rem; }
.scores + .note { margin-top: .8rem; }
nav ul, .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; margin: .4rem 0; }
a { color: var(--first); }
.scores { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: .8rem; margin: 0; }
.scores div, figure { background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; padding: .7rem .9rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; }
dd strong { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
dd span { color: var(--soft); font-size: .85rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: .8rem; margin: .8rem 0; }
figure { min-width: 0; max-width: 38rem; }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 0 1.5rem; }
.tables > * { min-width: 0; }
figcaption, caption { font-weight: 600; text-align: left; padding-bottom: .3rem; }
caption { white-space: nowrap; }
figure > svg { display: block; width: 100%; height: auto; }
.legend { font-size: .85rem; }
.first { fill: var(--first); } .second { fill: var(--second); } .ideal { fill: var(--ideal); }
.stroke { fill: none; } .first.stroke { stroke: var(--first); } .second.stroke { stroke: var(--second); } .ideal.stroke { stroke: var(--ideal); }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .55rem; border-bottom: 1px solid var(--edge); text-align: right; white-space: nowrap; }
th[scope=row], thead th:first-child { text-align: left; font-weight: 500; }
td img { display: block; image-rendering: pixelated; width: 56px; height: auto; border-radius: 3px; }
.right { background: color-mix(in srgb, var(--first) 18%, transparent); }
.wrong { background: color-mix(in srgb, var(--second) 22%, transparent); }
`;
