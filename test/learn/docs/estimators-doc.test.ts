import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { definitions } from '../../../src/learn/index.ts'
import { estimatorsDocument } from './estimators-doc.ts'

const path = fileURLToPath(new URL('../../../docs/estimators.md', import.meta.url))

test('docs/estimators.md is what the declarations say', () => {
  const text = estimatorsDocument(definitions())
  if (process.env.GRADUS_WRITE_DOCS) writeFileSync(path, text)
  expect(readFileSync(path, 'utf8'), 'run GRADUS_WRITE_DOCS=1 npx vitest run test/learn/docs').toBe(text)
})

test('every estimator says in a sentence what it does and where it comes from', () => {
  for (const { name, summary, source, options } of definitions()) {
    expect(summary, name).toMatch(/^\S.{15,}\.$/s)
    expect(source, name).toMatch(/\w/)
    for (const { key, rule } of options.fields) expect(rule.help.length, `${name}: ${key}`).toBeGreaterThan(3)
  }
})
