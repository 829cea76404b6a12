import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { setEngine } from '../../src/index.ts'
import { parseModel } from '../../src/io/onnx/parse.ts'
import { readSuite, suitePath } from './archive.ts'
import { exclusion, knownMiss, runCase } from './node-case.ts'
import { type Outcome, report } from './report.ts'

const suite = readSuite(suitePath())
const engines = ['native', 'reference'] as const
const outcomes = new Map<string, Outcome>()

describe.skipIf(!suite)('the ONNX backend suite', () => {
  for (const [name, files] of suite ?? []) {
    const model = parseModel(files.get('model.onnx')!)
    const excluded = exclusion(model)
    const missing = knownMiss(model)
    outcomes.set(name, { excluded, failures: new Map() })
    for (const engine of engines) {
      const title = `${name} on ${engine}${missing === null ? '' : `, which is known to fail: ${missing}`}`
      test.skipIf(excluded !== null)(title, { fails: missing !== null }, async () => {
        setEngine(engine, { always: true })
        try {
          await runCase(files)
        } catch (error) {
          outcomes.get(name)!.failures.set(engine, String((error as Error).message).split('\n')[0]!)
          throw error
        }
      })
    }
  }
})

afterAll(() => {
  if (!suite) return
  const text = report(outcomes, engines)
  if (process.env.GRADUS_WRITE_DOCS)
    writeFileSync(fileURLToPath(new URL('../../docs/onnx-import.md', import.meta.url)), text)
  expect(text).not.toBe('')
})
