import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evaluate, fromArray, grad, setEngine, type Shape, type Tensor } from '../../src/index.ts'
import { GoogLeNet } from '../../src/models/index.ts'
import * as models from '../../src/models/index.ts'
import type { Layer } from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { expectClose } from '../optim/expect.ts'
import { filledState, signed, sizeOf, uniformOf } from './filled.ts'

// Scaled-down models against PyTorch in float64 (tools/fixtures/vision_models.py).

type Probes = Readonly<Record<string, readonly number[]>>
interface Case {
  readonly factory: string
  readonly options: Readonly<Record<string, unknown>>
  readonly input: Shape
  readonly predicted: readonly number[]
  /** Whether gradients are those with the running statistics. */
  readonly fixed: boolean
  readonly trained: readonly number[]
  readonly gradients: Probes
  readonly running: Probes
  readonly tracked: Readonly<Record<string, number>>
}
const file = new URL('../fixtures/vision-models.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] }

type Floats = Tensor<Shape, 'float32'>
const tolerance = 1e-4

const make = ({ factory, options }: Case): Layer => {
  const model = (models as unknown as Record<string, (options: unknown) => Layer>)[factory]!(options)
  model.loadState(filledState(model))
  return model
}
const trainedScores = (model: Layer, x: Floats): Floats => {
  if (!(model instanceof GoogLeNet)) return model.forward(x) as Floats
  const { logits, aux1, aux2 } = model.forwardAll(x)
  return logits.add(aux1!.add(aux2!).mul(0.3)) as Floats
}
const weighed = (y: Floats): Floats =>
  y.mul(fromArray(signed('cotangent', y.shape), y.shape, 'float32')).sum() as Floats

/** The norm to the tolerance, and numbers at the places that the fixture chose, relative to the larger of 1 and their size. */
const expectProbe = (values: ArrayLike<number>, expected: readonly number[], name: string): void => {
  const list = Array.from(values)
  const norm = Math.sqrt(list.reduce((sum, v) => sum + v * v, 0))
  expectClose([norm], [expected[0]!], tolerance, `norm of ${name}`)
  const places = Array.from(uniformOf(`probe.${name}`, 3), u => Math.floor(u * list.length))
  expectClose(
    places.map(i => list[i]!),
    expected.slice(1),
    tolerance,
    name,
  )
}

const sides = ['native', 'wasm'].flatMap(engine =>
  cases.map(c => [`${c.factory} ${JSON.stringify(c.options)} on ${engine}`, engine, c] as const),
)
describe.each(sides)('%s', (_, engine, c) => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native'))
  const x = fromArray(signed('input', c.input), c.input, 'float32')

  test('has PyTorch’s names', () => {
    const names = [...make(c).state().keys()].sort()
    const theirs = Object.keys(c.gradients).filter(name => name !== 'input')
    expect(names).toEqual([...theirs, ...Object.keys(c.running), ...Object.keys(c.tracked)].sort())
  })

  test('predicts PyTorch’s scores', async () => {
    const y = make(c).eval().forward(x) as Floats
    expect(sizeOf(y.shape)).toBe(c.predicted.length)
    expectClose(await y.data(), c.predicted, tolerance, 'scores')
  })

  test('gives PyTorch’s gradients, and keeps its running statistics', async () => {
    const model = make(c).train(!c.fixed)
    const names = [...model.namedParameters().keys()]
    const scores = trainedScores(model, x)
    const gradients = sgd(model, { learningRate: 0 }).gradients(weighed(scores))
    await evaluate(scores, ...gradients)
    expectClose(await scores.data(), c.trained, tolerance, 'scores that gradients are taken of')
    for (const [i, name] of names.entries()) {
      expectProbe((await gradients[i]!.data()) as Float32Array, c.gradients[name]!, name)
    }
    for (const [name, slot] of model.state()) {
      if (name in c.running) expectProbe(slot.buffer.array as Float32Array, c.running[name]!, name)
      if (name in c.tracked) expect(Number(slot.buffer.array[0])).toBe(c.tracked[name])
    }
  })

  test('gives PyTorch’s gradient of the input', async () => {
    const model = make(c).train(!c.fixed)
    const gradient = grad((images: Floats) => weighed(trainedScores(model, images)))(x)
    expectProbe(await gradient.data(), c.gradients.input!, 'input')
  })
})
