import {
  ArgumentError,
  DTypeError,
  dequantize,
  fakeQuantize,
  quantize,
  ShapeError,
  tensor,
  zeros,
} from '../../../src/index.ts'
import { b, d, f, group, i, type Pinned } from './rows.ts'

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => f(2, 3).remainder(f(2)),
      'remainder: shapes [2, 3] and [2] do not broadcast: 3 meets 2 on axis -1. Sizes must be equal or 1, aligned from the last axis.',
    ],
    [
      () => f(2, 3).prelu(f(2, 2, 3)),
      'prelu: the weight is [2, 2, 3] and x [2, 3]. The weight must broadcast to x: reshape one of n channels to [n, 1, 1].',
    ],
    [() => f(2, 3).glu(), 'glu: axis 1 of [2, 3] has size 3. It is cut into two halves and must be even.'],
    [
      () => quantize(f(2, 3), f(2)),
      'quantize: the scale is [2] and x [2, 3]. Expected a scalar, or [3] on this axis with this block size.',
    ],
    [
      () => dequantize(i(2, 3), f(2, 3), { blockSize: 2 }),
      'dequantize: the scale is [2, 3] and x [2, 3]. Expected a scalar, or [2, 2] on this axis with this block size.',
    ],
  ]),
  ...group(ArgumentError, [
    [() => f(2).clamp({}), 'clamp: neither min nor max is given. Pass at least one of them.'],
    [() => f(2).clamp({ min: Number.NaN, max: 1 }), 'clamp: min is NaN and max 1. Pass numbers other than NaN.'],
    [
      () => i(2).clamp({ min: 0.5 }),
      "clamp: 0.5 does not fit a tensor of int32, which holds whole numbers from -2147483648 to 2147483647. Convert the tensor with x.to('float32').",
    ],
    [() => f(2).celu(0), 'celu: alpha must be a number above 0; got 0.'],
    [() => f(2).hardShrink({ lambda: -1 }), 'hardShrink: lambda must be a number of at least 0; got -1.'],
    [() => f(2).shrink({ lambda: -1 }), 'shrink: lambda must be a number of at least 0; got -1.'],
    [() => f(2).softShrink({ lambda: -1 }), 'softShrink: lambda must be a number of at least 0; got -1.'],
    [() => f(2).polygamma(-1), 'polygamma: n must be a whole number from 0 to 20; got -1.'],
    [() => f(2).polygamma(21), 'polygamma: n must be a whole number from 0 to 20; got 21.'],
    [() => quantize(f(4), f(2), { blockSize: 0 }), 'quantize: blockSize must be a whole number of at least 1; got 0.'],
    [
      () => quantize(f(4), f(), { zeroPoint: zeros([], 'int8') }),
      'quantize: the zero point is int8 and the result uint8. Both must have one dtype: convert the zero point.',
    ],
  ]),
  ...group(DTypeError, [
    [() => b(2).fmod(b(2)), "fmod: takes numbers; got bool. Convert with x.to('float32')."],
    [
      () => f(2).floorDivide(d(2)),
      "floorDivide: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [() => f(2).bitwiseAnd(f(2)), "bitwiseAnd: takes integers; got float32. Convert with x.to('int32')."],
    [() => f(2).bitwiseNot(), "bitwiseNot: takes integers; got float32. Convert with x.to('int32')."],
    [() => i(2).erfinv(), "erfinv: takes floats; got int32. Convert with x.to('float32')."],
    [() => i(2).elu(), "elu: takes floats; got int32. Convert with x.to('float32')."],
    [() => i(2).nanToNum(), "nanToNum: takes floats; got int32. Convert with x.to('float32')."],
    [
      () => fakeQuantize(f(2), tensor(1), { dtype: 'int64' as 'int32' }),
      "quantize: takes uint8, int8, uint16, int16, int32; got int64. Convert with x.to('uint8').",
    ],
  ]),
]
