import { ArgumentError, attention, DTypeError, rotaryEmbedding, rotaryTables, ShapeError } from '../../../src/index.ts'
import { b, d, f, group, i, type Pinned } from './rows.ts'

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => attention(f(1, 4, 3, 2), f(1, 3, 3, 2), f(1, 3, 3, 2)),
      "attention: q [1, 4, 3, 2] has 4 heads, k [1, 3, 3, 2] has 3 and v [1, 3, 3, 2] has 3. Keys and values need one number of heads, which divides the queries'.",
    ],
    [
      () => attention(f(3, 2), f(3, 2), f(3, 2), { bias: f(2, 3, 3) }),
      'attention: the bias is [2, 3, 3] and the scores are [3, 3]. The bias must broadcast to the scores.',
    ],
    [
      () => rotaryEmbedding(f(3, 4), f(3, 3), f(3, 3)),
      'rotaryEmbedding: x is [3, 4], cos [3, 3] and sin [3, 3]. For x [..., T, hd] both tables must be [..., T, r/2] with r at most hd.',
    ],
    [
      () => rotaryEmbedding(f(3, 4), f(5, 2), f(5, 2)),
      'rotaryEmbedding: x and cos: shapes [3, 2] and [5, 2] do not broadcast: 3 meets 5 on axis -2. Sizes must be equal or 1, aligned from the last axis.',
    ],
  ]),
  ...group(ArgumentError, [
    [
      () => attention(f(3, 2), f(3, 2), f(3, 2), { window: 0 }),
      'attention: window must be a whole number of at least 1; got 0.',
    ],
    [
      () => attention(f(3, 2), f(3, 2), f(3, 2), { softcap: -1 }),
      'attention: softcap must be a number above 0; got -1.',
    ],
    [() => rotaryTables(i(3), 5), 'rotaryTables: dim must be an even number of at least 2; got 5.'],
    [() => rotaryTables(i(3), 4, { base: 0 }), 'rotaryTables: base must be a number above 0; got 0.'],
  ]),
  ...group(DTypeError, [
    [
      () => attention(f(3, 2), f(3, 2), f(3, 2), { bias: d(3, 3) }),
      "attention: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [() => rotaryTables(b(3), 4), "rotaryTables: takes numbers; got bool. Convert with x.to('float32')."],
  ]),
]
