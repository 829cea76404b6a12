import { describe, expect, test } from 'vitest'
import { DataError, FormatError } from '../../src/index.ts'
import { examplesOf, PieceTokenizer, parsePairs, tokenizerFromJSON } from '../../src/text/index.ts'
import { expectError } from '../optim/expect.ts'

describe('pairs', () => {
  test('are the first two columns, with single spaces', () => {
    const content = 'Go.\tVa\u202f!\tnote\r\n\n  I  am \t je\u00a0suis\n'
    expect(parsePairs(content, 'pairs.tsv')).toEqual([
      { source: 'Go.', target: 'Va !' },
      { source: 'I am', target: 'je suis' },
    ])
  })

  test('with one source are one example, and the same pair counts once', () => {
    const pairs = parsePairs('Go.\tVa !\nRun!\tCours !\nGo.\tMarche.\nGo.\tVa !', 'pairs.tsv')
    expect(examplesOf(pairs)).toEqual([
      { source: 'Go.', targets: ['Va !', 'Marche.'] },
      { source: 'Run!', targets: ['Cours !'] },
    ])
  })

  test('a line without a target is told', async () => {
    await expectError(
      () => parsePairs('Go.\tVa !\nRun!', 'pairs.tsv'),
      DataError,
      'pairs.tsv: line 2 is "Run!", which is no pair. Expected a source, a tab and a target on each line.',
    )
    await expectError(
      () => parsePairs('\n\n', 'pairs.tsv'),
      DataError,
      'pairs.tsv: has no pairs. Give lines of a source, a tab and a target.',
    )
  })
})

describe('the piece tokenizer', () => {
  const tokenizer = PieceTokenizer.train(["Don't go!", 'Va !', 'Il a 12,5 ans.', "Don't worry, Il."])

  test('gives back what it was trained on, and a word has one id wherever it stands', () => {
    for (const text of ["Don't go!", 'Va !', 'Il a 12,5 ans.', "worry, Il Don't."])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    expect(tokenizer.encode('Il Il')[0]).toBe(tokenizer.encode('Il Il')[1])
    expect(tokenizer.encode('  Va\u202f! ')).toEqual(tokenizer.encode('Va !'))
    expect(tokenizer.encode('Va!')).not.toEqual(tokenizer.encode('Va !'))
  })

  test('reads what it does not know as one token', () => {
    const ids = tokenizer.encode('Il mange.')
    expect(Array.from(ids).filter(id => id === tokenizer.unkId)).toHaveLength(1)
    expect(tokenizer.decode(ids)).toBe('Il <unk>.')
    // Il and Don, each twice, and what comes as often.
    expect(PieceTokenizer.train(['a b a', 'b c'], { minCount: 2 }).vocabSize).toBe(3)
  })

  test('comes back from its document, which is a tokenizer.json', async () => {
    const doc = JSON.parse(JSON.stringify(tokenizer.toJSON()))
    const again = PieceTokenizer.fromJSON(doc)!
    const text = "Don't mange 12 ans, Il !"
    expect(again.encode(text)).toEqual(tokenizer.encode(text))
    expect(again.toJSON()).toEqual(tokenizer.toJSON())
    expect(PieceTokenizer.fromJSON({ model: { type: 'BPE' } })).toBeNull()
    await expectError(
      () => PieceTokenizer.fromJSON({ ...doc, model: { ...doc.model, vocab: { a: 1 } } }, 'm.json'),
      FormatError,
      'm.json: model.vocab does not give the ids 0 to 1 once each, " <unk>" first. Save the tokenizer again.',
    )
    expect(tokenizerFromJSON(doc).encode('Il a 12')).toEqual(tokenizer.encode('Il a 12'))
  })
})
