import { aNumber, flag, integer, number, oneOf, rule } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'
import { kernelNames } from './kernels.ts'

const numbers = aNumber({ min: -100, max: 100 })
const cells = rule<readonly number[], { default: readonly number[]; help: string }>(
  {
    kind: 'list',
    expected: '9 or 25 numbers from -100 to 100, row by row',
    accepts: (value): value is readonly number[] =>
      Array.isArray(value) && [9, 25].includes(value.length) && value.every(numbers.accepts),
    fromText: text =>
      text
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(Number),
    placeholder: 'N,...',
  },
  { default: [1, 0, -1, 1, 0, -1, 1, 0, -1], help: 'a kernel of your own, row by row' },
)

export const about = defineLab({
  name: 'digits',
  title: 'Convolution and digits',
  sentence: 'Slide a small window of weights over an image, then train a network that finds its own windows.',
  topic: 'Images',
  order: 80,
  options: labOptions(
    {
      input: oneOf(['step', 'image'], { default: 'step', help: 'what the one convolution looks at' }),
      kernel: oneOf(kernelNames, { default: 'sobel-x', help: 'the weights of the window' }),
      kernelSide: oneOf(['3', '5'], { default: '3', help: 'rows and columns of the window' }),
      ownKernel: cells,
      stride: integer({ default: 1, min: 1, max: 4, help: 'cells from one window to the next' }),
      padding: integer({ default: 0, min: 0, max: 3, help: 'zeros around the image' }),
      image: integer({ default: 0, min: 0, max: 499, help: 'which of the test images is looked at' }),
      source: oneOf(['test', 'drawing'], { default: 'test', help: 'whether a test image or the drawing is looked at' }),
      channels: integer({
        default: 8,
        min: 2,
        max: 24,
        help: 'kernels of the first layer; the second has twice as many',
      }),
      kernelSize: oneOf(['3', '5'], { default: '3', help: 'rows and columns of the kernels that are learned' }),
      activation: oneOf(['relu', 'tanh', 'gelu', 'identity'], {
        default: 'relu',
        help: 'what is done to each value after a convolution',
      }),
      learningRate: number({ default: 0.003, above: 0, max: 1, help: 'length of a step' }),
      batchSize: integer({ default: 64, min: 1, max: 256, help: 'images in each step' }),
      count: integer({ default: 3000, min: 100, max: 20_000, help: 'digits to learn from' }),
      augment: flag({
        default: true,
        help: 'turn, move and scale each image a little, anew each time it is learned from',
      }),
    },
    { steps: 300 },
  ),
  controls: {
    input: { group: 'One convolution', names: { step: 'step edge', image: 'the image below' } },
    kernel: {
      group: 'One convolution',
      names: { 'sobel-x': 'Sobel x', 'sobel-y': 'Sobel y', blur: 'blur', edges: 'edges (Laplace)', own: 'my own' },
    },
    kernelSide: { group: 'One convolution', label: 'Kernel size', names: { 3: '3 × 3', 5: '5 × 5' } },
    ownKernel: { as: 'hidden' },
    stride: { group: 'One convolution' },
    padding: { group: 'One convolution' },
    image: { group: 'Image', label: 'Test image' },
    source: { group: 'Image', label: 'Look at', names: { test: 'a test image', drawing: 'my drawing' } },
    channels: { group: 'Network' },
    kernelSize: { group: 'Network', label: 'Learned kernels', names: { 3: '3 × 3', 5: '5 × 5' } },
    activation: { group: 'Network' },
    learningRate: { group: 'Training', min: 0.0001, max: 0.3, log: true },
    batchSize: { group: 'Training', log: true },
    count: { group: 'Training', label: 'Images', log: true },
    augment: { group: 'Training', label: 'Turn and move images' },
  },
  live: ['input', 'kernel', 'kernelSide', 'ownKernel', 'stride', 'padding', 'image', 'source', 'learningRate'],
  presets: {
    'Learn digits': {},
    'Sobel on a step': { input: 'step', kernel: 'sobel-x' },
    'Blur a digit': { input: 'image', kernel: 'blur', kernelSide: '5', padding: 2 },
    'Halve by stride': { input: 'image', kernel: 'edges', stride: 2, padding: 1 },
    'Two kernels only': { channels: 2 },
    'Learn from 100': { count: 100, batchSize: 32, augment: false },
  },
  opening: 20,
  model: true,
  preview: { settings: { count: 1000, channels: 4 }, steps: 60 },
  curves: { of: ['loss', 'accuracy'], label: 'Loss, and accuracy on test digits' },
})
export type Settings = SettingsOf<typeof about>
