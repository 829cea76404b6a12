import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ArgumentError,
  compile,
  fromArray,
  grad,
  type Shape,
  ShapeError,
  setEngine,
  type Tensor,
} from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { enginesUnderTest } from '../engines.ts'
import { expectClose, expectError } from '../optim/expect.ts'
import { checkModule, normal } from './check-module.ts'

// Attention and the Transformer's layers against PyTorch's in float64 (tools/fixtures/seq2seq.py).
interface Stored {
  readonly shape: Shape
  readonly data: readonly number[]
}
type Named = Readonly<Record<string, Stored>>
interface Case {
  readonly title: string
  readonly kind?: 'encoder' | 'decoder' | 'whole'
  readonly options: Readonly<Record<string, unknown>>
  readonly state: Named
  readonly inputs: Named
  readonly output: Stored
  readonly cotangent: Stored
  readonly inputGradients: Named
  readonly gradients: Named
  readonly keyMask: Stored | null
  readonly memoryMask?: Stored | null
  readonly causal?: boolean
  readonly weights?: Stored
}
const fixture = JSON.parse(readFileSync(new URL('../fixtures/seq2seq.json', import.meta.url), 'utf8')) as {
  embedDim: number
  numHeads: number
  attention: readonly Case[]
  layers: readonly Case[]
}
const { embedDim, numHeads } = fixture

type Floats = Tensor<Shape, 'float32'>
type Inputs = Readonly<Record<string, Floats>>
const floats = ({ data, shape }: Stored): Floats => fromArray(Float32Array.from(data), shape, 'float32')
const bools = (stored: Stored | null | undefined): Tensor<Shape, 'bool'> | undefined =>
  stored ? fromArray(Uint8Array.from(stored.data), stored.shape, 'bool') : undefined
const tolerance = 1e-5

/** The encoder and decoder of PyTorch's `nn.Transformer`. */
class Whole extends nn.Module {
  readonly encoder: nn.TransformerEncoder
  readonly decoder: nn.TransformerDecoder
  constructor(options: nn.TransformerLayerOptions) {
    super()
    this.encoder = nn.transformerEncoder(2, embedDim, numHeads, options)
    this.decoder = nn.transformerDecoder(2, embedDim, numHeads, options)
  }
}
const makers = {
  encoder: (o: nn.TransformerLayerOptions) => nn.transformerEncoderLayer(embedDim, numHeads, o),
  decoder: (o: nn.TransformerLayerOptions) => nn.transformerDecoderLayer(embedDim, numHeads, o),
  whole: (o: nn.TransformerLayerOptions) => new Whole(o),
} as const

/** The module with PyTorch's state; loading is strict. */
const loaded = (c: Case): nn.Module => {
  const module = c.kind ? makers[c.kind](c.options) : nn.multiHeadAttention(embedDim, numHeads, c.options)
  const entries = Object.entries(c.state).map(([name, { shape, data }]): [string, nn.StateEntry] => [
    name,
    { dtype: 'float32', shape, data: Float32Array.from(data) },
  ])
  module.loadState(new Map(entries))
  return module
}
const given = (c: Case): { keyMask?: Tensor<Shape, 'bool'>; memoryMask?: Tensor<Shape, 'bool'> } => {
  const [keyMask, memoryMask] = [bools(c.keyMask), bools(c.memoryMask)]
  return { ...(keyMask && { keyMask }), ...(memoryMask && { memoryMask }) }
}
const call = (module: nn.Module, x: Inputs, c: Case): { output: Floats; weights?: Floats } => {
  const { keyMask, memoryMask } = given(c)
  if (module instanceof nn.MultiHeadAttention)
    return module.forward(x.query!, x.key, x.value, { ...(keyMask && { keyMask }), causal: c.causal! })
  if (module instanceof nn.TransformerEncoderLayer) return module.forward(x.x!, keyMask ? { keyMask } : {})
  if (module instanceof nn.TransformerDecoderLayer) return module.forward(x.x!, x.memory!, given(c))
  const { encoder, decoder } = module as Whole
  const memory = encoder.forward(x.source!, { keyMask: memoryMask! }).output
  return { output: decoder.forward(x.x!, memory, { memoryMask: memoryMask! }).output }
}
const inputsOf = (c: Case): Inputs => Object.fromEntries(Object.entries(c.inputs).map(([k, v]) => [k, floats(v)]))

describe.each([...enginesUnderTest])('on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  for (const c of [...fixture.attention, ...fixture.layers]) {
    test(`gives PyTorch's values and gradients: ${c.kind ? 'transformer layers' : 'attention'}, ${c.title}`, async () => {
      const module = loaded(c)
      const inputs = inputsOf(c)
      const { output, weights } = call(module, inputs, c)
      expectClose(await output.data(), c.output.data, tolerance, 'output')
      if (c.weights) expectClose(await weights!.data(), c.weights.data, tolerance, 'weights')
      const loss = (x: Inputs): Floats => call(module, x, c).output.mul(floats(c.cotangent)).sum() as Floats
      const found = grad(loss)(inputs) as Inputs
      for (const [name, g] of Object.entries(found))
        expectClose(await g.data(), c.inputGradients[name]!.data, tolerance, `gradient of ${name}`)
      const names = [...module.namedParameters().keys()]
      expect(names).toEqual(Object.keys(c.gradients))
      const all = compile((x: Inputs) => sgd(module, { learningRate: 0.1 }).gradients(loss(x) as never))
      const gradients = await all(inputs)
      for (const [i, name] of names.entries())
        expectClose((await gradients[i]!.data()) as Float32Array, c.gradients[name]!.data, tolerance, name)
    })
  }
})

