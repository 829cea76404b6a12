import { anInteger, flag, integer, number, oneOf, rule } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'

const widths = rule<readonly number[], { default: readonly number[]; help: string }>(
  {
    kind: 'list',
    expected: 'up to 4 numbers from 1 to 32, such as 4, 4',
    accepts: (value): value is readonly number[] =>
      Array.isArray(value) && value.length <= 4 && value.every(anInteger({ min: 1, max: 32 }).accepts),
    fromText: text =>
      text.trim() === ''
        ? []
        : text
            .split(/[\s,]+/)
            .filter(Boolean)
            .map(Number),
    placeholder: 'N,...',
  },
  { default: [8, 8], help: 'units of each hidden layer; nothing for a linear classifier' },
)

export const about = defineLab({
  name: 'mlp',
  title: 'MLP boundaries',
  sentence: 'Add neurons and layers, and see how a network bends the line between two classes.',
  topic: 'Learning by descent',
  order: 30,
  options: labOptions(
    {
      dataSet: oneOf(['xor', 'moons', 'circles', 'spirals', 'blobs'], {
        default: 'spirals',
        help: 'where the points lie',
      }),
      count: integer({ default: 300, min: 20, max: 2000, help: 'points in all' }),
      noise: number({ default: 0.05, min: 0, max: 0.5, help: 'how far points stray' }),
      testShare: number({ default: 0.3, min: 0.1, max: 0.9, help: 'share of the points that is not trained on' }),
      hidden: widths,
      activation: oneOf(['tanh', 'relu', 'gelu', 'sigmoid', 'identity'], {
        default: 'tanh',
        help: 'what each unit does with its sum',
      }),
      norm: oneOf(['none', 'batch', 'layer'], { default: 'none', help: 'normalisation before each activation' }),
      dropout: number({ default: 0, min: 0, max: 0.8, help: 'share of hidden units left out in each step' }),
      init: oneOf(['pytorch', 'he', 'xavier', 'large', 'zero'], { default: 'pytorch', help: 'how weights begin' }),
      optimizer: oneOf(['adam', 'sgd', 'momentum', 'rmsprop'], { default: 'adam', help: 'how weights are changed' }),
      learningRate: number({ default: 0.03, above: 0, max: 3, help: 'length of a step' }),
      weightDecay: number({ default: 0, min: 0, max: 0.1, help: 'pull of weights towards 0' }),
      batchSize: integer({ default: 32, min: 1, max: 512, help: 'points in each step' }),
      showTest: flag({ default: false, help: 'show the points that are not trained on' }),
    },
    { steps: 2000 },
  ),
  controls: {
    dataSet: { group: 'Data', label: 'Data set' },
    count: { group: 'Data', label: 'Points', log: true },
    noise: { group: 'Data' },
    testShare: { group: 'Data', label: 'Kept for testing' },
    showTest: { group: 'Data', label: 'Show test points' },
    hidden: { group: 'Network', label: 'Hidden units' },
    activation: { group: 'Network' },
    norm: { group: 'Network', label: 'Normalisation' },
    dropout: { group: 'Network' },
    init: {
      group: 'Network',
      label: 'Initial weights',
      names: { pytorch: 'uniform (PyTorch)', he: 'He', xavier: 'Xavier', large: 'too large', zero: 'all zero' },
    },
    optimizer: { group: 'Training' },
    learningRate: { group: 'Training', min: 0.0005, max: 3, log: true },
    weightDecay: { group: 'Training' },
    batchSize: { group: 'Training', log: true },
  },
  live: ['learningRate', 'showTest'],
  presets: {
    'XOR, no hidden layer': { dataSet: 'xor', hidden: [], learningRate: 0.05 },
    'XOR, 4 units': { dataSet: 'xor', hidden: [4], learningRate: 0.05 },
    'Two spirals': { dataSet: 'spirals', hidden: [8, 8], activation: 'tanh' },
    'Moons with noise': { dataSet: 'moons', noise: 0.25, hidden: [32, 32], activation: 'relu', showTest: true },
    'All weights zero': { dataSet: 'circles', init: 'zero' },
  },
  data: { kind: 'table', help: 'A table with two columns of numbers and one with the class, its last column.' },
  model: true,
  opening: 250,
  preview: { settings: { dataSet: 'circles', hidden: [6], learningRate: 0.05 }, steps: 200 },
  curves: { of: ['loss', 'test'], label: 'Loss' },
})
export type Settings = SettingsOf<typeof about>
