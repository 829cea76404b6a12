import {
  ArgumentError,
  batchNorm,
  batchNormTraining,
  DTypeError,
  groupNorm,
  instanceNorm,
  localResponseNorm,
  lpNormalize,
  rmsNorm,
  ShapeError,
} from '../../../src/index.ts'
import { d, f, group, i, loose, type Pinned } from './rows.ts'

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => batchNorm(f(2, 3, 4), f(3), f(4), f(3), f(3)),
      'batchNorm: variance is [4] and x [2, 3, 4]. It must hold one number for each channel: [3].',
    ],
    [() => groupNorm(f(4), 2, f(4), f(4)), 'groupNorm: x is [4]. It needs a batch and channels: [N, C, ...].'],
    [
      () => batchNormTraining(f(0, 3), f(3), f(3)),
      'batchNormTraining: x is [0, 3]. Statistics need at least one element.',
    ],
    [() => instanceNorm(f(2, 3), f(3), f(3)), 'instanceNorm: x is [2, 3]. It needs spatial axes: [N, C, ...spatial].'],
    [() => rmsNorm(f(2, 4), f(3)), 'rmsNorm: weight is [3] and x [2, 4]. The weight must have the last axes of x.'],
  ]),
  ...group(ArgumentError, [
    [
      () => groupNorm(f(2, 4), 3, f(4), f(4)),
      'groupNorm: groups must be a whole number of at least 1 that divides the 4 channels of x [2, 4]; got 3.',
    ],
    [
      () => localResponseNorm(f(2, 4, 2), { size: 0 }),
      'localResponseNorm: size must be a whole number of at least 1; got 0.',
    ],
    [() => lpNormalize(f(3), { p: 0 }), 'lpNormalize: p must be a number of at least 1; got 0.'],
    [
      () => lpNormalize(f(3), { axis: 1 }),
      'lpNormalize: axis 1 does not exist in a tensor of 1 axes. Allowed: -1 to 0.',
    ],
  ]),
  ...group(DTypeError, [
    [() => rmsNorm(loose(i(2, 4)), f(4)), "rmsNorm: takes floats; got int32. Convert with x.to('float32')."],
    [
      () => instanceNorm(f(1, 2, 3), d(2), f(2)),
      "instanceNorm: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
  ]),
]
