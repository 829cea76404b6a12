import { enginesUnderTest } from '../engines.ts'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArgumentError, evaluate, fromArray, type Shape, setEngine, type Tensor, tensor } from '../../src/index.ts'
import { Parameter } from '../../src/nn/index.ts'
import {
  adagrad,
  adam,
  adamw,
  constant,
  cosine,
  exponential,
  rmsprop,
  type Schedule,
  sgd,
  step,
} from '../../src/optim/index.ts'
import { expectClose, expectError } from './expect.ts'

// What PyTorch computes in float64 (tools/fixtures/optim.py): updates, schedules and clipping.

interface Stored {
  readonly shape: Shape
  readonly data: readonly number[]
}
interface Step {
  readonly loss: number
  readonly gradients: { readonly weight: Stored; readonly bias: Stored }
  readonly parameters: { readonly weight: Stored; readonly bias: Stored }
}
const optimizers = { sgd, adam, adamw, rmsprop, adagrad }
interface Fixture {
  readonly problem: Readonly<Record<'weight' | 'bias' | 'a' | 'c' | 'd' | 'e', Stored>>
  readonly trajectories: readonly {
    readonly optimizer: keyof typeof optimizers
    readonly title: string
    readonly options: { readonly learningRate: number }
    readonly steps: readonly Step[]
  }[]
  readonly schedules: readonly {
    readonly schedule: string
    readonly title: string
    // biome-ignore lint/suspicious/noExplicitAny: options of whichever schedule it is
    readonly options: any
    readonly rates: readonly number[]
  }[]
  readonly clipping: readonly {
    readonly clip: 'globalNorm' | 'value'
    readonly title: string
    readonly options: { readonly maxNorm: number; readonly maxValue: number }
    readonly inputs: readonly Stored[]
    readonly outputs: readonly Stored[]
    readonly norm?: number
  }[]
}
const file = new URL('../fixtures/optim.json', import.meta.url)
const { problem, trajectories, schedules, clipping } = JSON.parse(readFileSync(file, 'utf8')) as Fixture

const parameterOf = ({ shape, data }: Stored): Parameter => new Parameter(shape, () => Float32Array.from(data))
const tensorOf = ({ shape, data }: Stored): Tensor<Shape, 'float32'> =>
  fromArray(Float32Array.from(data), shape, 'float32')
const valuesOf = async (p: Parameter): Promise<number[]> => [...(await p.value.data())]

/** The fixture's loss: Σ a(w − c)²/2 + Σ w⁴/4 + Σ d(b − e)²/2 + Σ b⁴/4 + 0.3 Σw Σb. */
const lossOf = (weight: Parameter, bias: Parameter): Tensor => {
  const well = (x: Tensor<Shape, 'float32'>, scale: Stored, centre: Stored): Tensor<readonly [], 'float32'> => {
    const off = x.sub(tensorOf(centre))
    const square = x.mul(x)
    return tensorOf(scale).mul(off).mul(off).sum().div(2).add(square.mul(square).sum().div(4))
  }
  const both = weight.value.sum().mul(bias.value.sum()).mul(0.3)
  return well(weight.value, problem.a, problem.c)
    .add(well(bias.value, problem.d, problem.e))
    .add(both)
}

