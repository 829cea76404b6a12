import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  compile,
  fromArray,
  grad,
  ones,
  setEngine,
  setSeed,
  type Tensor,
  tensor,
  vmap,
  zeros,
} from '../../src/index.ts'
import { importOnnx, importOnnxFile, type OnnxModel } from '../../src/io/index.ts'
import { Module, Parameter, StateBuffer } from '../../src/nn/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { buildModel, type GraphDef, type ModelDef, type NodeDef } from './onnx-models.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-onnx-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => setEngine('reference'))

const load = (model: ModelDef): OnnxModel => importOnnx(buildModel(model))
/** A model of one node on float32 inputs. */
const node = (
  op: string,
  inputs: readonly string[],
  attributes: NodeDef['attributes'] = {},
  more: ModelDef = {},
): OnnxModel => load({ inputs, outputs: ['y'], nodes: [{ op, inputs, outputs: ['y'], attributes }], ...more })
const values = async (x: Tensor | undefined): Promise<unknown> => x!.toArray()

const mlp: ModelDef = {
  name: 'mlp',
  inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['batch', 1] }],
  initializers: [
    { name: 'hidden.weight', dims: [3, 2], data: [0.5, -0.2, 0.1, 0.4, -0.3, 0.6] },
    { name: 'hidden.bias', dims: [3], data: [0.1, 0, -0.1] },
    { name: 'out.weight', dims: [3, 1], data: [1, -1, 0.5], field: 'typed' },
    { name: 'scale', dims: [], data: [2] },
    { name: 'shape', type: 'int64', dims: [2], data: [-1, 1] },
  ],
  nodes: [
    {
      op: 'Gemm',
      name: 'hidden',
      inputs: ['x', 'hidden.weight', 'hidden.bias'],
      outputs: ['h'],
      attributes: { transB: 1 },
    },
    { op: 'Tanh', inputs: ['h'], outputs: ['a'] },
    { op: 'MatMul', inputs: ['a', 'out.weight'], outputs: ['o'] },
    { op: 'Mul', inputs: ['o', 'scale'], outputs: ['s'] },
    { op: 'Reshape', inputs: ['s', 'shape'], outputs: ['y'] },
  ],
}

