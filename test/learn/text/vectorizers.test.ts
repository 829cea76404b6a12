import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  countVectorizer,
  type Csr,
  fromJSON,
  hashingVectorizer,
  logisticRegression,
  makePipeline,
  tfidfVectorizer,
} from '../../../src/learn/index.ts'
import { recreate } from '../../../src/learn/core/estimator.ts'
import { murmurHash3 } from '../../../src/learn/text/murmur-hash.ts'

interface Sparse {
  readonly indptr: readonly number[]
  readonly indices: readonly number[]
  readonly data: readonly number[]
}
interface Case extends Sparse {
  readonly estimator: string
  readonly options: Record<string, unknown>
  readonly shape: readonly [number, number]
  readonly vocabulary?: readonly string[]
  readonly new: Sparse
}
interface Summary {
  readonly estimator: string
  readonly options: Record<string, unknown>
  readonly shape: readonly number[]
  readonly stored: number
  readonly sum: number
  readonly places: number
  readonly heads: readonly [readonly number[], readonly number[]]
}

// Made by tools/fixtures/learn_text.py.
const { texts, hashes, cases, sms } = JSON.parse(
  readFileSync(fileURLToPath(new URL('./fixtures/vectorizers.json', import.meta.url)), 'utf8'),
) as { texts: string[]; hashes: [string, number, number][]; cases: Case[]; sms: Summary[] }

const expectRows = (found: Csr, wanted: Sparse): void => {
  expect(Array.from(found.indptr)).toEqual(wanted.indptr)
  expect(Array.from(found.indices)).toEqual(wanted.indices)
  for (const [k, x] of wanted.data.entries()) expect(found.data[k]).toBeCloseTo(x, 12)
}

describe('rows of texts are those of scikit-learn', () => {
  for (const one of cases) {
    test(`${one.estimator} ${JSON.stringify(one.options)}`, async () => {
      const estimator = recreate(one.estimator, one.options)
      const model = (await estimator.fit(texts)) as unknown as {
        vocabulary: readonly string[]
        transform(X: readonly string[]): Promise<Csr>
      }
      if (one.vocabulary) expect(model.vocabulary).toEqual(one.vocabulary)
      const rows = (await estimator.fitTransform(texts)) as Csr
      expect([rows.rows, rows.columns]).toEqual(one.shape)
      expectRows(rows, one)
      expectRows(await model.transform(texts), one)
      expectRows(await model.transform(['the cat and an elephant', 'Café été dog dog']), one.new)
    })
  }
})

test('hashes are those of MurmurHash3', () => {
  const encoder = new TextEncoder()
  for (const [text, seed, hash] of hashes) {
    const bytes = encoder.encode(text)
    expect(murmurHash3(bytes, bytes.length, seed), text).toBe(hash)
  }
})

const messages = `${process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))}/text/SMSSpamCollection`

describe('5,574 messages', () => {
  for (const one of sms) {
    test(`as ${one.estimator} ${JSON.stringify(one.options)}`, async context => {
      if (!existsSync(messages)) context.skip('SMSSpamCollection is absent; set GRADUS_DATA to the folder with text')
      const lines = readFileSync(messages, 'utf8')
        .split('\n')
        .filter(line => line !== '')
        .map(line => line.slice(line.indexOf('\t') + 1))
      const rows = (await recreate(one.estimator, one.options).fitTransform(lines)) as Csr
      expect([rows.rows, rows.columns]).toEqual(one.shape)
      expect(rows.data.length).toBe(one.stored)
      let sum = 0
      let places = 0
      for (let k = 0; k < rows.data.length; k++) {
        sum += rows.data[k]!
        places += rows.data[k]! * rows.indices[k]!
      }
      expect(Math.abs(sum / one.sum - 1)).toBeLessThan(1e-9)
      expect(Math.abs(places / one.places - 1)).toBeLessThan(1e-9)
      expect(Array.from(rows.indices.subarray(0, 8))).toEqual(one.heads[0])
      for (const [k, x] of one.heads[1].entries()) expect(rows.data[k]).toBeCloseTo(x, 12)
    })
  }
})

test('terms of a row come back from it', async () => {
  const model = await countVectorizer().fit(['red fox', 'red red hen'])
  expect(model.featureNamesOut()).toEqual(['fox', 'hen', 'red'])
  expect(await model.inverseTransform(await model.transform(['a hen, a red hen', 'none']))).toEqual([
    ['hen', 'red'],
    [],
  ])
  const weighted = await tfidfVectorizer().fit(['red fox', 'red red hen'])
  expect(await weighted.inverseTransform([[0, 0.5, 0.5]])).toEqual([['hen', 'red']])
  await expect(model.inverseTransform([[1, 2]])).rejects.toThrow(
    'countVectorizer.inverseTransform: X has 2 columns, and the transformed rows have 3. Pass what transform gave.',
  )
})

test('English function words are left out by a list of their own', async () => {
  const model = await countVectorizer({ stopWords: 'english' }).fit(['the fox is not in the house of the hen'])
  expect(model.vocabulary).toEqual(['fox', 'hen', 'house'])
})

test('texts without a term are named as the fault', async () => {
  await expect(countVectorizer().fit(['a', '...'])).rejects.toThrow(
    'countVectorizer.fit: the texts hold no term. Look at tokenPattern and stopWords.',
  )
  await expect(tfidfVectorizer({ minDf: 2 }).fit(['red fox', 'blue hen'])).rejects.toThrow(
    'tfidfVectorizer.fit: no term is left of 4. Lower minDf, raise maxDf, or look at tokenPattern and stopWords.',
  )
  await expect(countVectorizer({ minDf: 3, maxDf: 0.5 }).fit(['red fox', 'red hen'])).rejects.toThrow(
    'countVectorizer.fit: maxDf 0.5 allows 1 of 2 texts, and minDf 3 asks for 3. Raise maxDf or lower minDf.',
  )
})

test('options that are no pattern, range or list of words are refused', () => {
  expect(() => countVectorizer({ tokenPattern: '(' })).toThrow(
    'countVectorizer: tokenPattern must be a regular expression with at most one group, as text; got "(".',
  )
  expect(() => countVectorizer({ tokenPattern: '(a)(b)' })).toThrow('with at most one group')
  expect(() => hashingVectorizer({ ngramRange: [2, 1] })).toThrow(
    'hashingVectorizer: ngramRange must be a list of two integers of at least 1, the first not above the second; got [2,1].',
  )
  expect(() => countVectorizer({ maxDf: 1.5 })).toThrow(
    'countVectorizer: maxDf must be a share from 0 to 1, or an integer above 1; got 1.5.',
  )
  expect(() => countVectorizer({ vocabulary: ['a', 'a'] })).toThrow(
    'countVectorizer: vocabulary must be null, or a list of terms, each once; got ["a","a"].',
  )
})

test('a pipeline of texts learns classes and comes back from JSON', async () => {
  const X = ['cheap pills now', 'meeting at noon', 'cheap cheap watches', 'notes of the meeting']
  const model = await makePipeline(tfidfVectorizer(), logisticRegression({ C: 100 })).fit(X, [
    'spam',
    'ham',
    'spam',
    'ham',
  ])
  const back = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  expect(await back.predict(['cheap notes', 'pills', 'the meeting'])).toEqual(
    await model.predict(['cheap notes', 'pills', 'the meeting']),
  )
  expect(await model.predict(['pills', 'the meeting'])).toEqual(['spam', 'ham'])
})
