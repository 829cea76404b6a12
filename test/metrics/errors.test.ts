import { describe, expect, test } from 'vitest'
import { evaluate, rand, tensor } from '../../src/index.ts'
import * as m from '../../src/metrics/index.ts'

const three = [
  [0.5, 0.25, 0.25],
  [0.25, 0.5, 0.25],
  [0.25, 0.25, 0.5],
]
/** Each call with what it says. */
const says = (title: string, calls: readonly (readonly [() => unknown, string])[]): void =>
  test(title, () => {
    for (const [call, message] of calls) expect(call).toThrow(message)
  })

describe('tensors', () => {
  test('that are computed are read as they are, of any dtype', async () => {
    const [yes, no] = [tensor([0, 1, 1]), tensor(new Int32Array([0, 1, 0]))]
    expect(m.accuracyScore(yes, no)).toBeCloseTo(2 / 3, 12)
    expect(m.accuracyScore(tensor([true, false]), [1, 0])).toBe(1)
    const sum = tensor([1, 2]).to('float64').add(0.5)
    await evaluate(sum)
    expect(m.meanAbsoluteError(sum, [1, 2])).toBe(0.5)
    expect(m.accuracyScore(tensor([1n, 2n]), [1, 2])).toBe(1)
    expect(m.rocAucScore([0, 1, 2], tensor(three), { multiClass: 'ovr' })).toBe(1)
    const drawn = rand([5])
    expect(m.meanSquaredError(drawn, drawn)).toBe(0)
  })
  says('that are not, or have other axes, are refused', [
    [
      () => m.accuracyScore(tensor([1, 2]).add(1), [1, 2]),
      'accuracyScore: yTrue, a tensor [2], has not been computed yet. Say await evaluate(yTrue) first.',
    ],
    [() => m.accuracyScore(tensor([[1]]), [1]), 'accuracyScore: yTrue is [1, 1]. It must have one axis.'],
    [() => m.coverageError(tensor([1]), [[1]]), 'coverageError: yTrue is [1]. It must have two axes.'],
  ])
})

says('values that are none, or too few', [
  [
    () => m.accuracyScore([], []),
    'accuracyScore: yTrue has 0 elements and yPred 0. There must be as many, and at least one.',
  ],
  [() => m.f1Score([1], [1, 0]), 'f1Score: yTrue has 1 elements and yPred 2. There must be as many, and at least one.'],
  [
    () => m.accuracyScore([0, Number.NaN], [0, 1]),
    'accuracyScore: element 1 of yTrue is NaN. Classes are numbers, strings or booleans.',
  ],
  [
    () => m.accuracyScore([0, 'a'], [0, 0]),
    'accuracyScore: "a" and 0 are both classes. All must be numbers, or all strings.',
  ],
  [
    () => m.meanSquaredError([1, Infinity], [1, 2]),
    'meanSquaredError: element 1 of yTrue is Infinity. All must be finite numbers.',
  ],
  [
    () => m.meanSquaredError([[1, 2]], [[1, Number.NaN]]),
    'meanSquaredError: element [0, 1] of yPred is NaN. All must be finite numbers.',
  ],
  [
    () => m.meanSquaredError([[1, 2], [3]], [[1]]),
    'meanSquaredError: row 1 of yTrue has 1 elements and row 0 has 2. All rows need as many.',
  ],
])

says('weights that are none', [
  [
    () => m.accuracyScore([1, 0], [1, 0], { sampleWeight: [1] }),
    'accuracyScore: sampleWeight has 1 elements and the examples 2. There must be as many, and at least one.',
  ],
  [
    () => m.accuracyScore([1, 0], [1, 0], { sampleWeight: [1, -1] }),
    'accuracyScore: sampleWeight 1 is -1. No weight may be below 0.',
  ],
  [
    () => m.r2Score([1, 0], [1, 0], { sampleWeight: [0, 0] }),
    'r2Score: every sampleWeight is 0. At least one must be above 0.',
  ],
])