describe('the decoder', () => {
  test('gives step by step what it gives for the whole sequence', async () => {
    const c = fixture.layers.find(({ kind }) => kind === 'whole')!
    const { decoder } = loaded(c) as Whole
    const [memory, x] = [normal([2, 5, embedDim]) as Floats, normal([2, 4, embedDim]) as Floats]
    const memoryMask = bools(c.memoryMask)!
    const whole = decoder.forward(x, memory, { memoryMask })
    const [expected, weights] = [await whole.output.data(), await whole.crossWeights[1]!.data()]
    const room = 6
    const none = (): Floats =>
      fromArray(new Float32Array(2 * room * embedDim), [2, numHeads, room, embedDim / numHeads], 'float32')
    let past: readonly nn.KeysValues[] = [0, 1].map(() => ({ keys: none(), values: none() }))
    for (let t = 0; t < 4; t++) {
      const at = Array.from({ length: room }, (_, r) => r)
      const out = decoder.step(x.slice(null, { start: t, end: t + 1 }) as Floats, past, {
        here: fromArray(
          Uint8Array.from(at, r => Number(r === t)),
          [room, 1],
          'bool',
        ),
        visible: fromArray(
          Uint8Array.from(at, r => Number(r <= t)),
          [1, room],
          'bool',
        ),
        memory: decoder.memoryOf(memory),
        memoryMask,
      })
      past = out.past
      const part = (all: ArrayLike<number>, rows: number, size: number): number[] =>
        Array.from({ length: rows }, (_, b) => Array.from(all).slice((b * 4 + t) * size, (b * 4 + t + 1) * size)).flat()
      expectClose(await out.output.data(), part(expected, 2, embedDim), 1e-5, `position ${t}`)
      expectClose(await out.crossWeights[1]!.data(), part(weights, 2 * numHeads, 5), 1e-5, `weights at ${t}`)
    }
  })
})

test('what is hidden changes nothing', async () => {
  const layer = nn.transformerEncoderLayer(8, 2, { feedForwardDim: 16, dropout: 0 })
  const x = normal([2, 5, 8]) as Floats
  const padded = fromArray(
    Float32Array.from((await x.data()) as Float32Array, (v, i) => (i % 40 >= 24 ? 1e3 : v)),
    [2, 5, 8],
    'float32',
  )
  const keyMask = fromArray(Uint8Array.from([1, 1, 1, 0, 0, 1, 1, 1, 0, 0]), [2, 5], 'bool')
  const seen = async (given: Floats): Promise<number[]> => {
    const all = Array.from(await layer.forward(given, { keyMask }).output.data())
    return all.filter((_, i) => i % 40 < 24)
  }
  expect(await seen(padded as Floats)).toEqual(await seen(x))
})

test('sinusoids are the sines and cosines of the paper', async () => {
  const table = await nn.sinusoids(50, 6).data()
  for (const [t, i] of [
    [0, 0],
    [1, 3],
    [49, 4],
    [49, 5],
  ] as const) {
    const angle = t / 10000 ** ((i - (i % 2)) / 6)
    expect(table[6 * t + i]).toBeCloseTo(i % 2 === 0 ? Math.sin(angle) : Math.cos(angle), 6)
  }
  await expectError(
    () => nn.sinusoids(3, 5),
    ArgumentError,
    'sinusoids: embedDim must be an even number of at least 2; got 5.',
  )
})

test('attention says what does not fit', async () => {
  await expectError(
    () => nn.multiHeadAttention(10, 4),
    ArgumentError,
    'multiHeadAttention: embedDim 10 does not fall into 4 equal heads. Give whole numbers, embedDim a multiple of numHeads.',
  )
  const attend = nn.multiHeadAttention(8, 2)
  await expectError(
    () => attend.forward(normal([2, 3, 6]) as Floats),
    ShapeError,
    'multiHeadAttention: x is [2, 3, 6]. Expected [B, T, 8].',
  )
  await expectError(
    () =>
      attend.forward(normal([2, 3, 8]) as Floats, undefined, undefined, {
        keyMask: fromArray(new Uint8Array(3), [3], 'bool'),
      }),
    ShapeError,
    'multiHeadAttention: keyMask is [3] for 3 keys in a batch of 2. Expected bool [2, 3].',
  )
  await expectError(
    () => nn.transformerEncoderLayer(8, 2, { activation: 'tanh' as 'relu' }),
    ArgumentError,
    'transformer layer: activation must be relu or gelu; got "tanh".',
  )
})

checkModule('multiHeadAttention', {
  make: generator => nn.multiHeadAttention(8, 2, { generator }),
  input: normal([2, 3, 8]) as Floats,
  forward: (module, x) => module.forward(x).output,
  output: [2, 3, 8],
  parameters: { in_proj_weight: [24, 8], in_proj_bias: [24], 'out_proj.weight': [8, 8], 'out_proj.bias': [8] },
})