describe('an imported model', () => {
  test('says what it is made of', () => {
    const { graph } = load(mlp)
    expect(graph.name).toBe('mlp')
    expect(graph.producer).toBe('test')
    expect(graph.opsets).toEqual({ '': 21 })
    expect(graph.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 2], optional: false }])
    expect(graph.outputs).toEqual([{ name: 'y', dtype: 'float32', shape: ['batch', 1], optional: false }])
    expect(graph.nodes.map(n => n.operator)).toEqual(['Gemm', 'Tanh', 'MatMul', 'Mul', 'Reshape'])
    expect(graph.nodes[0]).toEqual({
      name: 'hidden',
      operator: 'Gemm',
      domain: '',
      inputs: ['x', 'hidden.weight', 'hidden.bias'],
      outputs: ['h'],
      attributes: { transB: 1 },
    })
  })
  test('has its float weights as parameters, named as in the file, and keeps scalars and shapes', () => {
    const model = load(mlp)
    expect([...model.namedParameters()].map(([name, p]) => [name, p.shape])).toEqual([
      ['hidden.weight', [3, 2]],
      ['hidden.bias', [3]],
      ['out.weight', [3, 1]],
    ])
    expect(model.parameterCount()).toBe(12)
    expect(model.parameters().every(p => p instanceof Parameter)).toBe(true)
  })
  test('computes what the file says, by name and by position, on both engines', async () => {
    const model = load(mlp)
    const x = tensor([[1, 2]])
    const expected = 2 * (Math.tanh(0.2) - Math.tanh(0.9) + 0.5 * Math.tanh(0.8))
    for (const engine of ['reference', 'native']) {
      setEngine(engine)
      for (const y of [model.run({ x }).y!, model.run([x]).y!]) expect((await y.data())[0]).toBeCloseTo(expected, 6)
    }
  })
  test('is differentiated by its inputs and trained by its parameters', async () => {
    const model = load(mlp)
    const slope = grad((x: Tensor) => model.run([x]).y!.sum())(tensor([[1, 2]]))
    const step = 1e-3
    const at = async (a: number, b: number): Promise<number> =>
      Number((await model.run([tensor([[a, b]])]).y!.data())[0])
    const [da, db] = await slope.data()
    expect(da).toBeCloseTo(((await at(1 + step, 2)) - (await at(1 - step, 2))) / (2 * step), 3)
    expect(db).toBeCloseTo(((await at(1, 2 + step)) - (await at(1, 2 - step))) / (2 * step), 3)
    const optimizer = adamw(model, { learningRate: 0.05 })
    const loss = (): Tensor =>
      model
        .run([tensor([[1, 2]])])
        .y!.sub(3)
        .square()
        .sum()
    const before = Number(await loss().item())
    for (let k = 0; k < 30; k++) await optimizer.minimize(loss() as never)
    expect(Number(await loss().item())).toBeLessThan(before / 10)
  })
  test('is compiled, and mapped over a batch', async () => {
    const model = load({ ...mlp, inputs: [{ name: 'x', shape: [1, 2] }] })
    const batch = tensor([[[1, 2]], [[0, 1]], [[3, -1]]])
    const fast = compile((x: Tensor) => vmap((one: Tensor) => model.run([one]).y!)(x))
    const rows = await Promise.all(
      [
        [1, 2],
        [0, 1],
        [3, -1],
      ].map(async r => (await model.run([tensor([r])]).y!.data())[0]),
    )
    const all = await (await fast(batch)).data()
    for (const [i, v] of rows.entries()) expect(all[i]).toBeCloseTo(Number(v), 6)
  })
  test('saves and loads its state as any module does, also inside another one', async () => {
    const [a, b] = [load(mlp), load(mlp)]
    a.parameters()[0]!.set({ dtype: 'float32', array: new Float32Array(6).fill(1) })
    b.loadState(
      new Map(
        [...a.state()].map(([name, s]) => [
          name,
          { dtype: s.dtype, shape: s.shape, data: s.buffer.array as Float32Array },
        ]),
      ),
    )
    const x = tensor([[1, 2]])
    expect(await values(b.run([x]).y)).toEqual(await values(a.run([x]).y))
    class Wrapper extends Module {
      readonly inner = a
    }
    expect(new Wrapper().parameterCount()).toBe(12)
  })
  test('keeps statistics as state, and moves them where the file trains', async () => {
    const names = ['scale', 'bias', 'mean', 'variance']
    const model = load({
      inputs: ['x'],
      outputs: ['y', 'm', 'v'],
      initializers: names.map(name => ({ name, dims: [2], data: [1, 2] })),
      nodes: [
        {
          op: 'BatchNormalization',
          inputs: ['x', ...names],
          outputs: ['y', 'm', 'v'],
          attributes: { training_mode: 1, momentum: { float: 0.5 } },
        },
      ],
    })
    expect([...model.namedParameters().keys()]).toEqual(['scale', 'bias'])
    expect([...model.state()].filter(([, s]) => s instanceof StateBuffer).map(([name]) => name)).toEqual([
      'mean',
      'variance',
    ])
    const { m, v } = model.run([
      tensor([
        [1, 2],
        [3, 6],
      ]),
    ])
    expect(await values(m)).toEqual([1.5, 3])
    expect(await values(v)).toEqual([1, 3])
  })
  test('does not train masks', () => {
    const model = load({
      inputs: ['x'],
      outputs: ['y'],
      initializers: [{ name: 'mask', dims: [2], data: [0, Number.NEGATIVE_INFINITY] }],
      nodes: [{ op: 'Add', inputs: ['x', 'mask'], outputs: ['y'] }],
    })
    expect(model.parameters()).toEqual([])
  })
  test('takes any size where the file says −1', () => {
    const model = load({ inputs: [{ name: 'x', shape: [-1, 2] }], outputs: ['x'] })
    expect(model.graph.inputs[0]!.shape).toEqual([null, 2])
    expect(model.run([zeros([5, 2])]).x!.shape).toEqual([5, 2])
  })
  test('takes weights that are listed among its inputs from the file, or from the caller', async () => {
    const model = load({
      inputs: ['x', { name: 'w', shape: [2] }],
      outputs: ['y'],
      initializers: [{ name: 'w', dims: [2], data: [3, 4] }],
      nodes: [{ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }],
    })
    expect(model.graph.inputs.map(v => v.optional)).toEqual([false, true])
    expect(await values(model.run([ones([2])]).y)).toEqual([3, 4])
    expect(await values(model.run({ x: ones([2]), w: tensor([5, 6]) }).y)).toEqual([5, 6])
  })
  test('lists nodes in any order, and leaves out those that nothing needs', async () => {
    const model = load({
      inputs: ['x'],
      outputs: ['y'],
      nodes: [
        { op: 'Neg', inputs: ['a'], outputs: ['y'] },
        { op: 'Abs', inputs: ['x'], outputs: ['a'] },
        { op: 'NoSuchOperator', inputs: ['x'], outputs: ['unused'] },
      ],
    })
    expect(model.graph.nodes.map(n => n.operator)).toEqual(['Abs', 'Neg'])
    expect(await values(model.run([tensor([-2])]).y)).toEqual([-2])
  })
  test('reads elements of every dtype from raw bytes and from typed fields', async () => {
    const types = [
      'float32',
      'float64',
      'int8',
      'int16',
      'int32',
      'int64',
      'uint8',
      'uint16',
      'uint32',
      'uint64',
    ] as const
    for (const type of types) {
      for (const field of ['raw', 'typed'] as const) {
        const model = load({ outputs: ['y'], initializers: [{ name: 'y', type, dims: [3], data: [0, 1, 100], field }] })
        const { y } = model.run({})
        expect([y!.dtype, Array.from(await y!.data(), Number)]).toEqual([type, [0, 1, 100]])
      }
    }
    const half = load({ outputs: ['y'], initializers: [{ name: 'y', type: 'float16', dims: [2], data: [1.5, -2] }] })
    expect(await values(half.run({}).y)).toEqual([1.5, -2])
    const truth = load({
      outputs: ['y'],
      initializers: [{ name: 'y', type: 'bool', dims: [2], data: [1, 0], field: 'typed' }],
    })
    expect(await values(truth.run({}).y)).toEqual([true, false])
  })
  test('reads data beside the file', async () => {
    const array = Float32Array.from([9, 1, 2, 3])
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(array.buffer))
    const model = {
      outputs: ['y'],
      initializers: [{ name: 'y', dims: [3], external: { location: 'weights.bin', offset: '4', length: '12' } }],
    }
    writeFileSync(join(folder, 'model.onnx'), buildModel(model))
    const fromFile = await importOnnxFile(join(folder, 'model.onnx'))
    expect(await values(fromFile.run({}).y)).toEqual([1, 2, 3])
    expect(await values(importOnnx(buildModel(model), { folder }).run({}).y)).toEqual([1, 2, 3])
  })
})

