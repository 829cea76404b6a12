import { describe, expect, test } from 'vitest'
import { Generator } from '../../src/tensor/random.ts'
import { drawPair, sentencesOf, tokenSentences } from '../../src/recipes/bert-sentences.ts'
import { maskTokens } from '../../src/recipes/masking.ts'
import { unigramLoss } from '../../src/recipes/bert.ts'
import { WordPieceTokenizer } from '../../src/text/index.ts'

const special = (id: number): boolean => id < 5
const rules = { maskId: 4, vocabSize: 100, isSpecial: special }

describe('hiding tokens', () => {
  test('takes 15 % of those that are not special: 80 % are hidden, 10 % exchanged, 10 % stay', () => {
    const source = new Generator(3)
    const ids = Int32Array.from({ length: 102 }, (_, i) => (i === 0 ? 2 : i === 101 ? 3 : 5 + ((i * 7) % 95)))
    const fates = { hidden: 0, exchanged: 0, stayed: 0 }
    const taken = new Float64Array(102)
    for (let n = 0; n < 400; n++) {
      const { ids: found, places, labels } = maskTokens(ids, rules, source)
      expect(places.length).toBe(15)
      expect(labels).toEqual(places.map(i => ids[i]))
      for (const i of ids.keys()) if (!places.includes(i)) expect(found[i]).toBe(ids[i])
      for (const i of places) {
        taken[i]!++
        if (found[i] === 4) fates.hidden++
        else if (found[i] === ids[i]) fates.stayed++
        else fates.exchanged++
        expect(found[i]! >= 4).toBe(true)
      }
    }
    expect(fates.hidden / 6000).toBeCloseTo(0.8, 1)
    expect(Math.abs(fates.exchanged / 6000 - 0.1)).toBeLessThan(0.015)
    expect(Math.abs(fates.stayed / 6000 - 0.1)).toBeLessThan(0.015)
    expect([taken[0], taken[101]]).toEqual([0, 0])
    // Each as often as the others: 60 times, give or take.
    expect(Math.min(...taken.subarray(1, 101))).toBeGreaterThan(30)
    expect(Math.max(...taken)).toBeLessThan(95)
  })

  test('is the same from the same state of the generator, and another later', () => {
    const ids = Int32Array.from({ length: 40 }, (_, i) => 5 + i)
    const source = new Generator(1)
    const first = maskTokens(ids, rules, source)
    const second = maskTokens(ids, rules, source)
    expect(maskTokens(ids, rules, new Generator(1))).toEqual(first)
    expect(second.places).not.toEqual(first.places)
  })

  test('takes words whole where it is told what goes on a word', () => {
    // Words of three pieces: even ids begin one, the next two odd ones go on it.
    const ids = Int32Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 6 : 7))
    const source = new Generator(8)
    for (let n = 0; n < 50; n++) {
      const { places } = maskTokens(ids, { ...rules, continues: id => id === 7 }, source)
      expect(places.length).toBe(9)
      for (let k = 0; k < 9; k += 3) {
        expect(places[k]! % 3).toBe(0)
        expect(places.slice(k, k + 3)).toEqual([places[k], places[k]! + 1, places[k]! + 2])
      }
    }
  })

  test('takes at least one token, and none of nothing but special ones', () => {
    expect(maskTokens(Int32Array.of(2, 9, 3), rules, new Generator(0)).places).toEqual([1])
    expect(maskTokens(Int32Array.of(2, 3), rules, new Generator(0)).places).toEqual([])
  })
})

describe('sentences', () => {
  test('end behind full stops and the like, and with paragraphs', () => {
    const text = '“Go!” he\nsaid. Did she? Yes…  (She did.) 3.14 is no end\n\nA heading\n\n\nMore.'
    expect(sentencesOf(text)).toEqual([
      '“Go!”',
      'he said.',
      'Did she?',
      'Yes…',
      '(She did.)',
      '3.14 is no end',
      'A heading',
      'More.',
    ])
  })

  const words = Array.from({ length: 60 }, (_, i) => `w${String.fromCharCode(97 + (i % 26))}${i}`)
  const text = words.map((word, i) => `${word} ${word} ${i}.`).join(' ')
  const tokenizer = WordPieceTokenizer.train(text, { vocabSize: 400 })
  const sentences = tokenSentences(text, tokenizer)

  test('come in pairs: half the second ones follow the first, the rest are from elsewhere', () => {
    expect(sentences.starts.length).toBe(61)
    const source = new Generator(2)
    let elsewhere = 0
    for (let n = 0; n < 600; n++) {
      const pair = drawPair(sentences, 24, source)
      expect(Math.min(pair.first.length, pair.second.length)).toBeGreaterThan(0)
      // They are parts of the tokens: where one ends the other begins, or not.
      const follows = pair.first.byteOffset + pair.first.byteLength === pair.second.byteOffset
      expect(follows).toBe(!pair.elsewhere)
      for (const part of [pair.first, pair.second]) expect(sentences.starts).toContain(part.byteOffset / 4)
      if (pair.elsewhere) elsewhere++
    }
    expect(Math.abs(elsewhere / 600 - 0.5)).toBeLessThan(0.07)
  })
})

test('the loss of frequencies alone is that of counts with one added', () => {
  const found = unigramLoss(Int32Array.of(0, 0, 0, 1), Int32Array.of(0, 1, 2), 4)
  expect(found).toBeCloseTo(-(Math.log(4 / 8) + Math.log(2 / 8) + Math.log(1 / 8)) / 3, 12)
})
