import {
  ArgumentError,
  bincount,
  bucketize,
  compress,
  DTypeError,
  gatherND,
  indexPut,
  maskedSelect,
  type Shape,
  ShapeError,
  scatterND,
  searchSorted,
  segmentSum,
  type Tensor,
  takeAt,
} from '../../../src/index.ts'
import { b, d, f, group, i, type Pinned } from './rows.ts'

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => f(3, 4).scatterAlongAxis(i(3, 2), f(3, 3)),
      'scatterAlongAxis: updates are [3, 3] and indices [3, 2]. They must have one shape.',
    ],
    [
      () => f(3, 4).scatterAlongAxis(i(2, 2), f(2, 2)),
      'scatterAlongAxis: indices are [2, 2] and x is [3, 4]. All axes but axis 1 must be equal.',
    ],
    [
      () => gatherND(f(3, 4), i(2, 3)),
      'gatherND: indices are [2, 3] and x is [3, 4]. The last axis of the indices must hold 1 to 2 positions, one for each axis of x.',
    ],
    [
      () => gatherND(f(2, 3, 4), i(3, 2), 1),
      'gatherND: the first 1 axes of x [2, 3, 4] and of the indices [3, 2] differ. They are the batch and must be equal.',
    ],
    [
      () => scatterND(f(3, 4), i(2, 1), f(2, 3)),
      'scatterND: updates are [2, 3]. For x [3, 4] and indices [2, 1] they must be [2, 4].',
    ],
    [() => takeAt(f(3), [i(1), i(1)]), 'takeAt: got 2 indices for [3]. Pass at most 1, one for each axis.'],
    [
      () => indexPut(f(3, 4), [i(2)], f(3, 4)),
      'indexPut: shapes [3, 4] and [2, 4] do not broadcast: 3 meets 2 on axis -2. Sizes must be equal or 1, aligned from the last axis.',
    ],
    [
      () => indexPut(f(3, 4), [i(1)], f(3, 4)),
      'indexPut: values are [3, 4] and the places [1, 4]. The values must broadcast to the places.',
    ],
    [() => f(3).maskedFill(b(2, 3), 1), 'maskedFill: the mask is [2, 3] and x [3]. The mask must broadcast to x.'],
    [
      () => segmentSum(f(3, 2), i(2), 2),
      'segmentSum: segment ids are [2] and values [3, 2]. The ids must have the first axes of the values.',
    ],
    [
      () => bincount(i(3), { length: 2, weights: f(2) }),
      'bincount: weights are [2] and x [3]. They must have one shape.',
    ],
    [
      () => searchSorted(f(2, 3), f(3, 3)),
      'searchSorted: sorted is [2, 3] and values [3, 3]. Expected [n] and any shape, or [..., n] and [..., m].',
    ],
    [
      () => f(0, 2).quantile(0.5, { axis: 0 }),
      'quantile: [0, 2] has no elements along axis 0. Pass at least one element.',
    ],
    [() => f(0).median(), 'median: [0] has no elements along axis 0. Pass at least one element.'],
    [() => f(0).mode(), 'mode: [0] has no elements along axis 0. Pass at least one element.'],
  ]),
  ...group(ArgumentError, [
    [
      () => gatherND(f(3, 4), i(2, 1), 2),
      'gatherND: batchDims must be a whole number of at least 0 and below the axes of x [3, 4] and of the indices [2, 1]; got 2.',
    ],
    [() => takeAt(f(3), [null]), 'takeAt: no index is given. Pass a tensor of positions for some axis.'],
    [() => segmentSum(f(3), i(3), -1), 'segmentSum: numSegments must be a whole number of at least 0; got -1.'],
    [() => bincount(i(3), { length: 1.5 }), 'bincount: length must be a whole number of at least 0; got 1.5.'],
    [() => f(3).quantile(1.5), 'quantile: q must be from 0 to 1; got 1.5.'],
    [() => f(2, 3).kthValue(4), 'kthValue: k must be a whole number from 1 to 3, the size of axis 1 of [2, 3]; got 4.'],
  ]),
  ...group(DTypeError, [
    [() => gatherND(f(3), f(1, 1)), "gatherND: takes int32, int64; got float32. Convert with x.to('int32')."],
    [
      () => b(3).scatterAlongAxis(i(3), b(3), { reduction: 'mul' }),
      "scatterAlongAxis: takes numbers; got bool. Convert with x.to('float32').",
    ],
    [
      () => scatterND(f(3), i(1, 1), d(1)),
      "scatterND: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [
      () => indexPut(f(3), [i(1)], d(1)),
      "indexPut: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [() => f(3).maskedFill(i(3) as never, 1), "maskedFill: takes bool; got int32. Convert with x.to('bool')."],
    [() => bincount(f(3), { length: 2 }), "bincount: takes int32, int64; got float32. Convert with x.to('int32')."],
    [() => bucketize(b(3), b(2)), "bucketize: takes numbers; got bool. Convert with x.to('float32')."],
    [() => b(3).cumprod(), "cumprod: takes numbers; got bool. Convert with x.to('float32')."],
    [() => i(3).logCumsumExp(), "logCumsumExp: takes floats; got int32. Convert with x.to('float32')."],
    [() => b(3).cummax(), "cummax: takes numbers; got bool. Convert with x.to('float32')."],
    [() => i(3).median(), "median: takes floats; got int32. Convert with x.to('float32')."],
  ]),
]

export const pinnedAsync: Pinned[] = [
  ...group(ShapeError, [
    [
      () => maskedSelect(f(3), b(2)),
      'maskedSelect: the mask is [2] and x [3]. They must have one shape: use mask.broadcastTo(x.shape).',
    ],
    [
      () => compress(f(2, 3), b(2), 1),
      'compress: the mask is [2] and axis 1 of x [2, 3] has size 3. The mask must be [3].',
    ],
  ]),
  ...group(DTypeError, [
    [
      () => maskedSelect(f(3), i(3) as unknown as Tensor<Shape, 'bool'>),
      'maskedSelect: the mask is int32. It must be bool: compare, such as x.greater(0).',
    ],
  ]),
]
