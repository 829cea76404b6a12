import { aNumber, aWord, either, flag, integer, number, oneOf, text } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'

type Given = Readonly<Record<string, unknown>>
const tsne = ({ method }: Given): boolean => method === 'tsne'

export const about = defineLab({
  name: 'embedding',
  title: 'PCA and t-SNE',
  sentence: 'Bring rows of many numbers down to two or three, and see which neighbours stay together.',
  topic: 'Classical learning',
  order: 70,
  options: labOptions(
    {
      method: oneOf(['tsne', 'pca'], { default: 'tsne', help: 'how points are found' }),
      axes: integer({ default: 2, min: 2, max: 3, help: 'numbers that each row is brought down to' }),
      perplexity: number({ default: 15, min: 2, max: 200, help: 'about how many neighbours each row holds on to' }),
      learningRate: either([aWord(['auto']), aNumber({ above: 0 })], {
        default: 'auto',
        help: 'length of a step; auto: rows / exaggeration / 4, at least 50',
      }),
      exaggeration: number({
        default: 12,
        min: 1,
        max: 40,
        help: 'how much stronger neighbours pull in the first 250 iterations',
      }),
      start: oneOf(['pca', 'random'], { default: 'pca', help: 'where points start' }),
      reduce: integer({
        default: 30,
        min: 0,
        max: 50,
        help: 'principal components that t-SNE is given; 0 for all columns',
      }),
      dataSet: oneOf(['digits', 'blobs', 'swissRoll'], { default: 'digits', help: 'the rows' }),
      count: integer({ default: 1000, min: 50, max: 3000, help: 'the most rows that are used' }),
      standardise: flag({ default: false, help: 'bring each column to mean 0 and deviation 1 first' }),
      neighbours: integer({ default: 10, min: 1, max: 30, help: 'neighbours that are shown and counted' }),
      colour: text({ default: '', help: 'the column that colours the points' }),
    },
    { steps: 1000 },
  ),
  controls: {
    method: { group: 'Method', names: { tsne: 't-SNE', pca: 'PCA' } },
    axes: { group: 'Method' },
    perplexity: { group: 'Method', log: true, when: tsne },
    learningRate: { group: 'Method', label: 'Learning rate', when: tsne },
    exaggeration: { group: 'Method', label: 'Early exaggeration', step: 0.5, when: tsne },
    start: { group: 'Method', names: { pca: 'principal components', random: 'at random' }, when: tsne },
    reduce: { group: 'Method', label: 'PCA first, to', when: tsne },
    dataSet: {
      group: 'Data',
      label: 'Data set',
      names: { digits: 'digits, 784 pixels', blobs: 'six blobs in 10 dimensions', swissRoll: 'Swiss roll in space' },
    },
    count: { group: 'Data', label: 'Rows, at most', log: true },
    standardise: { group: 'Data', label: 'Standardise columns' },
    neighbours: { group: 'Data', label: 'Neighbours to show' },
    colour: { as: 'hidden' },
  },
  live: ['colour'],
  presets: {
    'Digits, t-SNE': {},
    'Digits, PCA': { method: 'pca' },
    'Perplexity 4': { perplexity: 4 },
    'Perplexity 100': { perplexity: 100 },
    'Blobs in space': { dataSet: 'blobs', axes: 3, count: 400, perplexity: 30 },
    'Swiss roll, PCA': { dataSet: 'swissRoll', method: 'pca' },
    'Swiss roll, t-SNE': { dataSet: 'swissRoll', perplexity: 40 },
  },
  data: { kind: 'table', help: 'A table: its columns of numbers are used, and a column of words colours the points.' },
  opening: 350,
  preview: { settings: { count: 400, perplexity: 8 }, steps: 450 },
})
export type Settings = SettingsOf<typeof about>
