import { describe, expect, test } from 'vitest'
import { ArgumentError, evaluate, ones, tensor } from '../../src/index.ts'
import { linear, Parameter } from '../../src/nn/index.ts'
import { adagrad, adam, adamw, rmsprop, sgd } from '../../src/optim/index.ts'
import { checkOptimizer } from './check-optimizer.ts'
import { expectError } from './expect.ts'

checkOptimizer('sgd', (target, options) => sgd(target, { momentum: 0.9, ...options }), { learningRate: 0.05 })
checkOptimizer('adam', adam, { learningRate: 0.05 })
checkOptimizer('adamw', (target, options) => adamw(target, { amsgrad: true, ...options }), { learningRate: 0.05 })
checkOptimizer('rmsprop', (target, options) => rmsprop(target, { centered: true, momentum: 0.5, ...options }), {
  learningRate: 0.01,
})
checkOptimizer('adagrad', adagrad, { learningRate: 0.3 })

const one = (): readonly [Parameter] => [new Parameter([1], () => Float32Array.of(1))]

describe('an option of one optimizer', () => {
  test.each([
    [() => sgd(one(), { learningRate: 1, momentum: -1 }), 'sgd: momentum must be a number of at least 0; got -1.'],
    [() => sgd(one(), { learningRate: 1, dampening: 2 }), 'sgd: dampening must be a number from 0 to 1; got 2.'],
    [
      () => sgd(one(), { learningRate: 1, nesterov: true }),
      'sgd: nesterov needs a momentum above 0 and no dampening; got momentum 0 and dampening 0.',
    ],
    [
      () => sgd(one(), { learningRate: 1, nesterov: true, momentum: 0.9, dampening: 0.1 }),
      'sgd: nesterov needs a momentum above 0 and no dampening; got momentum 0.9 and dampening 0.1.',
    ],
    [
      () => adam(one(), { learningRate: 1, beta1: 1 }),
      'adam: beta1 must be a number of at least 0 and below 1; got 1.',
    ],
    [
      () => adamw(one(), { learningRate: 1, beta2: -0.1 }),
      'adamw: beta2 must be a number of at least 0 and below 1; got -0.1.',
    ],
    [() => adamw(one(), { learningRate: 1, epsilon: -1 }), 'adamw: epsilon must be a number of at least 0; got -1.'],
    [
      () => rmsprop(one(), { learningRate: 1, alpha: 1.5 }),
      'rmsprop: alpha must be a number of at least 0 and below 1; got 1.5.',
    ],
    [
      () => rmsprop(one(), { learningRate: 1, centered: 'yes' as never }),
      'rmsprop: centered must be true or false; got "yes".',
    ],
    [
      () => adagrad(one(), { learningRate: 1, lrDecay: -1 }),
      'adagrad: lrDecay must be a number of at least 0; got -1.',
    ],
    [
      () => adagrad(one(), { learningRate: 1, initialAccumulator: -1 }),
      'adagrad: initialAccumulator must be a number of at least 0; got -1.',
    ],
  ])('is checked: case %#', async (make, message) => {
    await expectError(make, ArgumentError, message)
  })
})

describe('clipping', () => {
  test('by value comes before clipping by norm, and the norm is the one in between', async () => {
    const parameter = new Parameter([2], () => new Float32Array(2))
    const optimizer = sgd([parameter], { learningRate: 1, clipValue: 3, clipNorm: 1 })
    optimizer.step([tensor([30, 4])])
    await evaluate()
    expect(optimizer.gradientNorm).toBeCloseTo(Math.sqrt(18), 6)
    expect([...(await parameter.value.data())].map(x => x * Math.SQRT2)).toEqual([
      expect.closeTo(-1, 6),
      expect.closeTo(-1, 6),
    ])
  })

  test('by norm reaches over all parameters together, whether they decay or not', async () => {
    const [a, b] = [one()[0], one()[0]]
    const optimizer = sgd(
      new Map([
        ['a', a],
        ['b', b],
      ]),
      { learningRate: 1, clipNorm: 1, decays: name => name === 'b' },
    )
    // The order of gradients is the optimizer's own: what decays comes first.
    optimizer.step([tensor([3]), tensor([4])])
    await evaluate()
    expect(optimizer.gradientNorm).toBe(5)
    expect(await b.value.item()).toBeCloseTo(1 - 0.6, 6)
    expect(await a.value.item()).toBeCloseTo(1 - 0.8, 6)
  })
})

test('a schedule that gives no finite rate is refused before it can ruin the weights', async () => {
  const model = linear(2, 1)
  const before = Array.from((await model.weight.value.data()) as Float32Array)
  const optimizer = sgd(model, { learningRate: () => Number.NaN })
  await expect(
    optimizer.minimize(
      model
        .forward(ones([3, 2]))
        .square()
        .mean(),
    ),
  ).rejects.toThrow('sgd: the schedule gives a rate of NaN at update 0. It must give finite numbers of at least 0.')
  expect(Array.from((await model.weight.value.data()) as Float32Array)).toEqual(before)
})
