import { integer, number, oneOf } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'

export const about = defineLab({
  name: 'variance',
  title: 'Bias and variance',
  sentence: 'Fit the same model to many data sets, and see its error fall apart into bias, variance and noise.',
  topic: 'Classical learning',
  order: 50,
  options: labOptions(
    {
      truth: oneOf(['sine', 'step', 'cubic'], { default: 'sine', help: 'the function behind the data' }),
      noise: number({ default: 0.4, min: 0, max: 1.5, help: 'standard deviation of what is added to each value' }),
      samples: integer({ default: 25, min: 20, max: 200, help: 'points of each data set' }),
      model: oneOf(['polynomial', 'neighbours', 'tree'], { default: 'polynomial', help: 'what is fitted' }),
      degree: integer({ default: 3, min: 0, max: 12, help: 'degree of the polynomial' }),
      penalty: number({
        default: 0.000001,
        min: 0.000001,
        max: 100,
        help: 'strength of the ridge penalty on its coefficients',
      }),
      neighbours: integer({ default: 5, min: 1, max: 20, help: 'neighbours whose mean is predicted' }),
      depth: integer({ default: 3, min: 1, max: 10, help: 'deepest leaf of the tree' }),
    },
    { steps: 400 },
  ),
  controls: {
    truth: {
      group: 'Data',
      label: 'True function',
      names: { sine: 'sine: sin πx', step: 'step: ±0.8', cubic: 'cubic: 4x³ − 3x' },
    },
    noise: { group: 'Data' },
    samples: { group: 'Data', label: 'Points in a data set', log: true },
    model: {
      group: 'Model',
      names: { polynomial: 'polynomial with ridge', neighbours: 'k nearest neighbours', tree: 'decision tree' },
    },
    degree: { group: 'Model', when: ({ model }) => model === 'polynomial' },
    penalty: { group: 'Model', log: true, when: ({ model }) => model === 'polynomial' },
    neighbours: { group: 'Model', label: 'Neighbours (k)', when: ({ model }) => model === 'neighbours' },
    depth: { group: 'Model', label: 'Depth', when: ({ model }) => model === 'tree' },
    // No loss is made small here.
    target: { as: 'hidden' },
    patience: { as: 'hidden' },
  },
  live: ['degree', 'neighbours', 'depth'],
  presets: {
    'Too stiff': { model: 'polynomial', degree: 1 },
    'Just right': { model: 'polynomial', degree: 3 },
    'Too wild': { model: 'polynomial', degree: 9, samples: 50 },
    'Wild, but held back': { model: 'polynomial', degree: 9, samples: 50, penalty: 0.1 },
    'Nearest neighbour': { model: 'neighbours', neighbours: 1, truth: 'step' },
    'Deep tree': { model: 'tree', depth: 9, samples: 60 },
  },
  opening: 60,
  preview: { settings: { degree: 6 }, steps: 40 },
  curves: {
    of: ['error', 'expected', 'standardError'],
    label: 'Error over data sets',
    names: { standardError: 'standard error' },
  },
})
export type Settings = SettingsOf<typeof about>
