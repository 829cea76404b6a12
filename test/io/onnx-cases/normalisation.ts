import { type Case, f, F, one } from './case.ts'

export const normalisations: readonly Case[] = [
  one('LRN', 'an odd size', [f(1, 6, 3, 2)], { size: 3, alpha: F(0.5) }),
  one('LpNormalization', 'order 1', [f(3, 4)], { p: 1, axis: 0 }),
  one('MeanVarianceNormalization', 'other axes', [f(2, 3, 4, 2)], { axes: [1, 3] }),
  one('InstanceNormalization', 'one axis', [f(2, 3, 7), f(3), f(3)], { epsilon: F(0.1) }),
  one('GroupNormalization', 'channels', [f(2, 6, 4), f(6), f(6)], { num_groups: 3 }),
  one(
    'LayerNormalization',
    'all outputs, a middle axis',
    [f(2, 3, 4), f(3, 4), f(3, 4)],
    { axis: 1 },
    { outputs: 3, opset: 17 },
  ),
  one('LayerNormalization', 'no bias', [f(2, 3, 4), f(4)], {}, { opset: 17 }),
  one(
    'BatchNormalization',
    'prediction',
    [f(2, 3, 4), f(3), f(3), f(3), { shape: [3], range: [0.5, 2] }],
    { epsilon: F(0.01) },
    { opset: 15 },
  ),
  one('Softmax', 'flattened before opset 13', [f(2, 3, 4)], { axis: 1 }, { opset: 11 }),
  one('LogSoftmax', 'flattened before opset 13', [f(2, 3, 4)], {}, { opset: 9 }),
  one('Hardmax', 'flattened before opset 13', [f(2, 3, 4)], { axis: 1 }, { opset: 11 }),
  one('Hardmax', 'the last axis', [f(2, 3, 4)], {}, { opset: 13 }),
]

export const losses: readonly Case[] = (['mean', 'sum', 'none'] as const).flatMap(reduction => [
  one(
    'SoftmaxCrossEntropyLoss',
    `${reduction}, weights, ignored`,
    [f(3, 4, 2), { shape: [3, 2], type: 'int64', values: [0, 1, 3, 2, 1, 1] }, f(4)],
    { reduction, ignore_index: 1 },
    { outputs: 2, opset: 13 },
  ),
  one(
    'NegativeLogLikelihoodLoss',
    `${reduction}`,
    [f(3, 4, 2), { shape: [3, 2], type: 'int64', values: [0, 1, 3, 2, 1, 1] }],
    { reduction },
    { opset: 13 },
  ),
])