says('classes that do not fit the question', [
  [
    () => m.precisionScore([0, 1, 2], [0, 1, 2]),
    "precisionScore: there are 3 classes, and average is 'binary'. Choose 'micro', 'macro', 'weighted', or null.",
  ],
  [
    () => m.precisionScore([0, 1], [0, 1], { average: 'mean' as 'macro' }),
    'precisionScore: average must be one of "binary", "micro", "macro", "weighted", null; got "mean".',
  ],
  [
    () => m.recallScore(['no', 'yes'], ['no', 'no']),
    'recallScore: the classes are "no", "yes". Say with posLabel which is the positive one.',
  ],
  [() => m.recallScore([0, 1], [0, 1], { posLabel: 2 }), 'recallScore: posLabel 2 is no class. The classes are 0, 1.'],
  [
    () => m.f1Score([0, 1], [0, 1], { average: null, labels: [] }),
    'f1Score: labels is empty. It must name at least one class.',
  ],
  [
    () => m.f1Score([0, 1], [0, 1], { average: null, labels: [1, 1] }),
    'f1Score: labels has 1 twice. Each class may stand there once.',
  ],
  [() => m.fbetaScore([0, 1], [0, 1], { beta: -1 }), 'fbetaScore: beta must be a number of at least 0; got -1.'],
  [
    () => m.precisionRecallFscoreSupport([0, 1], [0, 1], { beta: Number.NaN }),
    'precisionRecallFscoreSupport: beta must be a number of at least 0; got NaN.',
  ],
  [
    () => m.confusionMatrix([0, 1], [0, 1], { normalize: 'rows' as 'true' }),
    'confusionMatrix: normalize must be one of "true", "pred", "all", null; got "rows".',
  ],
  [
    () => m.cohenKappaScore([0, 1], [0, 1], { weights: 'cubic' as 'linear' }),
    'cohenKappaScore: weights must be one of "linear", "quadratic", null; got "cubic".',
  ],
  [
    () => m.classificationReport([0, 1], [0, 1], { targetNames: ['one'] }),
    'classificationReport: there are 1 targetNames for 2 classes. There must be one for each.',
  ],
  [
    () => m.classificationReport([0, 1], [0, 1], { digits: 0.5 }),
    'classificationReport: digits must be an integer from 0 to 20; got 0.5.',
  ],
])

says('curves without both kinds of examples', [
  [
    () => m.rocCurve([1, 1], [0.1, 0.2]),
    'rocCurve: yTrue has positive examples only. There must be some of both kinds.',
  ],
  [
    () => m.detCurve([0, 0], [0.1, 0.2]),
    'detCurve: yTrue has negative examples only. There must be some of both kinds.',
  ],
  [
    () => m.rocAucScore([1, 1], [0.1, 0.2]),
    'rocAucScore: yTrue has positive examples only. There must be some of both kinds.',
  ],
  [
    () => m.rocAucScore([0, 1, 1], three, { multiClass: 'ovr', labels: [0, 1, 2] }),
    'rocAucScore: yTrue has negative examples only. There must be some of both kinds.',
  ],
  [() => m.auc([1], [1]), 'auc: there is 1 point. An area needs at least two.'],
  [() => m.auc([0, 1, 0.5], [0, 1, 1]), 'auc: x turns back after element 1. It must ascend, or descend, all along.'],
])

