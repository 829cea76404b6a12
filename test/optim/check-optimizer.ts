import { enginesUnderTest } from '../engines.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ArgumentError,
  compile,
  DTypeError,
  evaluate,
  fromArray,
  GradientError,
  ModelError,
  ones,
  setEngine,
  ShapeError,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import type { Optimizable, Optimizer, OptimizerOptions } from '../../src/optim/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectClose, expectError } from './expect.ts'

type Floats = Tensor<readonly [number, number], 'float32'>
type Make = (target: Optimizable, options: OptimizerOptions) => Optimizer

/** The regression y = x W* + b* in 5 variables and 3 outputs, without noise. */
const regression = () => {
  const source = new Generator(1)
  const x = nn.normalInit()([64, 5], source)
  const truth = nn.normalInit()([5, 3], source)
  const y = new Float32Array(64 * 3)
  for (let n = 0; n < 64; n++)
    for (let o = 0; o < 3; o++) {
      y[n * 3 + o] = o
      for (let i = 0; i < 5; i++) y[n * 3 + o]! += x[n * 5 + i]! * truth[i * 3 + o]!
    }
  return { x: fromArray(x, [64, 5], 'float32'), y: fromArray(y, [64, 3], 'float32') }
}
const { x, y } = regression()
const newModel = () =>
  nn.sequential(
    nn.linear(5, 4, { generator: new Generator(2) }),
    nn.tanh(),
    nn.linear(4, 3, { generator: new Generator(3) }),
  )
const lossOf = (model: ReturnType<typeof newModel>): Tensor<readonly [], 'float32'> => nn.mse(model.forward(x), y)
const valuesOf = async (model: nn.Module): Promise<Record<string, number[]>> => {
  await model.fetch()
  return Object.fromEntries([...model.state()].map(([name, slot]) => [name, Array.from(slot.buffer.array, Number)]))
}
/** A state with arrays of its own. */
const copied = (state: ReturnType<Optimizer['state']>): ReturnType<Optimizer['state']> =>
  new Map([...state].map(([name, entry]) => [name, { ...entry, data: Float32Array.from(entry.data as Float32Array) }]))
const run = async (optimizer: Optimizer, model: ReturnType<typeof newModel>, steps: number): Promise<number[]> => {
  const losses: number[] = []
  for (let i = 0; i < steps; i++) losses.push(await optimizer.minimize(lossOf(model)))
  return losses
}

