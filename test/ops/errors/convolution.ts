import {
  ArgumentError,
  convolution,
  convolutionTranspose,
  DTypeError,
  depthToSpace,
  fold,
  pixelShuffle,
  ShapeError,
  spaceToDepth,
  unfold,
} from '../../../src/index.ts'
import { d, f, group, type Pinned } from './rows.ts'

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => convolution(f(3, 8), f(4, 3, 3)),
      'convolution: x is [3, 8] and w [4, 3, 3]. They need as many axes each: two, then 1 to 3 spatial ones, none of them empty in w.',
    ],
    [
      () => convolution(f(2, 4, 8), f(6, 4, 3), { groups: 2 }),
      'convolution: x [2, 4, 8] has 4 channels, and w [6, 4, 3] takes 8. Both must be equal, counting all groups.',
    ],
    [
      () => convolution(f(2, 4, 8), f(6, 4, 3), { bias: f(4) }),
      'convolution: bias is [4]. It must hold one number for each output channel: [6].',
    ],
    [
      () =>
        convolution(f(1, 1, 5, 4), f(1, 1, 3, 3), {
          dilation: 2,
          padding: [
            [0, 0],
            [0, 0],
          ],
        }),
      'convolution: a window of 5 does not fit spatial axis 1 of [5, 4], which is 4 long with its padding. Pad it, or take a smaller kernel or dilation.',
    ],
    [
      () => convolutionTranspose(f(1, 1, 2), f(1, 1, 2), { padding: 2 }),
      'convolutionTranspose: for x [1, 1, 2] and w [1, 1, 2] the padding [[2,2]] leaves an output of [-1]. Pad less: each size must be at least 1.',
    ],
    [
      () => convolutionTranspose(f(1, 4, 2), f(4, 3, 2), { bias: f(4) }),
      'convolutionTranspose: bias is [4]. It must hold one number for each output channel: [3].',
    ],
    [
      () => unfold(f(3, 8), { kernelSize: 2 }),
      'unfold: x is [3, 8]. It needs a batch, channels and 1 to 3 spatial axes: [N, C, ...spatial].',
    ],
    [
      () => fold(f(1, 6, 5), { size: [3, 3], kernelSize: 2 }),
      'fold: columns are [1, 6, 5]. For size [3, 3] and kernelSize [2, 2] they must be [N, C · 4, 4].',
    ],
    [() => pixelShuffle(f(4, 2, 2), 2), 'depthToSpace: x is [4, 2, 2]. It must be [N, C, H, W].'],
    [
      () => depthToSpace(f(1, 6, 2, 2), 2),
      'depthToSpace: x [1, 6, 2, 2] has 6 channels, which 4 does not divide. Each block takes 2 · 2 channels.',
    ],
    [
      () => spaceToDepth(f(1, 1, 4, 3), 2),
      'spaceToDepth: x is [1, 1, 4, 3], and 2 does not divide 4 and 3. Both must be whole numbers of blocks.',
    ],
  ]),
  ...group(ArgumentError, [
    [
      () => convolution(f(2, 4, 8), f(3, 2, 3), { groups: 2 }),
      'convolution: groups must be a whole number of at least 1 that divides the 3 output channels of w; got 2.',
    ],
    [
      () => convolution(f(2, 4, 8), f(4, 4, 3), { stride: [1, 2] }),
      'convolution: stride must be a whole number of at least 1, or one for each of the 1 spatial axes; got [1,2].',
    ],
    [
      () => convolution(f(2, 4, 8), f(4, 4, 3), { dilation: 0 }),
      'convolution: dilation must be a whole number of at least 1, or one for each of the 1 spatial axes; got 0.',
    ],
    [
      () =>
        convolution(f(1, 1, 4, 4), f(1, 1, 3, 3), {
          padding: [
            [1, -1],
            [0, 0],
          ],
        }),
      "convolution: padding must be a whole number of at least 0, a number or a pair [before, after] for each of the 2 spatial axes, 'same' or 'valid'; got [[1,-1],[0,0]].",
    ],
    [
      () => convolutionTranspose(f(1, 3, 4), f(3, 1, 2), { groups: 2 }),
      'convolutionTranspose: groups must be a whole number of at least 1 that divides the 3 input channels of w; got 2.',
    ],
    [
      () => convolutionTranspose(f(1, 1, 4), f(1, 1, 3), { stride: 2, outputPadding: 2 }),
      'convolutionTranspose: outputPadding must be below the stride, [2]; got [2].',
    ],
    [
      () => convolutionTranspose(f(1, 1, 4), f(1, 1, 1), { stride: 2, outputPadding: 1, padding: 'same' }),
      "convolutionTranspose: outputPadding must be below the stride, [2]; got [1] with padding 'same'.",
    ],
    [
      () => unfold(f(1, 1, 4), { kernelSize: 1.5 }),
      'unfold: kernelSize must be a whole number of at least 1, or one for each of the 1 spatial axes; got 1.5.',
    ],
    [() => spaceToDepth(f(1, 1, 4, 4), 0), 'spaceToDepth: blockSize must be a whole number of at least 1; got 0.'],
  ]),
  ...group(DTypeError, [
    [
      () => convolution(f(1, 1, 4), d(1, 1, 2)),
      "convolution: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [
      () => convolutionTranspose(f(1, 1, 4), f(1, 1, 2), { bias: d(1) }),
      "convolutionTranspose: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
  ]),
]
