import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeModel } from '../../src/engine/onnx/format.ts'
import { lowerProgram } from '../../src/engine/onnx/lower.ts'
import { programOf } from '../../src/graph/program.ts'
import { evaluate, fromArray, GradusError, rand, setEngine, type Tensor, zeros } from '../../src/index.ts'
import { importOnnx, type OnnxModel } from '../../src/io/index.ts'
import { convert, type DType } from '../../src/core/dtype.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { modelOf, valuesFor } from './onnx-case-model.ts'
import { type AttributeDef, buildModel, type ModelDef } from './onnx-models.ts'
import { cases, type Input } from './onnx-cases/index.ts'

/** A graph of Gradus as an ONNX file. */
const exported = (y: Tensor): Uint8Array => encodeModel(lowerProgram(programOf([y.node]).program))

const x = { name: 'x', shape: [2, 3] } as const
const y = ['y']
const byHand: readonly ModelDef[] = [
  // A branch, with values from around it.
  {
    inputs: [x, { name: 'c', type: 'bool', shape: [] }],
    outputs: y,
    nodes: [
      {
        op: 'If',
        inputs: ['c'],
        outputs: ['y'],
        attributes: {
          then_branch: { graph: { nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['z'] }], outputs: ['z'] } },
          else_branch: { graph: { nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['z'] }], outputs: ['z'] } },
        },
      },
    ],
  },
  // A loop of a known number of rounds.
  {
    inputs: [x],
    outputs: ['y', 'all'],
    initializers: [{ name: 'n', type: 'int64', data: [3] }],
    nodes: [
      {
        op: 'Loop',
        inputs: ['n', '', 'x'],
        outputs: ['y', 'all'],
        attributes: {
          body: {
            graph: {
              inputs: ['i', 'going', 's'],
              nodes: [
                { op: 'Identity', inputs: ['going'], outputs: ['on'] },
                { op: 'Mul', inputs: ['s', 's'], outputs: ['t'] },
                { op: 'ReduceSum', inputs: ['t'], outputs: ['u'] },
              ],
              outputs: ['on', 't', 'u'],
            },
          },
        },
      },
    ],
  },
  // Shapes out of values.
  {
    inputs: [x],
    outputs: y,
    initializers: [
      { name: 'two', type: 'int64', dims: [1], data: [2], field: 'typed' },
      { name: 'w', dims: [3, 4], data: Array.from({ length: 12 }, (_, i) => i / 10) },
    ],
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['s'] },
      { op: 'Concat', inputs: ['s', 'two'], outputs: ['t'], attributes: { axis: 0 } },
      {
        op: 'ConstantOfShape',
        inputs: ['t'],
        outputs: ['u'],
        attributes: { value: { tensor: { dims: [1], data: [2] } } },
      },
      { op: 'ReduceSum', inputs: ['u', 'two'], outputs: ['v'] },
      { op: 'Gemm', inputs: ['x', 'w'], outputs: ['g'], attributes: { alpha: { float: 0.5 } } },
      { op: 'Expand', inputs: ['g', 'e'], outputs: ['h'] },
      { op: 'Constant', outputs: ['e'], attributes: { value_ints: [2, 2, 4] } },
      { op: 'Resize', inputs: ['h', '', '', 'sizes'], outputs: ['r'], attributes: { mode: 'linear' } },
      { op: 'Constant', outputs: ['sizes'], attributes: { value_ints: [2, 3, 5] } },
      { op: 'Pad', inputs: ['r', 'pads'], outputs: ['y'], attributes: { mode: 'reflect' } },
      { op: 'Constant', outputs: ['pads'], attributes: { value_ints: [0, 1, 1, 0, 0, 2] } },
    ],
  },
  // A convolution, pooling and normalisation.
  {
    inputs: [{ name: 'x', shape: [1, 2, 6, 6] }],
    outputs: y,
    initializers: [
      { name: 'w', dims: [4, 1, 3, 3], data: Array.from({ length: 36 }, (_, i) => i / 36) },
      ...['scale', 'bias', 'mean', 'variance'].map(name => ({ name, dims: [4], data: [1, 2, 3, 4] })),
    ],
    nodes: [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'], attributes: { group: 2, pads: [1, 1, 1, 1], strides: [1, 1] } },
      { op: 'BatchNormalization', inputs: ['c', 'scale', 'bias', 'mean', 'variance'], outputs: ['b'] },
      {
        op: 'MaxPool',
        inputs: ['b'],
        outputs: ['p', 'i'],
        attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 },
      },
      {
        op: 'AveragePool',
        inputs: ['p'],
        outputs: ['a'],
        attributes: { kernel_shape: [2, 2], auto_pad: 'SAME_UPPER' },
      },
      { op: 'Flatten', inputs: ['a'], outputs: ['f'] },
      { op: 'Softmax', inputs: ['f'], outputs: ['y'], attributes: { axis: -1 } },
    ],
  },
  // A function with an attribute, and quantised values.
  {
    inputs: [x],
    outputs: y,
    initializers: [
      { name: 's', data: [0.1] },
      { name: 'z', type: 'uint8', data: [3], field: 'typed' },
    ],
    functions: [
      {
        name: 'Twice',
        domain: 'local',
        inputs: ['a'],
        outputs: ['b'],
        attributes: ['axis'],
        nodes: [
          { op: 'CumSum', inputs: ['a', 'k'], outputs: ['c'] },
          { op: 'Constant', outputs: ['k'], attributes: { value_int: { reference: 'axis' } } },
          { op: 'Add', inputs: ['c', 'c'], outputs: ['b'] },
        ],
      },
    ],
    opsets: { local: 1 },
    nodes: [
      { op: 'Twice', domain: 'local', inputs: ['x'], outputs: ['t'], attributes: { axis: 1 } },
      { op: 'QuantizeLinear', inputs: ['t', 's', 'z'], outputs: ['q'] },
      { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['y'] },
    ],
  },
  // Recurrence, order and indices.
  {
    inputs: [{ name: 'x', shape: [3, 1, 2] }],
    outputs: ['y', 'v', 'o'],
    initializers: [
      { name: 'w', dims: [1, 6, 2], data: Array.from({ length: 12 }, (_, i) => i / 12) },
      { name: 'r', dims: [1, 6, 2], data: Array.from({ length: 12 }, (_, i) => -i / 12) },
      { name: 'k', type: 'int64', dims: [1], data: [2] },
    ],
    nodes: [
      { op: 'GRU', inputs: ['x', 'w', 'r'], outputs: ['y', ''], attributes: { hidden_size: 2, direction: 'reverse' } },
      { op: 'TopK', inputs: ['x', 'k'], outputs: ['v', 'i'], attributes: { axis: 0 } },
      { op: 'OneHot', inputs: ['i', 'k', 'onoff'], outputs: ['o'] },
      { op: 'Constant', outputs: ['onoff'], attributes: { value_floats: { floats: [0, 1] } } },
    ],
  },
]
const a = rand([2, 3])
const seeds: readonly Uint8Array[] = [
  exported(
    a
      .matmul(rand([3, 4]))
      .add(rand([4]))
      .gelu()
      .softmax(-1)
      .sum(),
  ),
  exported(a.reshape([3, 2]).transpose().slice({ start: 0, end: 1 }).repeat([2, 2]).cumsum(1)),
  exported(a.gather(zeros([2], 'int32')).max(1)),
  ...byHand.map(buildModel),
]

