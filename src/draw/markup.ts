const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** Text as it may stand in HTML and SVG, in attributes too. */
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, c => entities[c]!)

/** Attributes in an opening tag; those without a value are left out. */
export const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')

/** An element with markup inside. */
export const element = (
  name: string,
  values: Readonly<Record<string, string | number | undefined>>,
  ...inside: readonly string[]
): string => `<${name}${attributes(values)}>${inside.join('')}</${name}>`
