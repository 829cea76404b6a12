import { integer, number, oneOf, text } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'

export const about = defineLab({
  name: 'linear',
  title: 'Linear classifier and loss',
  sentence: 'Move points and a line, and see what each loss makes of it: its surface, its slope and the way down.',
  topic: 'Learning by descent',
  order: 10,
  options: labOptions(
    {
      dataSet: oneOf(['apart', 'overlap', 'moons', 'xor', 'three'], {
        default: 'overlap',
        help: 'where the points lie',
      }),
      count: integer({ default: 40, min: 4, max: 200, help: 'points in all' }),
      points: text({
        default: '',
        help: 'points of your own, as x,y,class;x,y,class; nothing for those of the data set',
      }),
      loss: oneOf(['log', 'mse', 'hinge', 'softmax'], { default: 'log', help: 'what is made small' }),
      penalty: oneOf(['none', 'l1', 'l2'], { default: 'none', help: 'what large weights cost' }),
      strength: number({ default: 0.05, min: 0, max: 1, help: 'how much they cost' }),
      learningRate: number({ default: 0.5, above: 0, max: 10, help: 'length of a step along the slope' }),
      w1: number({ default: 2, min: -20, max: 20, help: 'first weight at the start' }),
      w2: number({ default: 2.5, min: -20, max: 20, help: 'second weight at the start' }),
      b: number({ default: 0.5, min: -20, max: 20, help: 'bias at the start' }),
      shownClass: integer({
        default: 1,
        min: 0,
        max: 4,
        help: 'class whose weights the loss surface is over, with softmax',
      }),
    },
    { steps: 300 },
  ),
  controls: {
    dataSet: {
      group: 'Points',
      label: 'Data set',
      names: {
        apart: 'two groups, apart',
        overlap: 'two groups that overlap',
        moons: 'two moons',
        xor: 'xor',
        three: 'three groups',
      },
    },
    count: { group: 'Points', label: 'Points' },
    points: { as: 'hidden' },
    loss: {
      group: 'Loss',
      label: 'Loss',
      names: { log: 'log loss', mse: 'mean squared error', hinge: 'hinge', softmax: 'softmax cross-entropy' },
    },
    penalty: { group: 'Loss', names: { none: 'none', l1: 'L1', l2: 'L2' } },
    strength: { group: 'Loss', label: 'Penalty strength', when: ({ penalty }) => penalty !== 'none' },
    learningRate: { group: 'Line', min: 0.01, max: 10, log: true },
    w1: { group: 'Line', label: 'Start w1', min: -6, max: 6, step: 0.05 },
    w2: { group: 'Line', label: 'Start w2', min: -6, max: 6, step: 0.05 },
    b: { group: 'Line', label: 'Start b', min: -6, max: 6, step: 0.05 },
    shownClass: { as: 'hidden' },
  },
  live: ['learningRate', 'penalty', 'strength', 'shownClass'],
  presets: {
    'Log loss': { dataSet: 'overlap', loss: 'log' },
    'Far points pull': {
      loss: 'mse',
      learningRate: 0.3,
      points:
        '-0.6,0.3,1;-0.5,-0.2,1;-0.35,0.5,1;-0.45,-0.5,1;-0.3,0.05,1;-0.25,-0.3,1;-0.7,0.1,1;-0.55,0.6,1;-0.65,-0.55,1;-0.4,0.2,1;-0.35,-0.65,1;-0.3,0.7,1;0,0.3,0;0.05,-0.2,0;0.1,0.5,0;0.15,-0.5,0;0.02,0.05,0;0.2,-0.1,0;1.2,0.4,0;1.3,-0.3,0;1.25,0,0;1.15,-0.7,0;1.3,0.7,0;1.1,0.1,0',
    },
    Hinge: { dataSet: 'apart', loss: 'hinge', penalty: 'l2', strength: 0.02, learningRate: 1 },
    'Three classes': { dataSet: 'three', loss: 'softmax', count: 60, learningRate: 1, w1: 0, w2: 0, b: 0 },
    'No line can': { dataSet: 'xor', loss: 'log' },
  },
  data: {
    kind: 'table',
    help: 'A table with two columns of numbers and one with the class (two classes; up to five with softmax), its last column.',
  },
  model: true,
  preview: { settings: { dataSet: 'overlap', loss: 'log', learningRate: 1 }, steps: 60 },
  curves: { of: ['loss', 'accuracy'], label: 'Loss and accuracy' },
})
export type Settings = SettingsOf<typeof about>