describe('values that shape the graph', () => {
  const shaped: ModelDef = {
    inputs: [{ name: 'x', shape: ['n', 2] }],
    outputs: ['y'],
    initializers: [{ name: 'one', type: 'int64', dims: [1], data: [1] }],
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['s'], attributes: { end: 1 } },
      { op: 'Concat', inputs: ['one', 's', 'two'], outputs: ['t'], attributes: { axis: 0 } },
      { op: 'Add', inputs: ['one', 'one'], outputs: ['two'] },
      { op: 'Reshape', inputs: ['x', 't'], outputs: ['y'] },
    ],
  }
  test('follow from shapes, in compiled functions too', async () => {
    const model = load(shaped)
    expect(model.run([zeros([3, 2])]).y!.shape).toEqual([1, 3, 2])
    expect((await compile((x: Tensor) => model.run([x]).y!)(zeros([5, 2]))).shape).toEqual([1, 5, 2])
  })
  test('follow from inputs that hold values, also through operations on them', async () => {
    const model = node('NonZero', ['x'])
    expect(await values(model.run([tensor([0, 2, 3]).sub(2)]).y)).toEqual([[0n, 2n]])
  })
  test('choose a branch, which sees values around it', async () => {
    const branch = (op: string): GraphDef => ({ nodes: [{ op, inputs: ['x'], outputs: ['z'] }], outputs: ['z'] })
    const model = load({
      inputs: ['x', { name: 'c', type: 'bool', shape: [] }],
      outputs: ['y'],
      nodes: [
        {
          op: 'If',
          inputs: ['c'],
          outputs: ['y'],
          attributes: { then_branch: { graph: branch('Neg') }, else_branch: { graph: branch('Exp') } },
        },
      ],
    })
    expect(await values(model.run({ x: tensor([2]), c: tensor(true) }).y)).toEqual([-2])
    expect(await values(model.run({ x: tensor([0]), c: tensor(false) }).y)).toEqual([1])
  })
  const loop = (most: string, nodes: readonly NodeDef[], condition = 'go'): ModelDef => ({
    inputs: ['x'],
    outputs: ['y', 'all'],
    initializers: [
      { name: 'n', type: 'int64', data: [4] },
      { name: 'limit', data: [20] },
    ],
    nodes: [
      {
        op: 'Loop',
        inputs: [most, '', 'x'],
        outputs: ['y', 'all'],
        attributes: {
          body: {
            graph: {
              inputs: ['i', 'go', 's'],
              nodes: [...nodes, { op: 'Add', inputs: ['s', 's'], outputs: ['t'] }],
              outputs: [condition, 't', 's'],
            },
          },
        },
      },
    ],
  })
  test('count the rounds of a loop, and stop it', async () => {
    const counted = load(loop('n', []))
    const { y, all } = counted.run([tensor(1)])
    expect([await y!.item(), await values(all)]).toEqual([16, [1, 2, 4, 8]])
    const stopped = load(loop('', [{ op: 'Less', inputs: ['s', 'limit'], outputs: ['on'] }], 'on'))
    expect(await stopped.run([tensor(3)]).y!.item()).toBe(48)
  })
  test('a loop of no rounds gives its state and an empty list', async () => {
    const none = load({ ...loop('n', []), initializers: [{ name: 'n', type: 'int64', data: [0] }] })
    const { y, all } = none.run([tensor(7)])
    expect([await y!.item(), all!.shape]).toEqual([7, [0]])
  })
  test('a loop is differentiated through its rounds', async () => {
    const model = load(loop('n', []))
    expect(await values(grad((x: Tensor) => model.run([x]).y!)(tensor(1)))).toBe(16)
  })
  test('a scan goes over any axis in either direction', async () => {
    const body: GraphDef = {
      inputs: ['s', 'x'],
      nodes: [
        { op: 'Add', inputs: ['s', 'x'], outputs: ['t'] },
        { op: 'Identity', inputs: ['t'], outputs: ['u'] },
      ],
      outputs: ['t', 'u'],
    }
    const model = load({
      inputs: ['a', 'x'],
      outputs: ['y', 'all'],
      nodes: [
        {
          op: 'Scan',
          inputs: ['a', 'x'],
          outputs: ['y', 'all'],
          attributes: {
            body: { graph: body },
            num_scan_inputs: 1,
            scan_input_axes: [1],
            scan_input_directions: [1],
            scan_output_axes: [1],
          },
        },
      ],
    })
    const { y, all } = model.run([
      zeros([2]),
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ])
    expect([await values(y), await values(all)]).toEqual([
      [6, 15],
      [
        [3, 5, 6],
        [6, 11, 15],
      ],
    ])
  })
  test('a scan of opset 8 goes over every example of a batch', async () => {
    const body: GraphDef = {
      inputs: ['s', 'x'],
      nodes: [{ op: 'Add', inputs: ['s', 'x'], outputs: ['t'] }],
      outputs: ['t', 't'],
    }
    const model = load({
      opset: 8,
      inputs: ['a', 'x'],
      outputs: ['y', 'all'],
      nodes: [
        {
          op: 'Scan',
          inputs: ['', 'a', 'x'],
          outputs: ['y', 'all'],
          attributes: { body: { graph: body }, num_scan_inputs: 1 },
        },
      ],
    })
    const { y, all } = model.run([
      zeros([2, 1]),
      tensor([
        [[1], [2]],
        [[3], [4]],
      ]),
    ])
    expect([await values(y), await values(all)]).toEqual([
      [[3], [7]],
      [
        [[1], [3]],
        [[3], [7]],
      ],
    ])
  })
})

