// Options of the cases in Keras's reference data (keras_layers/layers), by name: facts from the titles of the notebooks that made them
// and from the lists of cases in the tests beside them (transcranial/keras-js, notebooks/layers and test/layers). The sizes of up-sampling,
// of cropping by equal amounts, and of the last case of Bidirectional are read off the data. Where nothing is said, channels are last.

export type Padding = 'same' | 'valid'
export type Name = 'linear' | 'relu' | 'sigmoid' | 'tanh' | 'softplus'

export interface ConvCase {
  readonly strides?: number | readonly number[]
  readonly padding?: Padding
  readonly dilation?: number | readonly number[]
  readonly activation?: Name
}
export const convolutions: Readonly<Record<string, readonly ConvCase[]>> = {
  Conv1D: [
    {},
    {},
    { strides: 2, padding: 'same', activation: 'sigmoid' },
    { padding: 'same', activation: 'tanh' },
    { padding: 'same', dilation: 2, activation: 'tanh' },
  ],
  Conv2D: [
    {},
    {},
    { strides: 2, activation: 'relu' },
    { strides: [2, 1], activation: 'relu' },
    { padding: 'same', activation: 'relu' },
    { strides: 2, padding: 'same', activation: 'relu' },
    { strides: [3, 2], padding: 'same', activation: 'relu' },
    { dilation: 2 },
    { dilation: 2 },
    { dilation: 3, activation: 'relu' },
    { padding: 'same', dilation: 2, activation: 'relu' },
    { padding: 'same', dilation: 4, activation: 'relu' },
  ],
  Conv3D: [
    {},
    { activation: 'sigmoid' },
    { padding: 'same', activation: 'relu' },
    { strides: [2, 1, 1], padding: 'same', activation: 'relu' },
    { strides: [3, 3, 2], padding: 'same', activation: 'relu' },
    { dilation: [2, 1, 1], activation: 'relu' },
    { padding: 'same', dilation: [1, 2, 1], activation: 'relu' },
  ],
  Conv2DTranspose: [
    {},
    {},
    { strides: 2, activation: 'relu' },
    { padding: 'same', activation: 'relu' },
    { strides: 2, padding: 'same', activation: 'relu' },
    { padding: 'same', activation: 'relu' },
  ],
  SeparableConv2D: [
    {},
    { activation: 'relu' },
    { activation: 'relu' },
    { strides: 2, activation: 'relu' },
    { padding: 'same', activation: 'relu' },
    { padding: 'same', activation: 'relu' },
    { strides: 2, padding: 'same', activation: 'relu' },
  ],
}

export interface PoolCase {
  readonly size: number
  /** Default: the size. */
  readonly strides?: number | readonly number[]
  readonly padding?: Padding
  readonly channelsFirst?: true
}
const windows: readonly PoolCase[] = [
  { size: 2 },
  { size: 2, strides: 1 },
  { size: 2, strides: 3 },
  { size: 2, padding: 'same' },
  { size: 2, strides: 1, padding: 'same' },
  { size: 2, strides: 3, padding: 'same' },
  { size: 3 },
  { size: 3, strides: 1, padding: 'same' },
  { size: 3, strides: 3, padding: 'same' },
]
/** Of 2 and 3 axes, with the strides of the third and the eighth case. */
const squares = (uneven: readonly number[], unevenSame: readonly number[]): readonly PoolCase[] => [
  { size: 2 },
  { size: 2, strides: 1 },
  { size: 2, strides: uneven },
  { size: 3 },
  { size: 3, strides: 3 },
  { size: 2, padding: 'same' },
  { size: 2, strides: 1, padding: 'same' },
  { size: 2, strides: unevenSame, padding: 'same' },
  { size: 3, padding: 'same' },
  { size: 3, strides: 3, padding: 'same' },
  { size: 3, strides: 2, channelsFirst: true },
  { size: 3, strides: 1, padding: 'same', channelsFirst: true },
  { size: 2, channelsFirst: true },
]
const images = squares([2, 1], [2, 1])
const volumes = squares([2, 1, 1], [1, 2, 1])
export const pools: Readonly<Record<string, readonly PoolCase[]>> = {
  MaxPooling1D: windows,
  AveragePooling1D: windows,
  MaxPooling2D: images,
  AveragePooling2D: images,
  MaxPooling3D: volumes,
  AveragePooling3D: volumes,
}
/** Which cases have their channels first. */
export const globalPools: Readonly<Record<string, readonly boolean[]>> = {
  GlobalMaxPooling1D: [false, false, false],
  GlobalAveragePooling1D: [false, false, false],
  GlobalMaxPooling2D: [false, true, false],
  GlobalAveragePooling2D: [false, true, false],
  GlobalMaxPooling3D: [false, true, false],
  GlobalAveragePooling3D: [false, true, false],
}

