import { aList, aWord, either, number, oneOf, text } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'
import { functionNames, functions } from './functions.ts'

export const optimizerNames = ['sgd', 'momentum', 'nesterov', 'rmsprop', 'adam', 'adamw', 'adagrad'] as const
export type OptimizerName = (typeof optimizerNames)[number]

/** Curves in the order of their colours: those that race most often are easily told apart. The first optimizer's is the loss. */
export const curveNames = ['loss', 'adam', 'momentum', 'nesterov', 'rmsprop', 'sgd', 'adagrad', 'adamw'] as const

/** Names as people know them. */
export const optimizerTitles: Readonly<Record<OptimizerName, string>> = {
  sgd: 'plain descent',
  momentum: 'momentum',
  nesterov: 'Nesterov',
  rmsprop: 'RMSProp',
  adam: 'Adam',
  adamw: 'AdamW',
  adagrad: 'AdaGrad',
}

export const about = defineLab({
  name: 'descent',
  title: 'Gradient descent',
  sentence: 'Let a point roll down a function of your own: rate, momentum and seven optimizers in a race.',
  topic: 'Learning by descent',
  order: 20,
  options: labOptions(
    {
      function: oneOf(functionNames, { default: 'ravine', help: 'what is gone down' }),
      expression: text({ default: 'x^2 + 0.5*sin(5*x)', help: 'your own function of x, or of x and y' }),
      startX: number({ min: -1000, max: 1000, help: 'where x begins' }),
      startY: number({ min: -1000, max: 1000, help: 'where y begins' }),
      optimizer: oneOf(optimizerNames, { default: 'sgd', help: 'how a step is made from the gradient' }),
      learningRate: number({ default: 0.09, above: 0, max: 100, help: 'length of a step along the slope' }),
      momentum: number({ default: 0.9, min: 0.05, max: 0.99, help: 'share of the velocity that is kept' }),
      race: either([aList(aWord(optimizerNames))], {
        default: [],
        help: 'other optimizers that begin at the same place',
      }),
    },
    { steps: 200 },
  ),
  controls: {
    function: { as: 'hidden' },
    expression: { as: 'hidden' },
    startX: { as: 'hidden' },
    startY: { as: 'hidden' },
    optimizer: { group: 'Descent', names: optimizerTitles },
    learningRate: { group: 'Descent', min: 0.0005, max: 3, log: true },
    momentum: {
      group: 'Descent',
      step: 0.01,
      when: ({ optimizer, race }) => /momentum|nesterov/.test(`${optimizer} ${race}`),
    },
    race: { as: 'hidden' },
  },
  live: ['learningRate'],
  divergence: 'answer',
  presets: {
    'Down a parabola': { function: 'parabola', learningRate: 0.1 },
    'Too fast': { function: 'parabola', learningRate: 1.1, steps: 40 },
    'Shallow well, plain': { function: 'well', learningRate: functions.well.rate },
    'Shallow well, momentum': { function: 'well', learningRate: functions.well.rate, optimizer: 'momentum' },
    Ravine: { function: 'ravine', learningRate: 0.09, race: ['momentum', 'adam'] },
    Saddle: { function: 'saddle', learningRate: 0.1 },
    'Rosenbrock race': {
      function: 'rosenbrock',
      learningRate: 0.001,
      optimizer: 'sgd',
      race: ['momentum', 'nesterov'],
      steps: 2000,
    },
    Plateau: { function: 'plateau', learningRate: 0.3, race: ['adam'] },
  },
  preview: { settings: { function: 'ravine', learningRate: 0.093, race: ['adam'] }, steps: 40 },
  curves: { of: curveNames, label: 'Value of the function', names: optimizerTitles },
})
export type Settings = SettingsOf<typeof about>