describe.each([...enginesUnderTest])('on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test.each(trajectories.map(t => [t.optimizer, t.title, t] as const))(
    '%s, %s: given the same gradients, the parameters go where PyTorch takes them',
    async (_name, _title, { optimizer: name, options, steps }) => {
      const [weight, bias] = [parameterOf(problem.weight), parameterOf(problem.bias)]
      const optimizer = optimizers[name]([weight, bias], options)
      for (const [i, { gradients, parameters }] of steps.entries()) {
        optimizer.step([tensorOf(gradients.weight), tensorOf(gradients.bias)])
        await evaluate()
        expectClose(await valuesOf(weight), parameters.weight.data, 1e-6, `weight after step ${i + 1}`)
        expectClose(await valuesOf(bias), parameters.bias.data, 1e-6, `bias after step ${i + 1}`)
      }
      expect(optimizer.stepCount).toBe(steps.length)
    },
  )

  test.each(trajectories.map(t => [t.optimizer, t.title, t] as const))(
    '%s, %s: minimize, with gradients of its own, sees the same losses on the way',
    async (_name, _title, { optimizer: name, options, steps }) => {
      const [weight, bias] = [parameterOf(problem.weight), parameterOf(problem.bias)]
      const optimizer = optimizers[name]([weight, bias], options)
      const losses: number[] = []
      for (const _ of steps) losses.push(await optimizer.minimize(lossOf(weight, bias)))
      expectClose(
        losses,
        steps.map(s => s.loss),
        5e-6,
        'losses',
      )
      expectClose(await valuesOf(weight), steps.at(-1)!.parameters.weight.data, 5e-6, 'weight at the end')
    },
  )

  test.each(clipping.map(c => [c.clip, c.title, c] as const))(
    'gradients are clipped as PyTorch clips them: %s, %s',
    async (_clip, _title, { clip, options, inputs, outputs, norm }) => {
      const parameters = inputs.map(x => parameterOf({ shape: x.shape, data: x.data.map(() => 0) }))
      const limit = clip === 'globalNorm' ? { clipNorm: options.maxNorm } : { clipValue: options.maxValue }
      // From 0 at rate 1 a step of gradient descent leaves the gradient itself, negated.
      const optimizer = sgd(parameters, { learningRate: 1, ...limit })
      optimizer.step(inputs.map(tensorOf))
      await evaluate()
      for (const [i, p] of parameters.entries()) {
        const expected = outputs[i]!.data.map(x => -x)
        expectClose(await valuesOf(p), expected, 1e-6, `gradient ${i}`)
      }
      if (norm === undefined) expect(optimizer.gradientNorm).toBeNaN()
      else expectClose([optimizer.gradientNorm], [norm], 1e-6, 'norm')
    },
  )
})

describe('a schedule', () => {
  const make: Readonly<Record<string, (options: never) => Schedule>> = {
    stepLR: step,
    exponentialLR: exponential,
    warmupCosine: cosine,
  }
  // warmupCosineFromZero begins at a rate of 0, which wastes the first update: ours begins at 1/(warmupSteps + 1) as nanoGPT does.
  const ours = schedules.filter(s => s.schedule !== 'warmupCosineFromZero')
  test.each(ours.map(s => [s.schedule, s.title, s] as const))(
    'gives the rates of PyTorch: %s, %s',
    (_schedule, _title, { schedule, options, rates }) => {
      const rate = make[schedule]!(options as never)
      // Relative to the rate itself: rates are small.
      const ratios = rates.map((expected, at) => (expected === 0 ? 1 + rate(at) : rate(at) / expected))
      expectClose(
        ratios,
        rates.map(() => 1),
        1e-12,
        'rate/expected',
      )
    },
  )

  test('is asked anew at each update of an optimizer', async () => {
    const p = new Parameter([1], () => new Float32Array(1))
    const rates = [0.5, 0.25, 0]
    const optimizer = sgd([p], { learningRate: at => rates[at]! })
    const seen: number[] = []
    for (const rate of rates) {
      expect(optimizer.learningRate).toBe(rate)
      optimizer.step([tensor([1])])
      await evaluate()
      seen.push(...(await valuesOf(p)))
    }
    expect(seen).toEqual([-0.5, -0.75, -0.75])
  })

  test('that is constant stays at its rate', () => {
    expect([0, 1, 1000].map(constant(0.3))).toEqual([0.3, 0.3, 0.3])
  })

  test('refuses a length that cannot be', async () => {
    await expectError(
      () => cosine({ learningRate: 1, totalSteps: 10, warmupSteps: 10 }),
      ArgumentError,
      'cosine: totalSteps must be larger than warmupSteps; got 10 and 10.',
    )
    await expectError(
      () => step({ learningRate: 1, stepSize: 0 }),
      ArgumentError,
      'step: stepSize must be a whole number of at least 1; got 0.',
    )
  })
})
