import { describe, expect, test } from 'vitest'
import {
  costComplexityPruningPath,
  decisionTreeClassifier,
  decisionTreeRegressor,
  exportSvg,
  exportText,
  ridge,
} from '../../../src/learn/index.ts'
import { csrToDense } from '../../../src/learn/numeric/csr.ts'
import type { Csr } from '../../../src/learn/core/sparse.ts'
import { load } from '../agreement/data.ts'
import { expectSame } from '../ensemble/results.ts'

const { X, y, testX } = load({ name: 'made-regression', count: 300, holdout: true })
const classes = load({ name: 'made-classes', count: 300 })

describe('a decision tree', () => {
  test('makes the very splits of scikit-learn', async () => {
    const { tree, ...model } = await decisionTreeRegressor({ maxDepth: 3 }).fit(X, y)
    await expectSame(tree.feature, 'path', 'feature')
    await expectSame(tree.threshold, 'path', 'threshold')
    await expectSame(tree.impurity, 'path', 'impurity')
    await expectSame(tree.value.data, 'path', 'value')
    const six = { rows: 6, columns: 5, data: testX.data.slice(0, 30) }
    await expectSame(csrToDense((await model.decisionPath(six)) as unknown as Csr).data, 'path', 'rows')
  })
  test('is pruned along the path of scikit-learn', async () => {
    const path = await costComplexityPruningPath(decisionTreeRegressor({ maxDepth: 4, minSamplesLeaf: 5 }), X, y)
    await expectSame(path.ccpAlphas, 'pruning', 'ccpAlphas')
    await expectSame(path.impurities, 'pruning', 'impurities')
    const alphas = (await path.ccpAlphas.data()) as Float64Array
    const stump = await decisionTreeRegressor({ maxDepth: 4, ccpAlpha: alphas.at(-1)! * 1.001 }).fit(X, y)
    expect(stump.nLeaves).toBe(1)
  })
  test('parts rows that a feature without values parts', async () => {
    const gaps = [[Number.NaN], [1], [Number.NaN], [2]]
    const model = await decisionTreeClassifier().fit(gaps, ['a', 'b', 'a', 'b'])
    expect(await model.predict([[Number.NaN], [7]])).toEqual(['a', 'b'])
  })
  test('says what its options need', async () => {
    const fails = (options: object, target: ArrayLike<number> = y) =>
      expect(decisionTreeRegressor(options as never).fit(X, target as never)).rejects
    await fails({ monotonicCst: [1, 0] }).toThrow(
      'decisionTreeRegressor: monotonicCst has 2 entries and X has 5 columns. It needs one for each.',
    )
    await fails({ monotonicCst: [1, 0, 0, 0, 0], criterion: 'absoluteError' }).toThrow(
      'decisionTreeRegressor: monotonicCst does not go with criterion "absoluteError". Take "squaredError".',
    )
    await fails(
      { criterion: 'poisson' },
      y.map((_, i) => (i === 4 ? -2 : 1)),
    ).toThrow(
      'decisionTreeRegressor: y is -2 at row 4, and criterion "poisson" needs values of at least 0. Take "squaredError".',
    )
    await fails(
      { criterion: 'poisson' },
      y.map(() => 0),
    ).toThrow('decisionTreeRegressor: every y is 0, and criterion "poisson" needs one above. Take "squaredError".')
    await expect(decisionTreeClassifier({ monotonicCst: [1, 0, 0, 0, 0] }).fit(classes.X, classes.y)).rejects.toThrow(
      'decisionTreeClassifier: monotonicCst needs two classes; y has 3. Leave it out.',
    )
    await expect(costComplexityPruningPath(ridge(), X, y)).rejects.toThrow(
      'costComplexityPruningPath: ridge is no decision tree. Pass decisionTreeClassifier() or its like.',
    )
  })
})

describe('shown as text', () => {
  test('a tree has a line a rule', async () => {
    const model = await decisionTreeClassifier().fit(
      [
        [0, 5],
        [1, 5],
        [2, 5],
        [2, 9],
      ],
      ['a', 'a', 'b', 'c'],
    )
    expect(exportText(model, { featureNames: ['size', 'age'] })).toBe(
      [
        '|--- size <= 1.50',
        '|   |--- class: a',
        '|--- size >  1.50',
        '|   |--- age <= 7.00',
        '|   |   |--- class: b',
        '|   |--- age >  7.00',
        '|   |   |--- class: c',
      ].join('\n'),
    )
    expect(exportText(model, { maxDepth: 0, decimals: 1 })).toBe(
      ['|--- x0 <= 1.5', '|   |--- class: a', '|--- x0 >  1.5', '|   |--- branch left out'].join('\n'),
    )
    expect(() => exportText(model, { featureNames: ['size'] })).toThrow(
      'exportText: featureNames has 1 names, and the tree was fitted on 2 features. It needs one for each.',
    )
    expect(exportText(await decisionTreeRegressor().fit([[0], [1]], [1, 3]), { decimals: 3 })).toContain('value: 3.000')
  })
})

interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
const rectangles = (svg: string): Rectangle[] =>
  [...svg.matchAll(/<g data-node="\d+"><rect x="([-\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map(
    ([, x, y, width, height]) => ({ x: Number(x), y: Number(y), width: Number(width), height: Number(height) }),
  )

describe('drawn', () => {
  test.each([
    ['classes', decisionTreeClassifier({ maxDepth: 5 }), classes.y],
    ['numbers', decisionTreeRegressor({ maxDepth: 5 }), classes.y.map((code, i) => code * 3 + (i % 5))],
  ] as const)('a tree of %s has its boxes apart and inside the picture', async (_, estimator, target) => {
    const model = await (estimator as ReturnType<typeof decisionTreeRegressor>).fit(classes.X, target)
    const svg = exportSvg(model, { featureNames: ['a<b', 'b', 'c', 'd', 'e'] })
    const boxes = rectangles(svg)
    expect(boxes.length).toBe(model.tree.feature.length)
    const [, width, height] = svg.match(/width="(\d+)" height="(\d+)"/)!
    for (const [i, one] of boxes.entries()) {
      expect(one.x).toBeGreaterThan(0)
      expect(one.x + one.width).toBeLessThan(Number(width))
      expect(one.y + one.height).toBeLessThan(Number(height))
      for (const other of boxes.slice(i + 1)) {
        const apart =
          one.x + one.width < other.x ||
          other.x + other.width < one.x ||
          one.y + one.height < other.y ||
          other.y + other.height < one.y
        expect(apart).toBe(true)
      }
    }
    expect(svg).not.toContain('a<b')
  })
  test('only so deep, the rest is a sign', async () => {
    const model = await decisionTreeClassifier({ maxDepth: 4 }).fit(classes.X, classes.y)
    const svg = exportSvg(model, { maxDepth: 1 })
    expect(rectangles(svg).length).toBe(3)
    expect(svg).toContain('…')
    const line = await ridge().fit(X, y)
    expect(() => exportSvg(line)).toThrow(
      'exportSvg: ridge is no decision tree. Pass what decisionTreeClassifier().fit() gave, or its like.',
    )
  })
})
