import { ArgumentError, affineGrid, DTypeError, gridSample, interpolate, ShapeError } from '../../../src/index.ts'
import { d, f, group, i, loose, type Pinned } from './rows.ts'

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => interpolate(f(3, 8), { scale: 2 }),
      'interpolate: x is [3, 8]. It needs a batch, channels and 1 to 3 spatial axes: [N, C, ...spatial].',
    ],
    [
      () => gridSample(f(1, 2, 3, 4), f(1, 5, 5, 3)),
      "gridSample: x is [1, 2, 3, 4] and the grid [1, 5, 5, 3]. Expected x [N, C, H, W] and a grid [N, H', W', 2], or x [N, C, D, H, W] and a grid [N, D', H', W', 3].",
    ],
    [
      () => gridSample(f(1, 1, 2, 2, 2), f(1, 2, 2, 2, 3), { mode: 'cubic' }),
      "gridSample: x is [1, 1, 2, 2, 2] and the mode 'cubic'. Cubic interpolation needs x [N, C, H, W].",
    ],
    [
      () => affineGrid(f(1, 2, 3), [2, 2, 2]),
      'affineGrid: theta is [1, 2, 3] and size [2, 2, 2]. Expected theta [N, 2, 3] and [H, W], or [N, 3, 4] and [D, H, W], of sizes of at least 1.',
    ],
  ]),
  ...group(ArgumentError, [
    [() => interpolate(f(1, 1, 4), {}), 'interpolate: size is undefined and scale undefined. Pass one of them.'],
    [() => interpolate(f(1, 1, 4), { size: 2, scale: 2 }), 'interpolate: size is 2 and scale 2. Pass one of them.'],
    [
      () => interpolate(f(1, 1, 4), { size: 2, alignCorners: true }),
      "interpolate: alignCorners is given with mode 'nearest'. Use 'linear' or 'cubic', or leave it out.",
    ],
    [
      () => interpolate(f(1, 1, 4, 4), { scale: [2] }),
      'interpolate: size is undefined and scale [2] for axes of sizes [4, 4]. Pass one of them, with a positive number for each axis.',
    ],
    [
      () => interpolate(f(1, 1, 4), { size: 0 }),
      'interpolate: size must be a whole number of at least 1, or one for each of the 1 spatial axes; got 0.',
    ],
  ]),
  ...group(DTypeError, [
    [
      () => interpolate(loose(i(1, 1, 4)), { size: 2, mode: 'linear' }),
      "interpolate: takes floats; got int32. Convert with x.to('float32').",
    ],
    [
      () => gridSample(f(1, 1, 2, 2), d(1, 2, 2, 2)),
      "gridSample: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
  ]),
]