const limits = { maxElements: 100_000, maxNodes: 2_000 } as const

/** Inputs as the model declares them; a size without a number is 2. */
const inputsOf = (model: OnnxModel): Record<string, Tensor> => {
  const inputs: Record<string, Tensor> = {}
  for (const { name, dtype, shape, optional } of model.graph.inputs) {
    const sizes = (shape ?? []).map(n => (typeof n === 'number' && n >= 0 && n < 100 ? n : 2))
    const type: DType = dtype ?? 'float32'
    if (optional || sizeOf(sizes) > limits.maxElements) continue
    inputs[name] = fromArray(convert(new Array<number>(sizeOf(sizes)).fill(1), type), sizes, type)
  }
  return inputs
}

type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number }
  | {
      readonly kind: 'splice'
      readonly at: number
      readonly from: number
      readonly length: number
      readonly seed: number
    }
  | { readonly kind: 'grow'; readonly at: number }

/** Anywhere in the file alike: numbers near 0 would only ever meet its first bytes. */
const place = fc.noBias(fc.nat())
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('flip' as const), at: place, value: fc.integer({ min: 0, max: 255 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('splice' as const),
      at: place,
      from: place,
      length: fc.nat(60),
      seed: place,
    }),
  },
  // A byte that may be a length or a size becomes a large number.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('grow' as const), at: place }) },
)
const mutate = (bytes: Uint8Array, m: Mutation): Uint8Array => {
  const at = m.at % Math.max(bytes.length, 1)
  switch (m.kind) {
    case 'flip':
      return bytes.length === 0 ? bytes : bytes.with(at, m.value)
    case 'cut':
      return bytes.slice(0, at)
    case 'splice': {
      const donor = seeds[m.seed % seeds.length]!
      const from = m.from % donor.length
      return Uint8Array.from([...bytes.slice(0, at), ...donor.slice(from, from + m.length), ...bytes.slice(at)])
    }
    case 'grow':
      return Uint8Array.from([...bytes.slice(0, at), 0xff, 0xff, 0xff, 0xff, 0x0f, ...bytes.slice(at + 1)])
  }
}

