import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { About } from '../../studio/kit/lab.ts'
import { labs } from './page.ts'

const path = fileURLToPath(new URL('../../docs/studio.md', import.meta.url))

test('docs/studio.md lists every lab (GRADUS_WRITE_DOCS=1 writes it)', async () => {
  const abouts = await Promise.all(
    labs.map(async name => ((await import(`../../studio/labs/${name}/about.ts`)) as { about: About }).about),
  )
  const rows = abouts
    .sort((a, b) => a.order - b.order)
    .map(
      ({ name, title, sentence, presets }) =>
        `| ${title} | \`?lab=${name}\` | ${sentence} | ${Object.keys(presets).join(' · ')} |`,
    )
  const table = ['| lab | address | what | scenes |', '|---|---|---|---|', ...rows].join('\n')
  const text = readFileSync(path, 'utf8')
  const written = text.replace(/(## Labs\n\n)[\s\S]*?(\n\nand the tool)/, (_, before, after) => before + table + after)
  if (process.env.GRADUS_WRITE_DOCS) writeFileSync(path, written)
  else expect(text).toBe(written)
})
