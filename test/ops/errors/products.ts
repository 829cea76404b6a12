import {
  ArgumentError,
  crossProduct,
  DTypeError,
  einsum,
  kron,
  ShapeError,
  tensordot,
  vdot,
} from '../../../src/index.ts'
import { PackedMatrix } from '../../../src/nn/packed.ts'
import { PackedWeights } from '../../../src/ops/packed-weights.ts'
import { b, d, f, group, i, type Pinned } from './rows.ts'

const packed = (values: Float32Array) => new PackedMatrix(new PackedWeights([2, 32], 8, values))

export const pinned: Pinned[] = [
  ...group(ArgumentError, [
    [
      () => packed(new Float32Array(64).fill(Number.POSITIVE_INFINITY)),
      'pack: a weight is Infinity. Weights in 8 bits must be finite numbers.',
    ],
  ]),
  ...group(ShapeError, [
    [
      () => packed(new Float32Array(64)).product(f(2, 3)),
      'packedProduct: x is [2, 3] and W [2, 32]. Give x at least two axes, the last of 32.',
    ],
    [
      () => einsum('ij,jk->ik', f(2, 3), f(4, 5)),
      'einsum: "j" of "ij,jk->ik" is 3 in one place and 4 in another. A letter must have one size, or 1.',
    ],
    [
      () => einsum('...i,...i->...', f(2, 3), f(4, 3)),
      'einsum: axis -1 of "..." of "...i,...i->..." is 2 in one place and 4 in another. A letter must have one size, or 1.',
    ],
    [
      () => einsum('ij->i', f(2, 3, 4)),
      'einsum: "ij" of "ij->i" names 2 axes, but operand 0 is [2, 3, 4]. Name each of its 3 axes, or write "..." for the others.',
    ],
    [
      () => einsum('i,...jk->i', f(2), f(3)),
      'einsum: "...jk" of "i,...jk->i" names 2 axes, but operand 1 is [3]. Name each of its 1 axes.',
    ],
    [
      () => einsum('ii->i', f(1, 3)),
      'einsum: "i" of "ii->i" stands twice on [1, 3], where it is 1 and 3. For a diagonal both must be equal.',
    ],
    [() => f(2, 3).dot(f(3)), 'dot: a is [2, 3]. Expected a vector [n].'],
    [() => f(3).dot(f(2, 3)), 'dot: b is [2, 3]. Expected a vector [n].'],
    [() => f(3).dot(f(2)), 'dot: a has 3 elements and b 2. Both must have the same number.'],
    [() => vdot(f(2, 3), f(5)), 'vdot: a has 6 elements and b 5. Both must have the same number.'],
    [
      () => tensordot(f(2, 3), f(2, 4), 1),
      'tensordot: axes [1] of a [2, 3] and [0] of b [2, 4] do not pair. Name as many axes of each, of equal sizes.',
    ],
    [
      () => tensordot(f(2, 3), f(3, 2), [[0, 1], [1]]),
      'tensordot: axes [0, 1] of a [2, 3] and [1] of b [3, 2] do not pair. Name as many axes of each, of equal sizes.',
    ],
    [() => crossProduct(f(2, 3), f(2, 4)), 'crossProduct: a is [2, 3] and b [2, 4]. Axis -1 must have size 3 in both.'],
    [() => f(2, 3).matrixPower(2), 'matrixPower: [2, 3] is not square. The last two axes must have one size.'],
    [() => f().diag(), 'diag: x is a scalar. Expected [..., n]: reshape it to [1].'],
    [() => f(3).tril(), 'tril: [3] has fewer than two axes. Expected [..., m, n].'],
    [() => f(3).triu(), 'triu: [3] has fewer than two axes. Expected [..., m, n].'],
  ]),
  ...group(ArgumentError, [
    [
      () => einsum('ij->j->i', f(2, 3)),
      'einsum: "ij->j->i" is not an equation. Expected letters for the axes of each operand, such as "ij,jk->ik"; "..." stands for any axes.',
    ],
    [
      () => einsum('i1->i', f(2, 3)),
      'einsum: "i1->i" is not an equation. Expected letters for the axes of each operand, such as "ij,jk->ik"; "..." stands for any axes.',
    ],
    [
      () => einsum('ij,jk->ik', f(2, 3)),
      'einsum: "ij,jk->ik" names 2 operands, but got 1. Pass one tensor for each part between commas.',
    ],
    [() => einsum('ij->ii', f(2, 3)), 'einsum: "i" stands twice in the output of "ij->ii". Name it once.'],
    [
      () => einsum('ij->k', f(2, 3)),
      'einsum: "k" of the output of "ij->k" is in no operand. Its size must come from one of them.',
    ],
    [
      () => tensordot(f(2, 3), f(3), 2),
      'tensordot: axes must be a whole number from 0 to 1, the axes of a [2, 3] and b [3]; got 2.',
    ],
    [
      () =>
        tensordot(f(2, 2), f(2, 2), [
          [0, 0],
          [0, 1],
        ]),
      'tensordot: axis 0 is named twice. Name each axis once.',
    ],
    [() => f(2, 3).diagonal({ axis1: 1, axis2: -1 }), 'diagonal: axis1 and axis2 are both 1. Name two different axes.'],
    [() => f(2, 3).diagonal({ offset: 0.5 }), 'diagonal: offset must be a whole number; got 0.5.'],
    [() => f(2).diag(0.5), 'diag: offset must be a whole number; got 0.5.'],
    [() => f(2, 3).tril(0.5), 'tril: k must be a whole number; got 0.5.'],
    [() => f(2, 2).matrixPower(-1), 'matrixPower: n must be a whole number of at least 0; got -1.'],
    [() => f(2).norm({ ord: 'nuc' as 'fro' }), "norm: ord must be a number or 'fro'; got nuc."],
  ]),
  ...group(DTypeError, [
    [
      () => einsum('i,i->', f(2), d(2)),
      "einsum: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [() => i(2).norm(), "norm: takes floats; got int32. Convert with x.to('float32')."],
    [() => b(2).dot(b(2)), "dot: takes numbers; got bool. Convert with x.to('float32')."],
    [() => b(2, 2).trace(), "trace: takes numbers; got bool. Convert with x.to('float32')."],
    [() => einsum('i->', b(2)), "einsum: takes numbers; got bool. Convert with x.to('float32')."],
    [() => tensordot(i(2), i(2), 1), "tensordot: takes floats; got int32. Convert with x.to('float32')."],
    [() => kron(b(2), b(2)), "kron: takes numbers; got bool. Convert with x.to('float32')."],
  ]),
]