says('scores that do not fit the classes', [
  [
    () => m.rocAucScore([0, 1, 2], [0.1, 0.2, 0.3]),
    'rocAucScore: there are 3 classes and one score an example. Pass a row of scores, one a class, for each.',
  ],
  [
    () => m.rocAucScore([0, 1, 1], three, { multiClass: 'ovr' }),
    'rocAucScore: yScore has 3 columns for 2 classes. There must be one for each; name classes that do not occur with labels.',
  ],
  [
    () => m.rocAucScore([0, 1, 3], three, { multiClass: 'ovr', labels: [0, 1, 2] }),
    'rocAucScore: yTrue has 3, which is not in labels.',
  ],
  [() => m.rocAucScore([0, 1, 2], three), 'rocAucScore: multiClass must be one of "ovr", "ovo"; got undefined.'],
  [
    () => m.rocAucScore([0, 1, 2], three, { multiClass: 'ovo', sampleWeight: [1, 1, 1] }),
    "rocAucScore: multiClass 'ovo' takes no sampleWeight. Use 'ovr'.",
  ],
  [
    () => m.rocAucScore([0, 1, 2], three, { multiClass: 'ovo', average: 'micro' }),
    'rocAucScore: average of multiClass \'ovo\' must be one of "macro", "weighted"; got "micro".',
  ],
  [
    () => m.rocAucScore([0, 1], [0.1, 0.2], { maxFpr: 0 }),
    'rocAucScore: maxFpr must be a number above 0 and up to 1; got 0.',
  ],
  [
    () => m.averagePrecisionScore([[0, 1]], three),
    'averagePrecisionScore: yTrue is [1, 2] and yScore [3, 3]. Both need the same shape, of at least one row.',
  ],
  [() => m.averagePrecisionScore([[0, 2]], [[0, 1]]), 'averagePrecisionScore: yTrue has 2 among rows of 0 and 1.'],
])

says('probabilities and decisions that are none', [
  [() => m.logLoss([0, 1], [0.5, 1.5]), 'logLoss: a probability of example 1 is -0.5. It must be from 0 to 1.'],
  [
    () =>
      m.logLoss(
        [0, 1],
        [
          [0.5, 0.5],
          [0.5, 0.25],
        ],
      ),
    'logLoss: the probabilities of example 1 add up to 0.75. They must add up to 1.',
  ],
  [() => m.logLoss([1, 1], [0.5, 0.5]), 'logLoss: yTrue has one class only, 1. Name all classes with labels.'],
  [
    () => m.brierScoreLoss([0, 1, 2], [0.1, 0.2, 0.3]),
    'brierScoreLoss: yProba has 2 columns for 3 classes. There must be one for each; name classes that do not occur with labels.',
  ],
  [() => m.logLoss([0, 1, 3], three, { labels: [0, 1, 2] }), 'logLoss: yTrue has 3, which is not in labels.'],
  [() => m.hingeLoss([0, 5], [1, 1], { labels: [0, 1] }), 'hingeLoss: yTrue has 5, which is not in labels.'],
  [
    () => m.hingeLoss([0, 1, 2], [1, 2, 3]),
    'hingeLoss: there are 3 classes and one decision an example. Two classes need one, more a row with one a class; name classes that do not occur with labels.',
  ],
  [
    () => m.hingeLoss([0, 1, 1], three),
    'hingeLoss: decisions has 3 columns for 2 classes. There must be one for each; name classes that do not occur with labels.',
  ],
  [
    () => m.calibrationCurve([0, 1], [0, 1], { nBins: 0 }),
    'calibrationCurve: nBins must be an integer of at least 1; got 0.',
  ],
  [
    () => m.calibrationCurve([0, 1, 2], [0, 1, 1]),
    'calibrationCurve: there are 3 classes. It takes two; compare one with the rest.',
  ],
  [
    () => m.calibrationCurve([0, 1], [0, 1], { strategy: 'equal' as 'uniform' }),
    'calibrationCurve: strategy must be one of "uniform", "quantile"; got "equal".',
  ],
])