type Pairs = readonly (readonly [number, number])[]
export interface EdgeCase {
  /** `[before, after]` by spatial axis. */
  readonly by: Pairs
  readonly channelsFirst?: true
}
const both = (...sizes: readonly number[]): Pairs => sizes.map(n => [n, n] as const)
const first = { channelsFirst: true } as const
export const edges: Readonly<Record<string, readonly EdgeCase[]>> = {
  Cropping1D: [{ by: both(1) }, { by: [[2, 3]] }, { by: both(2) }],
  Cropping2D: [
    { by: both(1, 1) },
    { by: both(1, 1), ...first },
    {
      by: [
        [4, 2],
        [3, 1],
      ],
    },
    {
      by: [
        [4, 2],
        [3, 1],
      ],
      ...first,
    },
    { by: both(2, 3) },
    { by: both(1, 1) },
  ],
  Cropping3D: [
    { by: both(1, 1, 1) },
    { by: both(1, 1, 1), ...first },
    {
      by: [
        [3, 2],
        [2, 1],
        [2, 3],
      ],
    },
    {
      by: [
        [3, 2],
        [2, 1],
        [2, 3],
      ],
      ...first,
    },
    { by: both(1, 2, 3) },
    { by: both(2, 2, 2) },
  ],
  ZeroPadding1D: [{ by: both(1) }, { by: both(3) }, { by: [[3, 2]] }],
  ZeroPadding2D: [
    { by: both(1, 1) },
    { by: both(1, 1), ...first },
    { by: both(3, 2) },
    { by: both(3, 2), ...first },
    {
      by: [
        [1, 2],
        [3, 4],
      ],
    },
    { by: both(2, 2) },
  ],
  ZeroPadding3D: [
    { by: both(1, 1, 1) },
    { by: both(1, 1, 1), ...first },
    { by: both(3, 2, 2) },
    { by: both(3, 2, 2), ...first },
    {
      by: [
        [1, 2],
        [3, 4],
        [3, 1],
      ],
    },
    { by: both(2, 2, 2) },
  ],
}

export interface UpCase {
  readonly by: readonly number[]
  readonly channelsFirst?: true
}
export const upSampling: Readonly<Record<string, readonly UpCase[]>> = {
  UpSampling1D: [{ by: [2] }, { by: [3] }],
  UpSampling2D: [{ by: [2, 2] }, { by: [2, 2], ...first }, { by: [3, 2] }, { by: [1, 3], ...first }, { by: [2, 2] }],
  UpSampling3D: [
    { by: [2, 2, 2] },
    { by: [2, 2, 2], ...first },
    { by: [1, 3, 2] },
    { by: [2, 1, 2], ...first },
    { by: [2, 2, 2] },
  ],
}

/** `axis` counts the batch as axis 0. */
export const batchNormalization: readonly {
  readonly epsilon: number
  readonly axis: number
  readonly center: boolean
  readonly scale: boolean
}[] = [
  { epsilon: 1e-5, axis: -1, center: true, scale: true },
  { epsilon: 1e-2, axis: -1, center: true, scale: true },
  { epsilon: 1e-5, axis: 1, center: true, scale: true },
  { epsilon: 1e-5, axis: 2, center: true, scale: true },
  { epsilon: 1e-5, axis: 3, center: true, scale: false },
  { epsilon: 1e-5, axis: -1, center: false, scale: true },
  { epsilon: 1e-3, axis: -1, center: false, scale: false },
]

/** The nine cases that each recurrent layer has; the second has sigmoid everywhere. */
export const recurrences = [
  {},
  { sigmoid: true },
  { returnSequences: true },
  { goBackwards: true },
  { returnSequences: true, goBackwards: true },
  { stateful: true },
  { returnSequences: true, stateful: true },
  { goBackwards: true, stateful: true },
  { returnSequences: true, goBackwards: true, stateful: true },
] as const

export const bidirectional: readonly {
  readonly layer: 'SimpleRNN' | 'GRU' | 'LSTM'
  readonly merge: 'sum' | 'mul' | 'concat' | 'ave'
  readonly returnSequences?: true
}[] = [
  { layer: 'SimpleRNN', merge: 'sum' },
  { layer: 'SimpleRNN', merge: 'mul' },
  { layer: 'SimpleRNN', merge: 'concat' },
  { layer: 'SimpleRNN', merge: 'ave' },
  { layer: 'SimpleRNN', merge: 'concat', returnSequences: true },
  { layer: 'GRU', merge: 'concat', returnSequences: true },
  { layer: 'LSTM', merge: 'concat', returnSequences: true },
  { layer: 'SimpleRNN', merge: 'sum', returnSequences: true },
]

export const dense: readonly Name[] = ['linear', 'sigmoid', 'softplus', 'linear', 'sigmoid', 'softplus']
export const activationOrder = [
  'softmax',
  'elu',
  'selu',
  'softplus',
  'softsign',
  'relu',
  'tanh',
  'sigmoid',
  'hard_sigmoid',
  'linear',
] as const
export const permutations: readonly (readonly number[])[] = [
  [2, 1],
  [3, 2, 1],
  [2, 1, 3],
  [3, 1, 2, 4],
]
/** Of inputs repeated `repeat` times along an axis before their features (none: plain rows); `axis` without the batch. */
export const concatenations: readonly { readonly repeat?: number; readonly axis: number }[] = [
  { axis: -1 },
  { repeat: 3, axis: -1 },
  { repeat: 3, axis: -2 },
  { repeat: 3, axis: 0 },
  { repeat: 3, axis: 1 },
  { repeat: 3, axis: -1 },
  { repeat: 3, axis: -1 },
]
/** Of inputs `[3, 2]`; `axis` without the batch. */
export const dots: readonly { readonly axis: 0 | 1; readonly normalize: boolean }[] = [
  { axis: 0, normalize: false },
  { axis: 1, normalize: false },
  { axis: 0, normalize: true },
  { axis: 1, normalize: true },
  { axis: 1, normalize: true },
]
