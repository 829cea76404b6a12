import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import { editDistance, nearest } from '../../src/core/nearest.ts'
import {
  defineOptions,
  flag,
  type Given,
  type Infer,
  integer,
  integers,
  number,
  oneOf,
  texts,
} from '../../src/core/options.ts'
import { trainOptions } from './example-commands.ts'

const kMeans = defineOptions({
  nClusters: integer({ required: true, min: 1, aliases: ['k'], help: 'how many clusters' }),
  init: oneOf(['kMeans++', 'random'], { default: 'kMeans++', help: 'how the centres begin' }),
  tolerance: number({ default: 1e-4, min: 0, help: 'smallest move that counts' }),
  subsample: number({ above: 0, max: 1, help: 'share of the samples in a batch' }),
  quantiles: integers({ min: 0, max: 100, help: 'which quantiles to report' }),
  names: texts({ default: [], help: 'names of the features' }),
  verbose: flag({ help: 'tell of each iteration' }),
  stop: defineOptions({ patience: integer({ default: 5, min: 0, help: 'rounds without a gain' }) }),
})

const messageOf = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    if (error instanceof ArgumentError) return error.message
    throw error
  }
  return 'nothing was thrown'
}
const refusal = (given: unknown): string => messageOf(() => kMeans.validate('kMeans', given))

describe('declared options', () => {
  test('have the type of their rules', () => {
    expectTypeOf<Infer<typeof kMeans>>().toEqualTypeOf<{
      readonly nClusters: number
      readonly init: 'kMeans++' | 'random'
      readonly tolerance: number
      readonly subsample?: number
      readonly quantiles?: readonly number[]
      readonly names: readonly string[]
      readonly verbose: boolean
      readonly stop: { readonly patience: number }
    }>()
    const given: Given<typeof kMeans> = { nClusters: 3, init: 'random', stop: {} }
    expect(kMeans.validate('kMeans', given).init).toBe('random')
    // @ts-expect-error Property 'nClusters' is missing
    const withoutRequired: Given<typeof kMeans> = { init: 'random' }
    // @ts-expect-error Type '"best"' is not assignable
    const wrongChoice: Given<typeof kMeans> = { nClusters: 3, init: 'best' }
    expect([withoutRequired, wrongChoice]).toHaveLength(2)
  })

  test('fill in their defaults and leave out what has none', () => {
    expect(kMeans.validate('kMeans', { nClusters: 3, tolerance: undefined })).toEqual({
      nClusters: 3,
      init: 'kMeans++',
      tolerance: 1e-4,
      names: [],
      verbose: false,
      stop: { patience: 5 },
    })
  })

  test('list nested options by their path', () => {
    expect(trainOptions.fields.map(({ key }) => key)).toContain('model.numLayers')
  })

  test('go to JSON and back unchanged', () => {
    const values = trainOptions.validate('train gpt', { data: 'a.txt', clipNorm: 0.1 + 0.2, model: { numHeads: 8 } })
    expect(trainOptions.fromJson('train gpt', trainOptions.toJson(values))).toEqual(values)
    expect(
      kMeans
        .toJson(kMeans.validate('kMeans', { nClusters: 3 }))
        .split('\n')
        .slice(0, 3),
    ).toEqual(['{', '  "nClusters": 3,', '  "init": "kMeans++",'])
  })

  test('refuse a default that breaks its own rule', () => {
    expect(messageOf(() => defineOptions({ steps: integer({ default: 0, min: 1, help: 'updates' }) }))).toBe(
      'defineOptions: the default of steps must be an integer of at least 1; got 0.',
    )
  })
})

describe('validation says what is wrong, what was expected and what to do', () => {
  test.each([
    [{ nClusters: 0 }, 'kMeans: nClusters must be an integer of at least 1; got 0.'],
    [{ nClusters: 2.5 }, 'kMeans: nClusters must be an integer of at least 1; got 2.5.'],
    [{ nClusters: '3' }, 'kMeans: nClusters must be an integer of at least 1; got "3".'],
    [{ nClusters: null }, 'kMeans: nClusters must be an integer of at least 1; got null.'],
    [{ nClusters: 3, init: 'best' }, 'kMeans: init must be one of kMeans++, random; got "best".'],
    [{ nClusters: 3, tolerance: Number.NaN }, 'kMeans: tolerance must be a number of at least 0; got NaN.'],
    [{ nClusters: 3, subsample: 0 }, 'kMeans: subsample must be a number above 0 and of at most 1; got 0.'],
    [
      { nClusters: 3, quantiles: [50, 101] },
      'kMeans: quantiles must be a list, each item an integer from 0 to 100; got [50,101].',
    ],
    [{ nClusters: 3, names: 'height' }, 'kMeans: names must be a list, each item text; got "height".'],
    [{ nClusters: 3, verbose: 1 }, 'kMeans: verbose must be true or false; got 1.'],
    [{ nClusters: 3, stop: 5 }, 'kMeans: stop must be an object; got 5.'],
    [{ nClusters: 3, stop: { patience: -1 } }, 'kMeans: stop.patience must be an integer of at least 0; got -1.'],
    [{}, 'kMeans: nClusters is required: how many clusters.'],
    [[3], 'kMeans: options must be an object; got [3].'],
    [{ nCluster: 3 }, 'kMeans: unknown option "nCluster". Did you mean nClusters?'],
    [{ k: 3 }, 'kMeans: unknown option "k". Did you mean nClusters?'],
    [{ nClusters: 3, stop: { patence: 1 } }, 'kMeans: unknown option "stop.patence". Did you mean stop.patience?'],
    [
      { colour: 'red' },
      'kMeans: unknown option "colour". The options are nClusters, init, tolerance, subsample, quantiles, names, verbose, stop.',
    ],
    [{ constructor: 1 }, expect.stringMatching(/^kMeans: unknown option "constructor"\. The options are /)],
  ])('%j: %s', (given, message) => {
    expect(refusal(given)).toEqual(message)
  })

  test('a long value is cut short', () => {
    expect(refusal({ nClusters: 'x'.repeat(200) })).toBe(
      `kMeans: nClusters must be an integer of at least 1; got "${'x'.repeat(76)}....`,
    )
  })
})

describe('the nearest name', () => {
  test('is the one a slip of the fingers away', () => {
    const names = ['steps', 'learning-rate', 'batch-size', 'seed']
    expect(nearest('stpes', names)).toBe('steps')
    expect(nearest('learningRate', names)).toBe('learning-rate')
    expect(nearest('batch', names)).toBe('batch-size')
    expect(nearest('temperature', names)).toBeUndefined()
  })

  test('is measured by a distance that is zero for equal words only and the same both ways', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
    expect(editDistance('stpes', 'steps')).toBe(1)
    expect(editDistance('kitten', 'sitting')).toBe(3)
  })
})
