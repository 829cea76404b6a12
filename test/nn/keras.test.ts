import { enginesUnderTest } from '../engines.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setEngine } from '../../src/index.ts'
import { expectClose } from '../optim/expect.ts'
import { type Case, floats, functions, layers } from './keras-layers.ts'

// Keras 2's layers: inputs, weights and outputs that Keras computed in float32 and wrote with six decimals (transcranial/keras-js).
// The data is not in the repository: GRADUS_DATA says where it lies.

const data = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const folder = join(data, 'vectors/keras_layers')
const present = existsSync(folder)

/** Cases that Gradus cannot express, with the reason. */
const inexpressible: Readonly<Record<string, string>> = {}

const read = (path: string): [string, Case][] => Object.entries(JSON.parse(readFileSync(path, 'utf8')))
const jsonUnder = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).flatMap(n => (n.endsWith('.json') ? [join(path, n)] : []))
const all = present ? [...jsonUnder(join(folder, 'layers')).sort(), join(folder, 'activations.json')].flatMap(read) : []

/** A case by its name, `family.Layer.index`. */
const compute = (name: string, c: Case) => {
  const [family, layer, number] = name.split('.') as [string, string, string]
  const [x, index] = [floats(c.input), Number(number)]
  if (family === 'activations') return functions(layer, index, x)
  const run = layers[layer]
  if (!run) throw new Error(`the data has a layer "${layer}" that this test does not know`)
  return run({ x, weights: (c.weights ?? []).map(floats), index })
}

if (!present) test.skip(`Keras's reference data is absent: ${folder}`, () => {})
else {
  test('all of the data is read', () => {
    expect(all.length).toBe(309)
    expect(Object.keys(inexpressible).filter(name => !all.some(([n]) => n === name))).toEqual([])
  })

  describe.each([...enginesUnderTest])('on the %s engine', engine => {
    beforeAll(() => setEngine(engine, { always: true }))
    afterAll(() => setEngine('native', { always: true }))
    for (const [name, c] of all) {
      if (name in inexpressible) test.skip(`${name}: ${inexpressible[name]}`, () => {})
      else {
        test(`${name} is what Keras computed`, async () => {
          const y = compute(name, c)
          expect(y.shape).toEqual(c.expected.shape)
          expectClose(await y.data(), c.expected.data, 1e-5, name)
        })
      }
    }
  })
}
