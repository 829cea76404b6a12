import {
  ArgumentError,
  DTypeError,
  GradientError,
  grad,
  linalg,
  ShapeError,
  type Tensor,
  tensor,
} from '../../../src/index.ts'
import { d, f, group, i, type Pinned } from './rows.ts'

const indefinite = tensor([
  [
    [2, 0],
    [0, 1],
  ],
  [
    [1, 2],
    [2, 1],
  ],
])
const singular = tensor([
  [1, 2],
  [2, 4],
])
const broken = tensor([
  [1, Number.NaN],
  [0, 1],
])

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [() => linalg.qr(f(3)), 'qr: A is [3]. Expected matrices: [..., m, n].'],
    [() => linalg.pinv(f(3)), 'pinv: A is [3]. Expected matrices: [..., m, n].'],
    [() => linalg.cholesky(f(2, 3)), 'cholesky: A is [2, 3]. Expected square matrices: [..., n, n].'],
    [() => linalg.inv(f(2, 3)), 'inv: A is [2, 3]. Expected square matrices: [..., n, n].'],
    [() => linalg.logdet(f(4, 2, 3)), 'logdet: A is [4, 2, 3]. Expected square matrices: [..., n, n].'],
    [() => linalg.cond(f(2, 3), { ord: 1 }), 'cond: A is [2, 3]. Expected square matrices: [..., n, n].'],
    [
      () => linalg.solve(f(3, 3), f(2, 4)),
      'solve: A is [3, 3] and B [2, 4]. B needs as many rows as A: [..., 3, k], or a vector [3].',
    ],
    [
      () => linalg.triangularSolve(f(3, 3), f(2)),
      'triangularSolve: A is [3, 3] and B [2]. B needs as many rows as A: [..., 3, k], or a vector [3].',
    ],
    [
      () => linalg.lstsq(f(4, 2), f(2, 1)),
      'lstsq: A is [4, 2] and B [2, 1]. B needs as many rows as A: [..., 4, k], or a vector [4].',
    ],
    [
      () => linalg.solve(f(2, 3, 3), f(4, 3, 1)),
      'solve: leading axes of [2, 3, 3] and [4, 3, 1]: shapes [2] and [4] do not broadcast: 2 meets 4 on axis -1. Sizes must be equal or 1, aligned from the last axis.',
    ],
  ]),
  ...group(ArgumentError, [
    [() => linalg.qr(f(2, 2), { mode: 'full' as 'complete' }), "qr: mode must be 'reduced' or 'complete'; got full."],
    [() => linalg.pinv(f(2, 2), { rcond: -1 }), 'pinv: rcond must be a number of at least 0; got -1.'],
    [
      () => linalg.matrixNorm(f(2, 2), { ord: 3 }),
      "matrixNorm: ord must be 'fro', 'nuc', 1, 2, Infinity, or one of these numbers negated; got 3.",
    ],
    [
      () => linalg.cond(f(2, 2), { ord: 0 }),
      "cond: ord must be 'fro', 'nuc', 1, 2, Infinity, or one of these numbers negated; got 0.",
    ],
  ]),
  ...group(DTypeError, [
    [() => linalg.det(i(2, 2)), "det: takes floats; got int32. Convert with x.to('float32')."],
    [
      () => linalg.solve(f(2, 2), d(2, 2)),
      "solve: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
  ]),
  ...group(GradientError, [
    [
      () => grad((a: Tensor) => linalg.qr(a, { mode: 'complete' }).r.sum())(f(4, 2)),
      'qr: the complete Q of A [4, 2] has 2 columns that A does not determine, so it has no gradient. Use the reduced mode.',
    ],
    [
      () => grad((a: Tensor) => linalg.svd(a, { fullMatrices: true }).vh.sum())(f(2, 3)),
      'svd: the full vh of A [2, 3] has 1 vectors that A does not determine, so it has no gradient. Leave out fullMatrices.',
    ],
  ]),
]

export const pinnedAsync: Pinned[] = [
  ...group(ArgumentError, [
    [
      () => linalg.cholesky(indefinite).data(),
      'cholesky: A[1] is not positive definite: pivot 1 is -3. All pivots must be above 0; a small multiple of the identity added to A may help.',
    ],
    [
      () => linalg.cholesky(broken.transpose()).data(),
      'cholesky: A is not positive definite: pivot 1 is NaN. All pivots must be above 0; a small multiple of the identity added to A may help.',
    ],
    [
      () => linalg.solve(singular, tensor([1, 2])).data(),
      'solve: A is singular: pivot 1 is 0. A must have an inverse; pinv and lstsq take any matrix.',
    ],
    [
      () => linalg.inv(singular.reshape([1, 1, 2, 2])).data(),
      'inv: A[0, 0] is singular: pivot 1 is 0. A must have an inverse; pinv and lstsq take any matrix.',
    ],
    [
      () => linalg.triangularSolve(tensor([[0]]), tensor([[1]])).data(),
      'triangularSolve: A is singular: pivot 0 is 0. A must have an inverse; pinv and lstsq take any matrix.',
    ],
    [() => linalg.svd(broken).s.data(), 'svd: A has elements that are NaN or infinite. All must be finite.'],
    [() => linalg.pinv(broken).data(), 'pinv: A has elements that are NaN or infinite. All must be finite.'],
  ]),
]