/** What every optimizer must do. `options` train the regression; they decay weights and have momentum where there is any. */
export const checkOptimizer = (name: string, make: Make, options: OptimizerOptions): void => {
  describe.each([...enginesUnderTest])(`${name} on the %s engine`, engine => {
    beforeAll(() => setEngine(engine, { always: true }))
    afterAll(() => setEngine('native', { always: true }))

    test('brings the loss of a small regression to less than a tenth', async () => {
      const model = newModel()
      const losses = await run(make(model, options), model, 150)
      expect(losses.at(-1)!).toBeLessThan(0.1 * losses[0]!)
    })

    test('goes on exactly after its state and the weights were saved and loaded elsewhere', async () => {
      const model = newModel()
      const optimizer = make(model, options)
      await run(optimizer, model, 5)
      await optimizer.fetch()
      const weights = new Map(
        [...model.state()].map(([path, { dtype, shape, buffer }]) => [
          path,
          { dtype, shape, data: buffer.array.slice() as Float32Array },
        ]),
      )
      const state = copied(optimizer.state())
      const expected = await run(optimizer, model, 5)

      const other = newModel()
      const resumed = make(other, options)
      other.loadState(weights)
      resumed.loadState(state, 5)
      expect(await run(resumed, other, 5)).toEqual(expected)
      expect(await valuesOf(other)).toEqual(await valuesOf(model))
      expect(resumed.stepCount).toBe(10)
    })

    test('leaves frozen parameters as they are and trains the rest', async () => {
      const model = newModel()
      const before = await valuesOf(model)
      const first = (model as unknown as { readonly 0: nn.Module })[0]
      first.freeze()
      await run(make(model, options), model, 3)
      const after = await valuesOf(model)
      for (const path of Object.keys(before)) {
        if (path.startsWith('0.')) expect(after[path], path).toEqual(before[path])
        else expect(after[path], path).not.toEqual(before[path])
      }
    })

    test('decays only the parameters that are picked, by name and shape', async () => {
      const asked: string[] = []
      const decays = (path: string, shape: readonly number[]): boolean => {
        asked.push(path)
        return shape.length === 2
      }
      const updated = async (given: Partial<OptimizerOptions>): Promise<Record<string, number[]>> => {
        const model = newModel()
        await run(make(model, { ...options, ...given }), model, 1)
        return valuesOf(model)
      }
      const [all, none, some] = [
        await updated({ weightDecay: 0.5 }),
        await updated({ weightDecay: 0 }),
        await updated({ weightDecay: 0.5, decays }),
      ]
      for (const path of Object.keys(all)) expect(all[path], path).not.toEqual(none[path])
      for (const path of Object.keys(some))
        expect(some[path], path).toEqual(path.endsWith('weight') ? all[path] : none[path])
      expect(new Set(asked)).toEqual(new Set(['0.weight', '0.bias', '2.weight', '2.bias']))
    })

    test('does the same inside a compiled function as by minimize', async () => {
      const [model, other] = [newModel(), newModel()]
      const optimizer = make(model, options)
      const update = compile((inputs: Floats, targets: Floats) => {
        const loss = nn.mse(model.forward(inputs as never), targets)
        optimizer.step(optimizer.gradients(loss))
        return loss
      })
      const losses: number[] = []
      for (let i = 0; i < 4; i++) losses.push(await (await update(x, y)).item())
      expect(losses).toEqual(await run(make(other, options), other, 4))
      expect(await valuesOf(model)).toEqual(await valuesOf(other))
      expect(optimizer.stepCount).toBe(4)
    })

    test('works in turn with another optimizer on the same model: each sees what the other did', async () => {
      const model = newModel()
      const [first, second] = [make(model, options), make(model, options)]
      const before = await valuesOf(model)
      const losses: number[] = []
      for (let i = 0; i < 4; i++) losses.push(...(await run(i % 2 === 0 ? first : second, model, 1)))
      expect([first.stepCount, second.stepCount]).toEqual([2, 2])
      expect(await valuesOf(model)).not.toEqual(before)
      // A fresh optimizer at the place where the first two updates led begins as the second did at its turn.
      const other = newModel()
      const lone = make(other, options)
      expect(await run(lone, other, 1)).toEqual(losses.slice(0, 1))
      expect(await run(make(other, options), other, 1)).toEqual(losses.slice(1, 2))
      expect(await run(lone, other, 1)).toEqual(losses.slice(2, 3))
    })

    test('of two optimizers in one run both updates count', async () => {
      const parameter = (): nn.Parameter => new nn.Parameter([2], () => Float32Array.of(1, 2))
      const gradient = tensor([0.5, -1])
      const [together, apart] = [parameter(), parameter()]
      const pair = [make([together], options), make([together], options)] as const
      for (const optimizer of pair) optimizer.step([gradient])
      await evaluate()
      for (const optimizer of [make([apart], options), make([apart], options)]) {
        optimizer.step([gradient])
        await evaluate()
      }
      expect([...(await together.value.data())]).toEqual([...(await apart.value.data())])
    })

    test('updates on top of a value written in the same run', async () => {
      const parameter = (value: number): nn.Parameter<readonly [1]> =>
        new nn.Parameter([1], () => Float32Array.of(value))
      const [written, begun] = [parameter(7), parameter(2)]
      const pair = [make([written], options), make([begun], options)] as const
      written.value = tensor([2])
      for (const optimizer of pair) optimizer.step([tensor([0.5])])
      await evaluate()
      expect([...(await written.value.data())]).toEqual([...(await begun.value.data())])
      // And again: the memory that a value is written to is never the one it is read from.
      written.value = written.value.mul(3) as Tensor<readonly [1], 'float32'>
      begun.value = begun.value.mul(3) as Tensor<readonly [1], 'float32'>
      for (const optimizer of pair) optimizer.step([tensor([-1])])
      await evaluate()
      expect([...(await written.value.data())]).toEqual([...(await begun.value.data())])
    })

    test('clips by norm as if it had been given smaller gradients', async () => {
      const update = async (gradient: readonly number[], given: Partial<OptimizerOptions>): Promise<number[]> => {
        const p = new nn.Parameter([2], () => Float32Array.of(1, 2))
        const optimizer = make([p], { ...options, weightDecay: 0.1, ...given })
        for (let i = 0; i < 3; i++) {
          optimizer.step([tensor(gradient)])
          await evaluate()
        }
        return [...(await p.value.data())]
      }
      expectClose(await update([3, -4], { clipNorm: 2.5 }), await update([1.5, -2], {}), 1e-6, 'clipped')
      expect(await update([3, -4], { clipNorm: 5.5 })).toEqual(await update([3, -4], {}))
    })

    test('takes scalars and parameters without elements', async () => {
      const scalar = new nn.Parameter([], () => Float32Array.of(3))
      const empty = new nn.Parameter([0, 4], () => new Float32Array(0))
      const optimizer = make([scalar, empty], options)
      optimizer.step([tensor(1), fromArray(new Float32Array(0), [0, 4], 'float32')])
      await evaluate()
      expect(await scalar.value.item()).toBeLessThan(3)
      expect((await empty.value.data()).length).toBe(0)
    })
  })

  describe(`${name} refuses, in words,`, () => {
    const weight = (): nn.Parameter => new nn.Parameter([2, 3], nn.constantInit(1))

    test.each([
      ['learningRate', -1, 'must be a number of at least 0, or a schedule; got -1'],
      ['learningRate', Number.NaN, 'must be a number of at least 0, or a schedule; got NaN'],
      ['weightDecay', -0.1, 'must be a number of at least 0; got -0.1'],
      ['clipNorm', 0, 'must be a number above 0; got 0'],
      ['clipValue', Infinity, 'must be a number above 0; got Infinity'],
    ])('%s: %d', (key, value, words) =>
      expectError(() => make([weight()], { ...options, [key]: value }), ArgumentError, `${name}: ${key} ${words}.`),
    )

    test('a missing rate, and an option that there is not', async () => {
      await expectError(
        () => make([weight()], {} as OptimizerOptions),
        ArgumentError,
        `${name}: learningRate is required: a number, or a schedule from the update's number to a rate.`,
      )
      await expectError(
        () => make([weight()], { ...options, learnRate: 1 } as OptimizerOptions),
        ArgumentError,
        `${name}: unknown option "learnRate". Did you mean learningRate?`,
      )
    })

    test('nothing to train, and a parameter that comes twice', async () => {
      for (const target of [[], nn.linear(2, 3).freeze(), new Map()]) {
        await expectError(
          () => make(target, options),
          ArgumentError,
          `${name}: there is nothing to optimise: no trainable parameters. Pass a module or parameters, or unfreeze some.`,
        )
      }
      const p = weight()
      const twice = new Map(Object.entries({ a: p, b: weight(), c: p }))
      await expectError(
        () => make(twice, options),
        ArgumentError,
        `${name}: a and c are one parameter. Pass it once: it would be updated twice.`,
      )
    })

    test('gradients that are too few, misshapen, of another dtype, or of a parameter frozen since', async () => {
      const p = weight()
      const optimizer = make([p], options)
      await expectError(
        () => optimizer.step([]),
        ArgumentError,
        `${name}: got 0 gradients for 1 parameters. Pass those of optimizer.gradients(loss).`,
      )
      await expectError(
        () => optimizer.step([tensor([1, 2])]),
        ShapeError,
        `${name}: the gradient of 0 is [2] and the parameter [2, 3]. They must have one shape.`,
      )
      await expectError(
        () => optimizer.step([ones([2, 3], 'float64')]),
        DTypeError,
        `${name}: the gradient of 0 is float64. Gradients must be float32: convert it with g.to('float32').`,
      )
      p.trainable = false
      await expectError(
        () => optimizer.step([p.value]),
        ArgumentError,
        `${name}: 0 was frozen after this optimizer was made, which would still change it. Freeze first, then make the optimizer.`,
      )
    })

    test('a loss that its parameters have no part in, such as one that was evaluated before', async () => {
      const model = newModel()
      const optimizer = make(model, options)
      const loss = lossOf(model)
      await loss.item()
      for (const wrong of [loss, lossOf(newModel())]) {
        await expectError(
          () => optimizer.minimize(wrong),
          GradientError,
          `${name}: the loss depends on none of the 4 parameters. A loss whose value was asked for forgets how it was computed: pass it on before, minimize returns its value. Otherwise compute it with the model that the optimizer was made from.`,
        )
      }
      expect(optimizer.stepCount).toBe(0)
    })

    test('a state of another model or optimizer, changing nothing', async () => {
      const model = newModel()
      const optimizer = make(model, options)
      await run(optimizer, model, 2)
      const state = copied(optimizer.state())
      const [first, ...rest] = [...state]
      const [path, entry] = first!
      const shape = `[${entry.shape.join(', ')}]`
      const cases: readonly (readonly [Iterable<readonly [string, typeof entry]>, string])[] = [
        [rest, `no ${path}; expected ${shape}`],
        [[...rest, [path, { ...entry, shape: [1, 2] }]], `${path} [1, 2]; expected ${shape}`],
        [[...rest, [path, { ...entry, data: new Float32Array(1) }]], `${path} ${shape}; expected ${shape}`],
        [[...state, ['extra', entry]], 'extra; expected nothing of that name'],
      ]
      for (const [given, words] of cases) {
        await expectError(
          () => optimizer.loadState(new Map(given), 1),
          ModelError,
          `${name}: the saved state has ${words}. Resume with the optimizer and model that saved it.`,
        )
      }
      await expectError(
        () => optimizer.loadState(state, -1),
        ArgumentError,
        `${name}: stepCount must be a whole number of at least 0; got -1. It is the number of updates done when the state was saved.`,
      )
      expect(optimizer.stepCount).toBe(2)
      expect(optimizer.state()).toEqual(state)
    })
  })
}
