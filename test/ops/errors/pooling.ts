import {
  ArgumentError,
  adaptiveAveragePool,
  averagePool,
  DTypeError,
  globalMaxPool,
  lpPool,
  maxPool,
  maxUnpool,
  ShapeError,
} from '../../../src/index.ts'
import { b, f, group, i, loose, type Pinned } from './rows.ts'

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => maxPool(f(1, 1, 2, 5), { kernelSize: 3 }),
      'maxPool: a window of 3 does not fit spatial axis 0 of [2, 5], which is 2 long with its padding. Pad it, or take a smaller kernel or dilation.',
    ],
    [
      () => globalMaxPool(f(3, 8)),
      'globalMaxPool: x is [3, 8]. It needs a batch, channels and 1 to 3 spatial axes: [N, C, ...spatial].',
    ],
    [
      () => adaptiveAveragePool(f(1, 1, 0), 2),
      'adaptiveAveragePool: x has spatial sizes [0]. Each must be at least 1.',
    ],
    [
      () => maxUnpool(f(1, 1, 2), i(1, 1, 3), [4]),
      'maxUnpool: values are [1, 1, 2], indices [1, 1, 3] and size [4]. Values and indices must have one shape, and size a number for each of the 1 spatial axes.',
    ],
  ]),
  ...group(ArgumentError, [
    [
      () => maxPool(f(1, 1, 4), { kernelSize: [2, 2] }),
      'maxPool: kernelSize must be a whole number of at least 1, or one for each of the 1 spatial axes; got [2,2].',
    ],
    [
      () => averagePool(f(1, 1, 4), { kernelSize: 2, padding: 2 }),
      'averagePool: a window on spatial axis 0 of [4] holds padding only, with kernelSize [2] and padding [[2,2]]. Each window must hold an element: pad less.',
    ],
    [
      () => adaptiveAveragePool(f(1, 1, 4), 0),
      'adaptiveAveragePool: size must be a whole number of at least 1, or one for each of the 1 spatial axes; got 0.',
    ],
    [() => lpPool(f(1, 1, 4), { kernelSize: 2, p: 0.5 }), 'lpPool: p must be a number of at least 1; got 0.5.'],
  ]),
  ...group(DTypeError, [
    [() => maxPool(b(1, 1, 4), { kernelSize: 2 }), "maxPool: takes numbers; got bool. Convert with x.to('float32')."],
    [
      () => averagePool(loose(i(1, 1, 4)), { kernelSize: 2 }),
      "averagePool: takes floats; got int32. Convert with x.to('float32').",
    ],
    [
      () => lpPool(loose(i(1, 1, 4)), { kernelSize: 2 }),
      "lpPool: takes floats; got int32. Convert with x.to('float32').",
    ],
  ]),
]
