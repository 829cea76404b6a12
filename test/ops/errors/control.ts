import type { Op } from '../../../src/graph/op.ts'
import {
  ArgumentError,
  checkpoint,
  cond,
  customGradient,
  GradientError,
  grad,
  jvp,
  type Shape,
  ShapeError,
  scan,
  Tensor,
  vmap,
} from '../../../src/index.ts'
import { batchNorm1d } from '../../../src/nn/index.ts'
import { apply } from '../../../src/ops/apply.ts'
import { f, group, type Pinned } from './rows.ts'

type T = Tensor<Shape, 'float32'>
const odd: Op = { name: 'odd', formula: 'x', infer: ([x]) => x!, checks: { samples: [] } }

export const pinned: readonly Pinned[] = [
  ...group(ShapeError, [
    [
      () => scan((s: T, x: T) => [s, x], f(), [f(3), f(4, 2)] as never),
      'scan: a sequence is [4, 2] in a loop of 3 steps. Its first axis must have 3 elements.',
    ],
    [
      () => scan((s: T, x: T) => [s.add(x), null], f(), f(5, 2)),
      'scan: carried value 0 is float32 [] before a step and float32 [2] after it. A step must return carried values of the same shapes and dtypes.',
    ],
    [
      () => vmap((a: T, b: T) => a.add(b))(f(3, 2), f(4, 2)),
      'vmap: argument 1 has 4 examples and another 3. All must have the same number.',
    ],
  ]),
  ...group(ArgumentError, [
    ...(['scan', 'checkpoint', 'vmap'] as const).map(
      where =>
        [
          () => {
            const norm = batchNorm1d(2)
            const forward = (x: T): T => norm.forward(x as never) as T
            if (where === 'scan') return scan((s: T, x: T) => [s, forward(x)], f(), f(3, 4, 2))
            return where === 'vmap' ? vmap(forward)(f(3, 4, 2)) : checkpoint(forward)(f(4, 2))
          },
          `${where}: the function writes state, such as the running statistics of batch normalisation, which is not possible here. Call eval() on what writes it, or compute it outside.`,
        ] as const,
    ),
    [() => scan((s: T) => [s, null], f(), null), 'scan: length must be a whole number of at least 1; got undefined.'],
    [() => scan((s: T, x: T) => [s, x], f(), f(0, 2)), 'scan: length must be a whole number of at least 1; got 0.'],
    [
      () =>
        cond(
          () => f(2) as never,
          () => 1,
          () => 2,
        ),
      'cond: the predicate must be a function that returns a boolean; got a tensor [2], which has no value yet: read it first, or use where.',
    ],
    [
      () =>
        cond(
          () => 1 as never,
          () => 1,
          () => 2,
        ),
      'cond: the predicate must be a function that returns a boolean; got number.',
    ],
    [
      () => checkpoint((x: T) => ({ x, more: new Map() }))(f(2)),
      'checkpoint: cannot look inside a Map. Pass tensors, numbers, strings, booleans, and arrays or plain objects of them.',
    ],
    [
      () => vmap((x: T) => x, 2)(f(3, 2)),
      "vmap: argument 0 is [3, 2] and has no axis 2. Name the examples' axis in it, or null where all examples share it.",
    ],
    [
      () => vmap((x: T) => x, [null])(f(3, 2)),
      'vmap: no argument has an axis of examples. Pass a tensor, and its axis if it is not 0.',
    ],
    [
      () => vmap((x: T) => new Tensor(apply(odd, [x.node], {})))(f(3, 2)),
      'vmap: odd has no rule for a further axis. Map over the examples with a loop and stack the results, or write it with other operations.',
    ],
  ]),
  ...group(GradientError, [
    [
      () => jvp((x: T) => x, f(3), f(2)),
      'jvp: the tangent of input 0 is float32 [2] and the input float32 [3]. Both must have one shape and dtype.',
    ],
    [
      () => jvp((x: [T, T]) => x[0], [f(3), f(3)], [f(3)] as never),
      'jvp: the tangent of input 1 is missing and the input float32 [3]. Both must have one shape and dtype.',
    ],
    [
      () =>
        grad((x: T) =>
          customGradient(
            (x: T) => x,
            g => [g.sum()],
          )(x).sum(),
        )(f(3)),
      "customGradient: the cotangent of argument 0 is float32 [] and the argument float32 [3]. Return one of the argument's shape and dtype, or null.",
    ],
  ]),
]
