import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evaluate, fromArray, type Shape, setEngine, type Tensor, valueAndGrad } from '../../../src/index.ts'
import * as nn from '../../../src/nn/index.ts'
import { sgd } from '../../../src/optim/index.ts'
import { enginesUnderTest } from '../../engines.ts'
import { expectClose } from '../../optim/expect.ts'

// Recurrent layers against PyTorch's in float64 (tools/fixtures/recurrent.py): names, values, last states and every gradient.

interface Stored {
  readonly shape: Shape
  readonly data: readonly number[]
}
type Named = Readonly<Record<string, Stored>>
interface Case {
  readonly layer: string
  readonly title: string
  readonly options: Readonly<Record<string, unknown>>
  readonly lengths?: readonly number[] | null
  readonly parameters: Named
  readonly x: Stored
  readonly state: Named
  readonly results: Named
  readonly cotangents: Named
  readonly gradients: Named
}
const file = new URL('../../fixtures/recurrent.json', import.meta.url)
const { layers, cells } = JSON.parse(readFileSync(file, 'utf8')) as Record<'layers' | 'cells', readonly Case[]>

type Floats = Tensor<Shape, 'float32'>
type State = Readonly<Record<string, Floats>>
const tolerance = 1e-5
const floats = ({ data, shape }: Stored): Floats => fromArray(Float32Array.from(data), shape, 'float32')
const tensors = (named: Named): State => Object.fromEntries(Object.entries(named).map(([k, v]) => [k, floats(v)]))

/** A module of PyTorch's parameters. Loading is strict: names and shapes are PyTorch's. */
const make = (c: Case, more: Readonly<Record<string, unknown>> = {}): nn.Module => {
  const factory = (nn as unknown as Record<string, (i: number, h: number, options: unknown) => nn.Module>)[c.layer]!
  const module = factory(3, 2, { ...c.options, ...more })
  const entry = ({ shape, data }: Stored) => ({ dtype: 'float32', shape, data: Float32Array.from(data) })
  module.loadState(new Map(Object.entries(c.parameters).map(([name, s]) => [name, entry(s)])))
  return module
}
type Inputs = { x: Floats; state: State }
const inputsOf = (c: Case): Inputs => ({ x: floats(c.x), state: tensors(c.state) })

/** The results of a layer or a cell, by name. */
const resultsOf = (c: Case, module: nn.Module, { x, state }: Inputs): State => {
  if (module instanceof nn.RecurrentCell) return module.step(x, state as never) as unknown as State
  const { output, state: last } = (module as nn.Lstm).forward(x, {
    ...(Object.keys(state).length > 0 && { state: state as never }),
    ...(c.lengths && { lengths: fromArray(Int32Array.from(c.lengths), [c.lengths.length], 'int32') }),
  })
  return { output, ...last }
}
const lossOf = (c: Case, module: nn.Module, inputs: Inputs): Floats => {
  const results = resultsOf(c, module, inputs)
  return Object.entries(c.cotangents)
    .map(([key, g]): Floats => results[key]!.mul(floats(g)).sum())
    .reduce((a, b) => a.add(b) as Floats)
}

const expectLikePyTorch = async (c: Case, module: nn.Module): Promise<void> => {
  const inputs = inputsOf(c)
  const results = resultsOf(c, module, inputs)
  expect(Object.keys(results)).toEqual(Object.keys(c.results))
  const { gradient } = valueAndGrad((given: Inputs) => lossOf(c, module, given))(inputs)
  const found = sgd(module, { learningRate: 1 }).gradients(lossOf(c, module, inputs))
  const names = [...module.namedParameters().keys()]
  const all: Record<string, Tensor> = {
    ...Object.fromEntries(names.map((name, i) => [name, found[i]!])),
    ...Object.fromEntries(Object.entries({ x: gradient.x, ...gradient.state }).map(([k, g]) => [`input ${k}`, g])),
  }
  await evaluate(...Object.values(results), ...Object.values(all))
  for (const [key, expected] of Object.entries(c.results)) {
    expect(results[key]!.shape).toEqual(expected.shape)
    expectClose(await results[key]!.data(), expected.data, tolerance, key)
  }
  expect(Object.keys(all)).toEqual(Object.keys(c.gradients))
  for (const [key, expected] of Object.entries(c.gradients))
    expectClose((await all[key]!.data()) as Float32Array, expected.data, tolerance, `gradient of ${key}`)
}

describe.each([...enginesUnderTest])('on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  for (const c of layers) {
    const title = `${c.layer}, ${c.title}, has PyTorch’s values and gradients`
    test(`${title} as a loop`, () => expectLikePyTorch(c, make(c, { unroll: false })))
    // Laid out the graph of two layers is large, and the same again.
    if (c.options.numLayers === undefined)
      test(`${title} laid out`, () => expectLikePyTorch(c, make(c, { unroll: true })))
  }
  for (const c of cells) {
    test(`${c.layer}, ${c.title}, has PyTorch’s values and gradients`, () => expectLikePyTorch(c, make(c)))
  }
})
