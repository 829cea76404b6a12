import type { Settings } from './about.ts'
import { learnerOf } from './learner.ts'

const trained: Readonly<Record<Settings['algorithm'], (s: Settings, vocabSize: number) => readonly [string, string]>> =
  {
    bpe: (_, vocabSize) => [
      'ByteBpeTokenizer',
      `ByteBpeTokenizer.train(linesOf(text), { vocabSize: ${vocabSize}, specialTokens: [], onMerge })`,
    ],
    wordpiece: (s, vocabSize) => [
      'WordPieceTokenizer',
      `WordPieceTokenizer.train(linesOf(text), {
  vocabSize: ${vocabSize},
  maxCharacters: 10_000,
  lowercase: ${s.lowercase},
  specialTokens: ['[UNK]'],
  onMerge,
})`,
    ],
    unigram: (s, vocabSize) => [
      'UnigramTokenizer',
      `UnigramTokenizer.train(linesOf(text), {
  vocabSize: ${vocabSize},
  seedSize: 20_000,
  characterCoverage: 1,
  byteFallback: ${s.byteFallback},
  specialTokens: ['<unk>'],
})`,
    ],
    word: (_, vocabSize) => ['WordTokenizer', `WordTokenizer.train(linesOf(text), { vocabSize: ${vocabSize} })`],
    char: () => ['CharTokenizer', 'CharTokenizer.train(text)'],
    byte: () => ['ByteTokenizer', 'new ByteTokenizer()'],
  }

/** Learns the same tokenizer with the library alone. */
export const program = (s: Settings): string => {
  const learner = learnerOf(s.algorithm, s.text, s)
  const { vocabSize } = learner.at(Math.min(s.steps, learner.steps))
  const [name, train] = trained[s.algorithm](s, vocabSize)
  const merges = s.algorithm === 'bpe' || s.algorithm === 'wordpiece'
  const lines = train.includes('linesOf') ? ', linesOf' : ''
  return `import { readFile } from 'node:fs/promises'
import { ${name}${lines} } from 'gradus/text'

// The lab's text; or a file of yours.
const text = process.argv[2] ? await readFile(process.argv[2], 'utf8') : ${JSON.stringify(s.text)}
${
  merges
    ? `
let rank = 0
const onMerge = ({ left, right, count }) => console.log('merge', ++rank, left, right, count)
`
    : ''
}
const tokenizer = ${train}
const shown = ${s.other === '' ? 'text' : JSON.stringify(s.other)}
const ids = tokenizer.encode(shown, { specialTokens: false })
console.log('vocabSize', tokenizer.vocabSize)
console.log('tokens', ids.length)
console.log('ids', [...ids].join(' '))
console.log('roundTrip', tokenizer.decode(ids) === shown)
`
}
