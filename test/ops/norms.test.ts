import { afterAll, describe, expect, test } from 'vitest'
import {
  batchNorm,
  batchNormTraining,
  grad,
  groupNorm,
  instanceNorm,
  localResponseNorm,
  lpNormalize,
  rmsNorm,
  setEngine,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { checkAgainstTorch, type Run } from './torch-cases.ts'

const run = (op: string): Run => {
  switch (op) {
    case 'batchNorm':
      return ([x, mean, variance, weight, bias], o) => batchNorm(x!, mean!, variance!, weight!, bias!, o)
    case 'batchNormTraining':
      return ([x, weight, bias], o) => batchNormTraining(x!, weight!, bias!, o).y
    case 'groupNorm':
      return ([x, weight, bias], { groups, ...o }) => groupNorm(x!, groups, weight!, bias!, o)
    case 'instanceNorm':
      return ([x, weight, bias], o) => instanceNorm(x!, weight!, bias!, o)
    case 'rmsNorm':
      return ([x, weight], o) => rmsNorm(x!, weight!, o)
    case 'localResponseNorm':
      return ([x], o) => localResponseNorm(x!, o)
    case 'lpNormalize':
      return ([x], o) => lpNormalize(x!, o)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('norms', run)

describe.each(['native', 'reference'])('on %s', engine => {
  afterAll(() => setEngine('native', { always: true }))
  const x = tensor([
    [1, 10],
    [3, 30],
  ]) as Tensor
  const [ones, zeros] = [tensor([1, 1]), tensor([0, 0])]
  test('the statistics of a batch are its mean and its variance by channel', async () => {
    setEngine(engine, { always: true })
    const { mean, variance } = batchNormTraining(x, ones, zeros)
    expect(await mean.toArray()).toEqual([2, 20])
    expect(await variance.toArray()).toEqual([1, 100])
  })
  test('the gradient flows through the statistics too', async () => {
    setEngine(engine, { always: true })
    const slope = grad((x: Tensor) => batchNormTraining(x, ones, zeros).variance.sum())(x)
    expect(await slope.toArray()).toEqual([
      [-1, -10],
      [1, 10],
    ])
  })
  test('given statistics that come from x, the gradient is that of the training form', async () => {
    setEngine(engine, { always: true })
    const weight = tensor([
      [1, -2],
      [0.5, 3],
    ]) as Tensor
    const given = (x: Tensor): Tensor => {
      const { mean, variance } = batchNormTraining(x, ones, zeros)
      return batchNorm(x, mean, variance, ones, zeros, { epsilon: 0.5 }).mul(weight).sum()
    }
    const own = (x: Tensor): Tensor => batchNormTraining(x, ones, zeros, { epsilon: 0.5 }).y.mul(weight).sum()
    const [a, b] = [await grad(given)(x).data(), await grad(own)(x).data()]
    for (const [i, v] of a.entries()) expect(Number(v)).toBeCloseTo(Number(b[i]), 5)
  })
  test('a vector of zeros is normalised to zeros, with a finite gradient', async () => {
    setEngine(engine, { always: true })
    const z = tensor([0, 0]) as Tensor
    expect(await lpNormalize(z).toArray()).toEqual([0, 0])
    expect((await grad((z: Tensor) => lpNormalize(z).sum())(z).data()).every(v => Number.isFinite(Number(v)))).toBe(
      true,
    )
  })
})
