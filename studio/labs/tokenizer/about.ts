import { flag, integer, oneOf, text } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'
import { kinds, kindNames } from './shot.ts'

const several =
  'The low lamp lit the lower shelf, and the lowest shelf was lower still. Newer lamps are slower to warm, ' +
  'but the newest are never slow. Größe, naïve, Übergröße. 東京は東にある。京都は西にある。 👩🏽‍🚀🚀 Привет, привет! 🚀'
export const about = defineLab({
  name: 'tokenizer',
  title: 'Tokenizer',
  sentence: 'Watch a vocabulary grow merge by merge, and see into what pieces a text falls.',
  topic: 'Language',
  order: 90,
  options: labOptions(
    {
      algorithm: oneOf(kinds, { default: 'bpe', help: 'how pieces are learned' }),
      compare: oneOf(['none', ...kinds], {
        default: 'wordpiece',
        help: 'another way, on the same text, with as many steps',
      }),
      text: text({ default: several, help: 'what the tokenizer learns from' }),
      other: text({ default: '', help: 'another text to cut into tokens; the text it learned from unless given' }),
      lowercase: flag({ default: false, help: 'WordPiece puts text into lower case and drops accents first' }),
      byteFallback: flag({ default: false, help: 'unigram writes characters without a token in bytes' }),
      at: integer({ min: 0, help: 'steps after which the tokens are shown; the latest unless given' }),
      ids: flag({ default: true, help: 'show the id of each token under it' }),
    },
    { steps: 120 },
  ),
  controls: {
    algorithm: { group: 'Tokenizer', names: kindNames },
    compare: { group: 'Tokenizer', label: 'Compare with', names: kindNames },
    lowercase: {
      group: 'Tokenizer',
      label: 'WordPiece in lower case',
      when: ({ algorithm, compare }) => algorithm === 'wordpiece' || compare === 'wordpiece',
    },
    byteFallback: {
      group: 'Tokenizer',
      label: 'Unigram falls back to bytes',
      when: ({ algorithm, compare }) => algorithm === 'unigram' || compare === 'unigram',
    },
    ids: { group: 'Tokenizer', label: 'Show ids' },
    at: { as: 'hidden' },
    // No loss is made small here.
    target: { as: 'hidden' },
    patience: { as: 'hidden' },
    text: { as: 'hidden' },
    other: { as: 'hidden' },
  },
  live: ['compare', 'other', 'ids', 'at'],
  presets: {
    'Several languages': {},
    aaabdaaabac: { text: 'aaabdaaabac', compare: 'none', at: 1 },
    'Learned on English only': {
      text: 'She sells sea shells by the sea shore. The shells she sells are sea shells, she is sure. So if she sells sea shells on the sea shore, they are sea shore shells.',
      other: 'Sea shells, Seeschnecken, 貝殻 🐚',
    },
    'Most likely pieces': { algorithm: 'unigram', compare: 'bpe' },
    'Emoji in bytes': { text: '👍👍🏽👍🏿 👩‍🚀👨‍🚀🧑🏽‍🚀 🇨🇭🇯🇵🇨🇭', compare: 'char' },
  },
  data: { kind: 'text', help: 'A text of your own to learn from, or a tokenizer.json to look into.' },
  opening: 40,
  model: true,
  preview: { settings: { compare: 'none' }, steps: 60 },
  curves: { of: ['tokens', 'compared'], label: 'Tokens that the text falls into' },
})
export type Settings = SettingsOf<typeof about>