describe('functions of a file', () => {
  const twice: ModelDef = {
    inputs: ['x'],
    outputs: ['y'],
    opsets: { local: 1 },
    functions: [
      {
        name: 'Scaled',
        domain: 'local',
        inputs: ['a', 'b'],
        outputs: ['c'],
        attributes: ['slope'],
        defaults: { other: { float: 0.5 } },
        nodes: [
          { op: 'LeakyRelu', inputs: ['a'], outputs: ['d'], attributes: { alpha: { reference: 'slope' } } },
          { op: 'Elu', inputs: ['d'], outputs: ['c'], attributes: { alpha: { reference: 'other' } } },
        ],
      },
    ],
    nodes: [{ op: 'Scaled', domain: 'local', inputs: ['x'], outputs: ['y'], attributes: { slope: { float: 2 } } }],
  }
  test('are expanded where they are called, with the attributes of the call and their own', async () => {
    const [y] = (await load(twice)
      .run([tensor([-1])])
      .y!.data()) as Float32Array
    expect(y).toBeCloseTo(0.5 * Math.expm1(-2), 6)
  })
})

describe('operators of older opsets and rarer options', () => {
  test('broadcasting from an axis', async () => {
    const y = node('Add', ['x', 'b'], { broadcast: 1, axis: 0 }, { opset: 6 }).run([zeros([2, 3]), tensor([1, 2])]).y
    expect(await values(y)).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ])
  })
  test('padding that wraps round more than once', async () => {
    const model = node(
      'Pad',
      ['x', 'p'],
      { mode: 'wrap' },
      { initializers: [{ name: 'p', type: 'int64', dims: [2], data: [5, 4] }], inputs: ['x'] },
    )
    expect(await values(model.run([tensor([1, 2, 3])]).y)).toEqual([2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1])
  })
  test('a recurrent layer with the batch first', async () => {
    const run = (layout: number) =>
      load({
        inputs: ['x'],
        outputs: ['y', 'h'],
        initializers: [
          { name: 'w', dims: [1, 2, 3], data: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] },
          { name: 'r', dims: [1, 2, 2], data: [0.5, -0.5, 0.2, 0.1] },
        ],
        nodes: [{ op: 'RNN', inputs: ['x', 'w', 'r'], outputs: ['y', 'h'], attributes: { hidden_size: 2, layout } }],
      })
    const x = fromArray(
      Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
      [4, 2, 3],
      'float32',
    )
    const time = run(0).run([x])
    const batch = run(1).run([x.transpose([1, 0, 2])])
    expect(await values(batch.y)).toEqual(await values(time.y!.transpose([2, 0, 1, 3])))
    expect(await values(batch.h)).toEqual(await values(time.h!.transpose([1, 0, 2])))
  })
  test('dropout drops only where the file trains', async () => {
    const train = { name: 't', type: 'bool' as const, data: [1] }
    const ratio = { name: 'r', data: [0.5] }
    const model = (initializers: ModelDef['initializers']) =>
      load({
        inputs: ['x'],
        outputs: ['y', 'm'],
        initializers: initializers!,
        nodes: [{ op: 'Dropout', inputs: ['x', 'r', ...(initializers!.length > 1 ? ['t'] : [])], outputs: ['y', 'm'] }],
      })
    setSeed(3)
    const still = model([ratio]).run([ones([4])])
    expect([await values(still.y), await values(still.m)]).toEqual([
      [1, 1, 1, 1],
      [true, true, true, true],
    ])
    const { y, m } = model([ratio, train]).run([ones([64])])
    const kept = (await m!.toArray()) as boolean[]
    expect(kept.filter(Boolean).length).toBeGreaterThan(16)
    expect(kept.filter(Boolean).length).toBeLessThan(48)
    expect(await values(y)).toEqual(kept.map(k => (k ? 2 : 0)))
  })
  test('random numbers come from the seed in the file, or from the default generator', async () => {
    const seeded = node('RandomNormal', [], { shape: [4], seed: { float: 7 }, mean: { float: 100 } })
    const a = (await seeded.run({}).y!.toArray()) as number[]
    expect(await values(seeded.run({}).y)).toEqual(a)
    expect(a.every(v => Math.abs(v - 100) < 6)).toBe(true)
    const free = node('RandomUniform', [], { shape: [4], low: { float: 2 }, high: { float: 3 } })
    setSeed(1)
    const b = (await free.run({}).y!.toArray()) as number[]
    expect(b.every(v => v >= 2 && v < 3)).toBe(true)
    expect(await values(free.run({}).y)).not.toEqual(b)
  })
  test('classes are drawn by their probabilities', async () => {
    const model = node('Multinomial', ['x'], { sample_size: 200, dtype: 7 })
    const [row] = (await model.run([tensor([[Math.log(0.9), Math.log(0.1), -1e9]])]).y!.toArray()) as bigint[][]
    const counts = [0n, 1n, 2n].map(c => row!.filter(v => v === c).length)
    expect(counts[2]).toBe(0)
    expect(counts[0]).toBeGreaterThan(150)
  })
  test('bits are read as another dtype, of inputs and of what is computed', async () => {
    const cast = (to: number, inputs: ModelDef['inputs'], more: readonly NodeDef[] = []) =>
      load({
        opset: 26,
        inputs: inputs!,
        outputs: ['y'],
        nodes: [...more, { op: 'BitCast', inputs: [more.length > 0 ? 'z' : 'x'], outputs: ['y'], attributes: { to } }],
      })
    const x = { name: 'x', type: 'float32' as const, shape: [2] }
    for (const engine of ['reference', 'native']) {
      setEngine(engine)
      expect(await values(cast(6, [x]).run([tensor([1, -2])]).y)).toEqual([0x3f800000, -0x40000000])
      const computed = cast(6, [x], [{ op: 'Neg', inputs: ['x'], outputs: ['z'] }])
      expect(await values(computed.run([tensor([1, -2])]).y)).toEqual([0x3f800000 - 2 ** 31, 0x40000000])
    }
    const wide = cast(7, [{ name: 'x', type: 'float64', shape: [1] }])
    expect(await values(wide.run([tensor(Float64Array.of(Math.PI))]).y)).toEqual([0x400921fb54442d18n])
  })
  test('a linear recurrence carries its state from call to call', async () => {
    const model = load({
      opset: 27,
      inputs: ['q', 'k', 'v', 'g', 'b', 's'],
      outputs: ['y', 'p'],
      nodes: [
        {
          op: 'LinearAttention',
          inputs: ['q', 'k', 'v', 's', 'g', 'b'],
          outputs: ['y', 'p'],
          attributes: { q_num_heads: 2, kv_num_heads: 1 },
        },
      ],
    })
    const r = (seed: number, ...shape: number[]): Tensor =>
      fromArray(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + i) / 2),
        shape,
        'float32',
      )
    const [q, k, v, g, b] = [r(1, 1, 6, 8), r(2, 1, 6, 4), r(3, 1, 6, 3), r(4, 1, 6, 1), r(5, 1, 6, 1)] as const
    const s = zeros([1, 1, 4, 3])
    const whole = model.run({ q, k, v, g, b, s })
    const part = (t: Tensor, from: number, to: number): Tensor => t.slice(null, { start: from, end: to })
    const first = model.run({
      q: part(q, 0, 4),
      k: part(k, 0, 4),
      v: part(v, 0, 4),
      g: part(g, 0, 4),
      b: part(b, 0, 4),
      s,
    })
    const second = model.run({
      q: part(q, 4, 6),
      k: part(k, 4, 6),
      v: part(v, 4, 6),
      g: part(g, 4, 6),
      b: part(b, 4, 6),
      s: first.p!,
    })
    const near = async (a: Tensor, c: Tensor): Promise<void> => {
      const [x, y] = [await a.data(), await c.data()]
      for (const [i, n] of x.entries()) expect(n as number).toBeCloseTo(Number(y[i]), 5)
    }
    await near(second.p!, whole.p!)
    await near(second.y!, part(whole.y!, 4, 6))
  })
})
