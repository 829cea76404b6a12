import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enginesUnderTest } from '../engines.ts'
import { ArgumentError, evaluate, fromArray, setEngine, type Shape, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { adamw, type Optimizer, sgd, trainingStep } from '../../src/optim/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectClose, expectError } from './expect.ts'

type Floats = Tensor<Shape, 'float32'>
const normal = (shape: Shape, seed: number): Floats =>
  fromArray(nn.normalInit()(shape, new Generator(seed)), shape, 'float32') as Floats
const [x, y] = [normal([8, 4], 1), normal([8, 2], 2)]

const make = () => {
  const backbone = nn.linear(4, 6, { generator: new Generator(3) })
  const head = nn.linear(6, 2, { generator: new Generator(4) })
  const loss = (input: Floats, target: Floats): Floats =>
    nn.mse(head.forward((backbone.forward(input as never) as Floats).tanh() as never) as Floats, target) as Floats
  return { backbone, head, loss }
}
const values = async (...modules: readonly nn.Module[]): Promise<number[]> => {
  for (const module of modules) await module.fetch()
  return modules.flatMap(m => m.parameters().flatMap(p => Array.from(p.buffer.array, Number)))
}
const matrices = (_: string, shape: Shape): boolean => shape.length > 1
const falling = (update: number): number => 0.1 / (update + 1)

/** Updates by one optimizer of both parts, and by one for each with the gradients of the first. */
const compare = async (
  together: (parts: ReturnType<typeof make>) => Optimizer,
  apart: (parts: ReturnType<typeof make>) => readonly [head: Optimizer, backbone: Optimizer],
): Promise<void> => {
  const [one, two] = [make(), make()]
  const optimizer = together(one)
  const [first, second] = apart(two)
  for (let i = 0; i < 5; i++) {
    await optimizer.minimize(one.loss(x, y))
    const loss = two.loss(x, y)
    const [g, h] = [first.gradients(loss), second.gradients(loss)]
    first.step(g)
    second.step(h)
    await evaluate()
  }
  expectClose(await values(one.head, one.backbone), await values(two.head, two.backbone), 1e-6, 'parameters')
}

describe.each([...enginesUnderTest])('groups of parameters on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test('are updated as by an optimizer each: rates', () =>
    compare(
      ({ head, backbone }) =>
        adamw([{ parameters: head }, { parameters: backbone, learningRate: 1e-3 }], { learningRate: 0.1 }),
      ({ head, backbone }) => [adamw(head, { learningRate: 0.1 }), adamw(backbone, { learningRate: 1e-3 })],
    ))

  test('schedules, decays, momentum, and which parameters decay', () =>
    compare(
      ({ head, backbone }) =>
        sgd(
          [
            { parameters: head, weightDecay: 0.2, learningRate: falling },
            { parameters: backbone.namedParameters(), weightDecay: 0 },
          ],
          { learningRate: 0.03, weightDecay: 0.5, momentum: 0.9, decays: matrices },
        ),
      ({ head, backbone }) => [
        sgd(head, { learningRate: falling, weightDecay: 0.2, momentum: 0.9, decays: matrices }),
        sgd(backbone, { learningRate: 0.03, weightDecay: 0, momentum: 0.9 }),
      ],
    ))

  test('leave frozen parameters out, and a group may be frozen whole', async () => {
    const { head, backbone, loss } = make()
    const before = await values(backbone)
    backbone.freeze()
    const optimizer = adamw([{ parameters: backbone }, { parameters: head.parameters() }], { learningRate: 0.1 })
    await optimizer.minimize(loss(x, y))
    expect([...optimizer.parameters().keys()]).toEqual(['1.0', '1.1'])
    expect(await values(backbone)).toEqual(before)
  })

  test('say their rates', () => {
    const { head, backbone } = make()
    const optimizer = sgd([{ parameters: head, learningRate: falling }, { parameters: backbone }], {
      learningRate: 0.5,
    })
    expect(optimizer.learningRates).toEqual([0.1, 0.5])
    expect(optimizer.learningRate).toBe(0.5)
  })

  test('have numbers of their own in a step without side effects', async () => {
    const [one, two] = [make(), make()]
    const groups = (parts: ReturnType<typeof make>) =>
      adamw([{ parameters: parts.head }, { parameters: parts.backbone, learningRate: 1e-3, weightDecay: 0.5 }], {
        learningRate: 0.1,
      })
    const optimizer = groups(one)
    const pure = groups(two)
    const { state, hyper, step } = trainingStep(pure, two.loss)
    expect(Object.keys(hyper(1))).toContain('stepSize.1')
    let now = state
    for (let i = 1; i <= 3; i++) {
      await optimizer.minimize(one.loss(x, y))
      now = step(now, hyper(i), x, y).state
    }
    await optimizer.fetch()
    for (const [name, parameter] of optimizer.parameters()) {
      expectClose((await now.p![name]!.data()) as Float32Array, parameter.buffer.array as Float32Array, 1e-6, name)
    }
  })

  test('are refused with options that are not theirs, and where a parameter is in two', async () => {
    const { head } = make()
    const group = { parameters: head, momentum: 0.9 }
    await expectError(
      () => sgd([group], { learningRate: 0.1 }),
      ArgumentError,
      'sgd: group 0: unknown option "momentum". The options are learningRate, weightDecay.',
    )
    await expectError(
      () => sgd([{ parameters: head, learningRate: -1 }], { learningRate: 0.1 }),
      ArgumentError,
      'sgd: group 0: learningRate must be a number of at least 0, or a schedule; got -1.',
    )
    await expectError(
      () => sgd([{ parameters: head }, { parameters: head }], { learningRate: 0.1 }),
      ArgumentError,
      'sgd: 0.weight and 1.weight are one parameter. Pass it once: it would be updated twice.',
    )
  })
})
