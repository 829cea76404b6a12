import { flag, integer, number, oneOf } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'
import { classifierNames, classifiers } from './shot.ts'

type Given = Readonly<Record<string, unknown>>
const only =
  (...names: readonly string[]) =>
  ({ classifier }: Given): boolean =>
    names.includes(classifier as string)

const clusters = only('kMeans')

export const about = defineLab({
  name: 'classics',
  title: 'Neighbours and classics',
  sentence: 'Eight classical ways to tell classes apart: their regions, why they decide so, and how well they do.',
  topic: 'Classical learning',
  order: 60,
  options: labOptions(
    {
      classifier: oneOf(classifiers, { default: 'neighbours', help: 'the way to tell classes apart' }),
      k: integer({ default: 5, min: 1, max: 50, help: 'neighbours that vote' }),
      metric: oneOf(['euclidean', 'manhattan', 'chebyshev'], { default: 'euclidean', help: 'what distance is' }),
      weights: oneOf(['uniform', 'distance'], { default: 'uniform', help: 'whether nearer neighbours count more' }),
      depth: integer({ default: 4, min: 1, max: 20, help: 'deepest leaf of a tree' }),
      minLeaf: integer({ default: 1, min: 1, max: 50, help: 'points that each leaf must have' }),
      trees: integer({ default: 30, min: 1, max: 200, help: 'trees of the forest' }),
      kernel: oneOf(['rbf', 'linear', 'poly'], { default: 'rbf', help: 'how alike two points are' }),
      C: number({ default: 1, min: 0.01, max: 1000, help: 'price of an error; the smaller, the smoother' }),
      gamma: number({ default: 2, min: 0.05, max: 100, help: 'the larger, the nearer a point must be to matter' }),
      clusters: integer({ default: 3, min: 1, max: 10, help: 'centres' }),
      start: oneOf(['random', 'k-means++'], {
        default: 'random',
        help: 'how the first centres are chosen: any points, or far apart',
      }),
      dataSet: oneOf(['moons', 'blobs', 'circles', 'xor', 'spirals'], {
        default: 'moons',
        help: 'where the points lie',
      }),
      count: integer({ default: 240, min: 20, max: 1000, help: 'points in all' }),
      groups: integer({ default: 3, min: 2, max: 6, help: 'classes of blobs and spirals' }),
      noise: number({ default: 0.25, min: 0, max: 0.6, help: 'how far points stray' }),
      testShare: number({ default: 0.4, min: 0.1, max: 0.9, help: 'share of the points that is not trained on' }),
      showTest: flag({ default: true, help: 'show the points that are not trained on' }),
      positive: integer({ default: 2, min: 1, max: 10, help: 'number of the class that counts as positive' }),
      threshold: number({ default: 0.5, min: 0, max: 1, help: 'probability from which a point counts as positive' }),
    },
    { steps: 100 },
  ),
  controls: {
    classifier: { group: 'Classifier', names: classifierNames },
    k: { group: 'Classifier', label: 'Neighbours (k)', when: only('neighbours') },
    metric: { group: 'Classifier', label: 'Distance', when: only('neighbours') },
    weights: {
      group: 'Classifier',
      label: 'Votes',
      names: { uniform: 'all alike', distance: 'by 1 / distance' },
      when: only('neighbours'),
    },
    depth: { group: 'Classifier', label: 'Depth', when: only('tree', 'forest') },
    minLeaf: { group: 'Classifier', label: 'Points in a leaf, at least', when: only('tree', 'forest') },
    trees: { group: 'Classifier', when: only('forest') },
    kernel: {
      group: 'Classifier',
      names: { rbf: 'rbf: exp(−γ d²)', linear: 'linear', poly: 'polynomial, degree 3' },
      when: only('svm'),
    },
    C: { group: 'Classifier', log: true, when: only('svm', 'logistic') },
    gamma: {
      group: 'Classifier',
      label: 'Gamma (γ)',
      log: true,
      when: given => given.classifier === 'svm' && given.kernel !== 'linear',
    },
    clusters: { group: 'Classifier', when: only('kMeans') },
    start: { group: 'Classifier', label: 'First centres', when: only('kMeans') },
    dataSet: { group: 'Data', label: 'Data set' },
    count: { group: 'Data', label: 'Points', log: true },
    groups: { group: 'Data', label: 'Classes', when: ({ dataSet }) => dataSet === 'blobs' || dataSet === 'spirals' },
    noise: { group: 'Data' },
    testShare: { group: 'Data', label: 'Kept for testing', when: given => !clusters(given) },
    showTest: { group: 'Data', label: 'Show test points', when: given => !clusters(given) },
    positive: { as: 'hidden' },
    threshold: { as: 'hidden' },
  },
  live: ['showTest', 'positive', 'threshold'],
  presets: {
    'One neighbour': { classifier: 'neighbours', k: 1 },
    '25 neighbours': { classifier: 'neighbours', k: 25 },
    'A tree’s steps': { classifier: 'tree', depth: 6 },
    'A forest': { classifier: 'forest', trees: 60, depth: 8 },
    'Naive Bayes on a chessboard': { classifier: 'bayes', dataSet: 'xor', noise: 0.05 },
    'Kernel machine': { classifier: 'svm', dataSet: 'spirals', groups: 2, noise: 0.05, gamma: 20, C: 10 },
    'K-means, step by step': { classifier: 'kMeans', dataSet: 'blobs', groups: 4, clusters: 4, noise: 0.22, seed: 3 },
  },
  data: { kind: 'table', help: 'A table with two columns of numbers and one with the class, its last column.' },
  opening: 1,
  preview: { settings: { classifier: 'neighbours', k: 9, dataSet: 'blobs' }, steps: 1 },
})
export type Settings = SettingsOf<typeof about>
