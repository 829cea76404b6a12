import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { huffmanCodes } from '../../../src/text/embeddings/huffman.ts'
import { aliasTable } from '../../../src/text/embeddings/noise.ts'
import { startThread } from '../../../src/text/embeddings/threads-node.ts'
import { keepChances } from '../../../src/text/embeddings/word2vec.ts'
import { corpusOf, splitWords, trainWord2Vec } from '../../../src/text/index.ts'

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/word2vec.json', import.meta.url), 'utf8'))

const numbers = (seed: number): ((below: number) => number) => {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
const kinds = ['sea ship sail wave harbour anchor', 'bread oven flour crust baker dough'].map(line => line.split(' '))
/** Sentences of the one kind of words or of the other, with words of both. */
const text = (sentences = 1500): string => {
  const random = numbers(3)
  const draw = (words: readonly string[]): string => words[random(words.length)]!
  return Array.from({ length: sentences }, () => {
    const kind = kinds[random(2)]!
    return Array.from({ length: 8 }, (_, i) => (i % 3 === 0 ? draw(['the', 'of', 'and', 'a']) : draw(kind))).join(' ')
  }).join('\n')
}
const corpus = corpusOf([text()], { sentences: 'lines' })

describe('a corpus', () => {
  test('counts words, the most frequent first, and writes the text as numbers without rare words', () => {
    const found = corpusOf(["The cat’s cat; THE end_\n\nA cat's the\n \nonce"], { minCount: 2 })
    expect(found).toEqual({
      words: ['the', "cat's"],
      counts: [3, 2],
      ids: Int32Array.of(0, 1, 0, 1, 0),
      ends: Int32Array.of(3, 5),
      total: 9,
    })
    const lines = corpusOf(['b a-b\nA a-b', 'a-b b'], { minCount: 1, split: 'spaces', sentences: 'lines', maxWords: 2 })
    expect([lines.words, [...lines.ids], [...lines.ends]]).toEqual([
      ['a-b', 'b'],
      [1, 0, 0, 0, 1],
      [2, 3, 5],
    ])
    expect(splitWords('Ünïcode 日本 naïve\u0301 x2 _y_')).toEqual(['ünïcode', '日本', 'naïve\u0301', 'x2', 'y'])
  })

  test('cuts sentences of more than a thousand words', () => {
    const { ends } = corpusOf(['x y '.repeat(1100)], { minCount: 1 })
    expect([...ends]).toEqual([1000, 2000, 2200])
  })

  test('says that there is too little text', () => {
    expect(() => corpusOf(['a b c a'])).toThrow(
      'word2vec: no word occurs 5 times in a text of 4 words; the most frequent one occurs 2 times. Give more text, or a smaller minCount.',
    )
    expect(() => corpusOf(['a a a b'], { minCount: 2 })).toThrow('only one word occurs 2 times')
  })
})

describe('what is drawn', () => {
  const { counts, sample, keep, noise } = fixture.subsampling

  test('frequent words are thinned out as gensim thins them', () => {
    const found = keepChances(counts, sample)
    for (const [i, chance] of found.entries()) expect(chance).toBeCloseTo(keep[i], 8)
    expect([...keepChances(counts, 0)]).toEqual([1, 1, 1, 1, 1])
  })

  test('noise follows the counts to the power ¾, as gensim has it', () => {
    const { own, alias } = aliasTable(counts.map((count: number) => count ** 0.75))
    const chances = counts.map(() => 0)
    for (let i = 0; i < counts.length; i++) {
      chances[i] += own[i]! / 2 ** 32 / counts.length
      chances[alias[i]!] += (1 - own[i]! / 2 ** 32) / counts.length
    }
    for (const [i, chance] of chances.entries()) expect(chance).toBeCloseTo(noise[i], 8)
    expect(() => aliasTable([0, 0])).toThrow('aliasTable: weights must be 0 or more, and one above 0; got a sum of 0.')
    expect(() => aliasTable([1, -1])).toThrow('got -1.')
  })

  test('a Huffman code is complete, and shorter for frequent words', () => {
    const counts = [50, 20, 12, 8, 5, 3, 1, 1]
    const { start, nodes, turns } = huffmanCodes(counts)
    const codes = counts.map((_, w) => ({
      code: [...turns.subarray(start[w], start[w + 1])].join(''),
      path: [...nodes.subarray(start[w], start[w + 1])],
    }))
    expect(codes.map(({ code }) => code.length)).toEqual([1, 2, 3, 4, 5, 6, 7, 7])
    expect(codes.reduce((sum, { code }) => sum + 2 ** -code.length, 0)).toBe(1)
    expect(new Set(codes.map(({ code }) => code)).size).toBe(8)
    // A node stands for the turns before it.
    const turnsTo = new Map<number, string>()
    for (const { code, path } of codes)
      for (const [d, node] of path.entries()) {
        expect(turnsTo.get(node) ?? code.slice(0, d)).toBe(code.slice(0, d))
        turnsTo.set(node, code.slice(0, d))
      }
    expect([...turnsTo.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})

describe('training', () => {
  test.each([
    ['skip-gram', 'negative'],
    ['cbow', 'negative'],
    ['skip-gram', 'hierarchical'],
    ['cbow', 'hierarchical'],
  ] as const)('%s with %s brings words of a kind together, and the loss falls', async (model, loss) => {
    const losses: number[] = []
    const { embeddings, done } = await trainWord2Vec(
      corpus,
      { model, loss, size: 12, epochs: 30, window: 3, learningRate: 0.05 },
      { onProgress: ({ loss }) => void losses.push(loss) },
    )
    expect(done).toBe(true)
    for (const kind of kinds) {
      for (const word of kind) {
        const others = new Set(kind.filter(other => other !== word))
        const found = embeddings.near(word, { count: 5, exclude: ['the', 'of', 'and', 'a'] })
        expect(new Set(found.map(({ word }) => word))).toEqual(others)
      }
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]!)
  })

  test('gives the same vectors for a seed, and others for another', async () => {
    const options = { size: 10, epochs: 2 }
    const first = await trainWord2Vec(corpus, { ...options, seed: 7 })
    const second = await trainWord2Vec(corpus, { ...options, seed: 7 })
    const other = await trainWord2Vec(corpus, { ...options, seed: 8 })
    expect(second.embeddings.matrix).toEqual(first.embeddings.matrix)
    expect(other.embeddings.matrix).not.toEqual(first.embeddings.matrix)
  })

  test.each(['skip-gram', 'cbow'] as const)(
    '%s, stopped and gone on with, gives what it gives undisturbed',
    async model => {
      const options = { model, size: 9, epochs: 12, seed: 1 }
      const whole = await trainWord2Vec(corpus, options)
      const stop = new AbortController()
      const part = await trainWord2Vec(corpus, options, { signal: stop.signal, onProgress: () => stop.abort() })
      expect(part.done).toBe(false)
      expect(part.state.words).toBeLessThan(whole.state.words)
      expect(part.embeddings.matrix).not.toEqual(whole.embeddings.matrix)
      const rest = await trainWord2Vec(corpus, options, { from: part.state })
      expect(rest.done).toBe(true)
      expect(rest.state).toEqual(whole.state)
    },
  )

  const built = existsSync(new URL('../../../dist/text/embeddings/word2vec-worker-node.js', import.meta.url))
  test.skipIf(!built)('on two threads learns as well (skipped before a build)', async () => {
    const seen: number[] = []
    const { embeddings, done } = await trainWord2Vec(
      corpus,
      { size: 12, epochs: 30, window: 3, learningRate: 0.05, threads: 2 },
      { startThread, onProgress: progress => void seen.push(progress.words) },
    )
    expect([done, seen.at(-1)]).toEqual([true, 30 * corpus.ids.length])
    for (const word of kinds[0]!) {
      const found = embeddings.near(word, { count: 5, exclude: ['the', 'of', 'and', 'a'] })
      expect(found.every(near => kinds[0]!.includes(near.word))).toBe(true)
    }
    const stopped = await trainWord2Vec(
      corpus,
      { size: 12, epochs: 3000, threads: 2 },
      { startThread, signal: AbortSignal.timeout(20) },
    )
    expect(stopped.done).toBe(false)
  })

  test('says what is wrong with its options', async () => {
    await expect(trainWord2Vec(corpus, { size: 0 })).rejects.toThrow(
      'trainWord2Vec: size must be an integer from 1 to 10000; got 0.',
    )
    await expect(trainWord2Vec(corpus, { threads: 2 })).rejects.toThrow(
      'trainWord2Vec: 2 threads need startThread. Pass it, or set threads to 1.',
    )
    const words = Array.from({ length: 200_000 }, (_, i) => `w${i}`)
    const large = { words, counts: words.map(() => 1), ids: Int32Array.of(0), ends: Int32Array.of(1), total: 1 }
    await expect(trainWord2Vec(large, { size: 2000 })).rejects.toThrow(
      'trainWord2Vec: 200000 words of size 2000 need 3052 MiB; there is room for 2047. Choose a smaller size, a larger minCount, or maxWords.',
    )
  })
})