/** Reads, builds and computes a model; what goes wrong must be an error that says so. */
const survive = async (bytes: Uint8Array, given?: Record<string, Tensor>): Promise<'read' | 'built' | 'refused'> => {
  let reached: 'read' | 'built' | 'refused' = 'refused'
  try {
    const model = importOnnx(bytes, limits)
    reached = 'read'
    const outputs = Object.values(model.run(given ?? inputsOf(model)))
    reached = 'built'
    await evaluate(...outputs)
  } catch (error) {
    if (!(error instanceof GradusError)) throw error
  }
  return reached
}

describe('a damaged or hostile model', () => {
  test('whole models are read, built and computed', async () => {
    setEngine('reference')
    for (const seed of seeds) {
      const model = importOnnx(seed, limits)
      await evaluate(...Object.values(model.run(inputsOf(model))))
    }
  })
  test('10,000 mutants neither hang nor crash, and fail only with errors of Gradus', async () => {
    setEngine('reference')
    const reached = { read: 0, built: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.nat(seeds.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 2 }),
        async (seed, changes) => {
          reached[await survive(changes.reduce(mutate, seeds[seed]!))]++
        },
      ),
      { numRuns: 10_000 },
    )
    // Most break the framing of the file, but some get far.
    expect(reached.built).toBeGreaterThan(300)
    expect(reached.refused).toBeGreaterThan(500)
  })
  test('an operator with a changed input or attribute is built, or refused by an error of Gradus', async () => {
    setEngine('reference')
    const reached = { read: 0, built: 0, refused: 0 }
    const number = fc.constantFrom(0, 1, -1, 2, 3, 7, 1e6, -5, 2 ** 40)
    const attribute: fc.Arbitrary<AttributeDef> = fc.oneof(
      number,
      fc.array(number, { maxLength: 6 }),
      fc.record({ float: fc.constantFrom(0, 0.5, -1, 1e30, Number.NaN, Number.POSITIVE_INFINITY) }),
      fc.record({ floats: fc.array(fc.constantFrom(0, 0.5, -2), { maxLength: 4 }) }),
      fc.constantFrom('linear', 'reflect', 'max', 'ij,jk->ik', 'SAME_LOWER', 'bidirectional', 'add', ''),
    )
    const dtypes = fc.constantFrom<DType>('float32', 'float64', 'float16', 'int64', 'int32', 'uint8', 'int8', 'bool')
    const change = fc.record({
      which: place,
      at: place,
      shape: fc.option(fc.array(fc.nat(4), { maxLength: 5 }), { freq: 2 }),
      type: fc.option(dtypes, { freq: 5 }),
      value: fc.option(fc.constantFrom(0, -1, 100, 0.5, 1e9, Number.NaN), { freq: 2 }),
      attribute: fc.option(attribute, { freq: 2 }),
      missing: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ which, at, shape, type, value, attribute, missing }) => {
        const c = cases[which % cases.length]!
        const names = Object.keys(c.attributes ?? {})
        const name = attribute && names.length > 0 ? names[at % names.length] : undefined
        const inputs = c.inputs.map((input, i): Input | null => {
          if (!input || i !== at % c.inputs.length || name !== undefined) return input
          if (missing && shape === null) return null
          const changed = { ...input, shape: shape ?? input.shape, type: type ?? input.type ?? 'float32' }
          const size = sizeOf(changed.shape)
          return value !== null || size !== valuesFor(input, i).length
            ? { ...changed, values: new Array<number>(size).fill(value ?? 1) }
            : changed
        })
        const model = modelOf({
          ...c,
          inputs,
          attributes: { ...c.attributes, ...(name !== undefined && { [name]: attribute! }) },
        })
        const given = Object.fromEntries(
          inputs.flatMap((v, i) =>
            v
              ? [[`x${i}`, fromArray(convert(valuesFor(v, i), v.type ?? 'float32'), v.shape, v.type ?? 'float32')]]
              : [],
          ),
        )
        reached[await survive(buildModel(model), given)]++
      }),
      { numRuns: 5_000 },
    )
    expect(reached.built).toBeGreaterThan(1000)
  })
})