says('targets that do not fit', [
  [
    () => m.meanSquaredError([[1, 2]], [[1]]),
    'meanSquaredError: yTrue has 2 outputs and yPred 1. There must be as many.',
  ],
  [
    () => m.meanSquaredError([1], [1], { multioutput: 'mean' as 'uniformAverage' }),
    "meanSquaredError: multioutput must be 'uniformAverage', 'rawValues' or a weight for each output; got \"mean\".",
  ],
  [
    () => m.meanSquaredError([1], [1], { multioutput: [1, 2] }),
    'meanSquaredError: multioutput has 2 weights for 1 outputs. There must be one for each.',
  ],
  [() => m.meanSquaredLogError([1, -1], [1, 1]), 'meanSquaredLogError: a value is -1. All must be above −1.'],
  [() => m.meanPinballLoss([1], [1], { alpha: 2 }), 'meanPinballLoss: alpha must be a number from 0 to 1; got 2.'],
  [() => m.r2Score([1], [1]), 'r2Score: there is 1 example. A spread needs at least two.'],
  [() => m.d2TweedieScore([1], [1]), 'd2TweedieScore: there is 1 example. A spread needs at least two.'],
  [
    () => m.meanTweedieDeviance([1], [1], { power: 0.5 }),
    'meanTweedieDeviance: power must be 0 or less, or 1 or more; got 0.5. No distribution has one between.',
  ],
  [() => m.meanPoissonDeviance([-1], [1]), 'meanPoissonDeviance: yTrue has -1. With power 1 all must be at least 0.'],
  [() => m.meanGammaDeviance([0], [1]), 'meanGammaDeviance: yTrue has 0. With power 2 all must be above 0.'],
  [() => m.meanPoissonDeviance([1], [0]), 'meanPoissonDeviance: yPred has 0. With power 1 all must be above 0.'],
])

says('clusters that are none', [
  [
    () => m.silhouetteScore([[0], [1], [2]], [0, 0, 0]),
    'silhouetteScore: there are 1 clusters of 3 examples. There must be at least 2, and fewer than examples.',
  ],
  [
    () => m.daviesBouldinScore([[0], [1]], [0, 1]),
    'daviesBouldinScore: there are 2 clusters of 2 examples. There must be at least 2, and fewer than examples.',
  ],
  [
    () => m.silhouetteSamples([[0], [1], [2]], [0, 0, 1], { metric: 'precomputed' }),
    'silhouetteSamples: the distances are [3, 1]. They must be square.',
  ],
  [
    () => m.silhouetteScore([[0], [1], [2]], [0, 0, 1], { metric: 'near' as 'cosine' }),
    'silhouetteScore: metric must be one of "euclidean", "manhattan", "cosine", "precomputed"; got "near".',
  ],
  [() => m.vMeasureScore([0, 1], [0, 1], { beta: -1 }), 'vMeasureScore: beta must be a number of at least 0; got -1.'],
  [
    () => m.adjustedMutualInfoScore([0, 1], [0, 1], { averageMethod: 'mean' as 'min' }),
    'adjustedMutualInfoScore: averageMethod must be one of "arithmetic", "geometric", "min", "max"; got "mean".',
  ],
  [
    () => m.randScore([0], []),
    'randScore: labelsTrue has 1 elements and labelsPred 0. There must be as many, and at least one.',
  ],
  [
    () => m.trustworthiness([[0], [1], [2], [3]], [[0], [1], [2], [3]], { nNeighbors: 2 }),
    'trustworthiness: nNeighbors must be an integer of at least 1 and below 2, half the examples; got 2.',
  ],
])

says('rankings that are none', [
  [
    () => m.dcgScore([[1, 2]], [[1]]),
    'dcgScore: yTrue is [1, 2] and yScore [1, 1]. Both need the same shape, of at least one row.',
  ],
  [() => m.coverageError([[2, 0]], [[1, 0]]), 'coverageError: yTrue has 2. It must be rows of 0 and 1.'],
  [() => m.ndcgScore([[1, 2]], [[1, 2]], { k: 0 }), 'ndcgScore: k must be an integer of at least 1; got 0.'],
  [() => m.precisionAtK([[1, 0]], [[1, 2]], { k: 1.5 }), 'precisionAtK: k must be an integer of at least 1; got 1.5.'],
  [
    () => m.dcgScore([[1, 2]], [[1, 2]], { logBase: 1 }),
    'dcgScore: logBase must be a number above 0 other than 1; got 1.',
  ],
  [() => m.ndcgScore([[1]], [[1]]), 'ndcgScore: there is 1 item a row. A ranking needs at least two.'],
  [() => m.ndcgScore([[1, -2]], [[1, 2]]), 'ndcgScore: yTrue has -2. No relevance may be below 0.'],
])
