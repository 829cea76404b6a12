import { element, escaped } from '../draw/markup.ts'

// The report's page: one file with its style inside, light or dark as the reader has it.

const style = `
:root { color-scheme: light dark; --paper: #fff; --text: #1c2330; --soft: #5b6472; --line: #dfe3ea; --card: #f6f7f9; }
@media (prefers-color-scheme: dark) { :root { --paper: #12161d; --text: #e6e9ef; --soft: #9aa4b2; --line: #2b323d; --card: #1a2029; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1120px; background: var(--paper); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 26px; margin: 0 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 44px 0 6px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 24px 0 6px; }
p { margin: 0 0 14px; color: var(--soft); max-width: 70ch; }
nav { display: flex; flex-wrap: wrap; gap: 6px 16px; margin-top: 16px; }
a { color: #1f6fb5; } @media (prefers-color-scheme: dark) { a { color: #7ab8f5; } }
dl { display: flex; flex-wrap: wrap; gap: 12px; margin: 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 18px; }
dt { color: var(--soft); font-size: 13px; } dd { margin: 0; font-size: 21px; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } .scroll svg { display: block; max-width: none; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 12px; }
figure { margin: 0; } figure.wide { margin: 0 0 18px; overflow-x: auto; }
figure img { display: block; max-width: 100%; image-rendering: pixelated; border: 1px solid var(--line); border-radius: 4px; background: #fff; }
figcaption { font-size: 12.5px; color: var(--soft); margin-top: 4px; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 16px 5px 0; text-align: right; border-bottom: 1px solid var(--line); } th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; color: var(--soft); font-size: 13px; }
svg a:focus-visible, svg a:hover { outline: 2px solid #d55e00; } :target { scroll-margin-top: 12px; }
`

/** A picture with words under it. */
export const figure = (
  src: string,
  alt: string,
  caption: string,
  { wide = false, width }: { readonly wide?: boolean; readonly width?: number } = {},
): string =>
  element(
    'figure',
    wide ? { class: 'wide' } : {},
    `<img src="${escaped(src)}" alt="${escaped(alt)}"${width === undefined ? '' : ` width="${width}"`} loading="lazy">`,
    element('figcaption', {}, escaped(caption)),
  )

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="scroll">${element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head.map(h => element('th', { scope: 'col' }, escaped(h))))),
    element('tbody', {}, ...rows.map(row => element('tr', {}, ...row.map(cell => element('td', {}, escaped(cell)))))),
  )}</div>`

/** A part of the page, left out where it would be empty; small figures form a grid. */
export const section = (
  id: string,
  heading: string,
  words: string,
  content: readonly string[],
  level: 2 | 3 = 2,
): string => {
  if (content.length === 0 && words === '') return ''
  const small = content.length > 0 && content.every(c => c.startsWith('<figure>'))
  return element(
    'section',
    { id, 'aria-label': heading },
    element(`h${level}`, {}, escaped(heading)),
    words === '' ? '' : element('p', {}, escaped(words)),
    small ? element('div', { class: 'grid' }, ...content) : content.join('\n'),
  )
}

/** The whole document. */
export const page = (
  title: string,
  numbers: readonly (readonly [name: string, value: string])[],
  sections: readonly string[],
): string => {
  const shown = sections.filter(s => s !== '')
  const links = shown.flatMap(s => {
    const [, id, label] = /^<section id="([^"]+)" aria-label="([^"]+)"/.exec(s) ?? []
    return id === undefined ? [] : [`<a href="#${id}">${label}</a>`]
  })
  const facts = numbers.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<dl>${facts.join('')}</dl>
<nav aria-label="Parts of the report">${links.join('\n')}</nav>
<main>
${shown.join('\n')}
</main>
</body>
</html>
`
}
