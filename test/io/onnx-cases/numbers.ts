import { type Case, f, F, floats, ints, one, scalar } from './case.ts'

export const arithmetic: readonly Case[] = [
  one('Celu', 'alpha', [f(7)], { alpha: F(2) }),
  one('Selu', 'other constants', [f(7)], { alpha: F(2), gamma: F(3) }),
  one('Shrink', 'bias', [f(9)], { bias: F(0.7), lambd: F(0.9) }),
  one('PRelu', 'broadcast', [f(2, 3, 4), f(3, 1)]),
  one('Softsign', 'any', [f(7)]),
  one('Mod', 'integers of both signs', [
    { shape: [8], type: 'int32', values: [7, -7, 7, -7, 6, -6, 5, -1] },
    { shape: [8], type: 'int32', values: [3, 3, -3, -3, 3, 3, 7, 7] },
  ]),
  one(
    'Mod',
    'as in C',
    [
      { shape: [4], type: 'int64', values: [7, -7, 7, -7] },
      { shape: [4], type: 'int64', values: [3, 3, -3, -3] },
    ],
    { fmod: 1 },
  ),
  one('Div', 'integers towards zero', [
    { shape: [4], type: 'int64', values: [7, -7, 7, -7] },
    { shape: [4], type: 'int64', values: [2, 2, -2, -2] },
  ]),
  one('Pow', 'an integer exponent', [f(5), { shape: [5], type: 'int64', values: [0, 1, 2, 3, 2] }]),
  one('Pow', 'an integer base', [
    { shape: [5], type: 'int32', values: [0, 1, 2, 3, -2] },
    { shape: [5], type: 'int32', values: [0, 1, 5, 3, 3] },
  ]),
  one('Clip', 'one bound, as an attribute', [f(7)], { max: F(0.5) }, { opset: 6 }),
  one('Clip', 'one bound, as an input', [f(7), null, scalar(0.5, 'float32')]),
  one('IsInf', 'positive only', [floats(1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN)], {
    detect_negative: 0,
  }),
  one('Gemm', 'no third input, both turned', [f(3, 2), f(4, 3)], { transA: 1, transB: 1, alpha: F(0.5) }),
  one('Gemm', 'a column', [f(2, 3), f(3, 4), f(2, 1)], { beta: F(2) }),
  one('MatMul', 'vectors', [f(3), f(2, 3, 4)]),
  one('MatMul', 'integers', [
    { shape: [2, 3], type: 'int32', range: [-9, 9] },
    { shape: [3, 2], type: 'int32', range: [-9, 9] },
  ]),
  one('MatMulInteger', 'a zero point for each column', [
    { shape: [2, 3], type: 'uint8', range: [0, 255] },
    { shape: [3, 4], type: 'int8', range: [-128, 127] },
    scalar(12, 'uint8'),
    { shape: [4], type: 'int8', values: [1, 0, -3, 5] },
  ]),
  one('Einsum', 'ellipsis and diagonal', [f(2, 3, 3), f(2, 3)], { equation: '...ii,...i->...i' }),
  one('Einsum', 'no arrow', [f(2, 3), f(3, 4)], { equation: 'ij, jk' }),
  one('Det', 'a batch', [f(2, 4, 4)]),
  one('CumSum', 'both options', [f(3, 4), scalar(1)], { exclusive: 1, reverse: 1 }),
  one(
    'BitShift',
    'right',
    [
      { shape: [4], type: 'uint8', values: [255, 8, 3, 128] },
      { shape: [4], type: 'uint8', values: [1, 3, 1, 7] },
    ],
    { direction: 'RIGHT' },
  ),
  ...(
    [
      'ReduceSum',
      'ReduceMean',
      'ReduceMax',
      'ReduceMin',
      'ReduceProd',
      'ReduceL1',
      'ReduceL2',
      'ReduceLogSumExp',
      'ReduceSumSquare',
    ] as const
  ).flatMap(op => [
    one(op, 'two axes, dropped', [f(2, 3, 4), ints(0, -1)], { keepdims: 0 }, { opset: 18 }),
    one(op, 'all axes', [f(2, 3)], {}, { opset: 18 }),
    one(op, 'no axes and nothing to do', [f(2, 3)], { noop_with_empty_axes: 1 }, { opset: 18 }),
    one(op, 'axes as an attribute', [f(2, 3, 4)], { axes: [1] }, { opset: 11 }),
  ]),
  one('ReduceLogSum', 'one axis', [{ shape: [2, 3], range: [0.5, 2] }, ints(1)], {}, { opset: 18 }),
  one('ReduceSum', 'integers', [{ shape: [2, 3], type: 'int64', range: [-9, 9] }, ints(1)], {}, { opset: 18 }),
  one('ReduceMax', 'small integers', [{ shape: [2, 3], type: 'int8', range: [-9, 9] }, ints(1)], {}, { opset: 18 }),
  one('ArgMax', 'the last of equals', [{ shape: [2, 4], values: [1, 3, 3, 0, 2, 2, 2, 1] }], {
    axis: 1,
    select_last_index: 1,
  }),
  one('TopK', 'smallest, a middle axis', [f(2, 5, 3), ints(2)], { axis: 1, largest: 0 }, { outputs: 2 }),
  one('TopK', 'k as an attribute', [f(2, 5)], { k: 3 }, { outputs: 2, opset: 9 }),
]

export const quantised: readonly Case[] = [
  one(
    'QuantizeLinear',
    'a scale for each row',
    [f(2, 4), floats(0.1, 0.02), { shape: [2], type: 'int8', values: [3, -4] }],
    { axis: 0 },
  ),
  one('QuantizeLinear', 'beyond the range', [floats(-9, 9, 0.05, 0.15, 0.25), scalar(0.02, 'float32')]),
  one(
    'DequantizeLinear',
    'blocks',
    [
      { shape: [2, 5], type: 'int8', range: [-9, 9] },
      { shape: [2, 3], values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] },
    ],
    { axis: 1, block_size: 2 },
  ),
  one('DynamicQuantizeLinear', 'both signs', [f(7)], {}, { outputs: 3 }),
  one('QLinearMatMul', 'two matrices', [
    { shape: [2, 3], type: 'uint8', range: [0, 255] },
    scalar(0.02, 'float32'),
    scalar(100, 'uint8'),
    { shape: [3, 2], type: 'uint8', range: [0, 255] },
    scalar(0.03, 'float32'),
    scalar(110, 'uint8'),
    scalar(0.1, 'float32'),
    scalar(120, 'uint8'),
  ]),
]

export const signals: readonly Case[] = [
  one('DFT', 'complex, longer than the signal', [f(2, 5, 2), scalar(8)], { axis: 1 }, { opset: 17 }),
  one('DFT', 'half of a real one', [f(2, 6, 1)], { axis: 1, onesided: 1 }, { opset: 17 }),
  one('DFT', 'inverse', [f(2, 6, 2)], { axis: 1, inverse: 1 }, { opset: 17 }),
  one('STFT', 'a window', [f(1, 16, 1), scalar(4), f(8), scalar(8)], {}, { opset: 17 }),
  ...(['HannWindow', 'HammingWindow', 'BlackmanWindow'] as const).flatMap(op =>
    [0, 1].map(periodic => one(op, `periodic ${periodic}`, [scalar(9)], { periodic }, { opset: 17 })),
  ),
  one(
    'MelWeightMatrix',
    'eight bands',
    [scalar(8), scalar(32), scalar(8000), scalar(10, 'float32'), scalar(4000, 'float32')],
    {},
    { opset: 17 },
  ),
]
