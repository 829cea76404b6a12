import { enginesUnderTest } from '../engines.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, evaluate, ModelError, setEngine, type Shape, type Tensor, tensor } from '../../src/index.ts'
import {
  constantInit,
  type Linear,
  linear,
  Module,
  mse,
  Parameter,
  StateBuffer,
  type StateEntry,
} from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { expectError } from '../optim/expect.ts'
import { normal, saved } from './check-module.ts'

type Floats = Tensor<Shape, 'float32'>
const constant = <const S extends Shape>(shape: S, value: number): Parameter<S> =>
  new Parameter(shape, constantInit(value))
const entry = (shape: Shape, value: number, dtype = 'float32'): StateEntry => {
  const size = shape.reduce((a, b) => a * b, 1)
  return { dtype, shape, data: (dtype === 'float64' ? new Float64Array(size) : new Float32Array(size)).fill(value) }
}

class Block extends Module {
  readonly scale = constant([2], 1)
  readonly proj = linear(2, 2)
}
/** All that a field may hold. */
class Model extends Module {
  readonly wte = constant([4, 2], 0)
  readonly h = [new Block(), new Block()]
  readonly extra = [constant([1], 5), constant([3], 6)]
  readonly steps = new StateBuffer([], { dtype: 'int32', array: Int32Array.of(9) })
  private readonly hidden = constant([2, 1], 7)
  readonly nothing = null
  readonly name = 'model'
  forward(): Parameter {
    return this.hidden
  }
}

describe('a module', () => {
  test('finds its state in its fields, lists and modules, by paths as PyTorch has them', () => {
    const model = new Model()
    expect([...model.state().keys()]).toEqual([
      'wte',
      'h.0.scale',
      'h.0.proj.weight',
      'h.0.proj.bias',
      'h.1.scale',
      'h.1.proj.weight',
      'h.1.proj.bias',
      'extra.0',
      'extra.1',
      'steps',
      'hidden',
    ])
    expect([...model.namedParameters().keys()]).not.toContain('steps')
    expect(model.parameters().length).toBe(10)
    expect(model.parameterCount()).toBe(8 + 2 * (2 + 4 + 2) + 1 + 3 + 2)
    expect(model.modules().map(m => m.constructor.name)).toEqual(['Model', 'Block', 'Linear', 'Block', 'Linear'])
  })

  test('finds what a plain object holds, and does not follow a reference back', () => {
    class Branch extends Module {
      readonly gate = linear(2, 1)
      parent: Module | null = null
    }
    class Tree extends Module {
      readonly parts = { left: new Branch(), right: new Branch() }
    }
    const tree = new Tree()
    tree.parts.left.parent = tree
    expect([...tree.state().keys()]).toEqual([
      'parts.left.gate.weight',
      'parts.left.gate.bias',
      'parts.right.gate.weight',
      'parts.right.gate.bias',
    ])
  })

  test('has a parameter that two of its parts share once, under its first path', async () => {
    class Tied extends Module {
      readonly a: Linear
      readonly b: Linear
      constructor() {
        super()
        this.a = linear(2, 2, { bias: false })
        this.b = linear(2, 2, { bias: false })
        Object.assign(this.b, { weight: this.a.weight })
      }
    }
    const tied = new Tied()
    expect([...tied.state().keys()]).toEqual(['a.weight'])
    const before = saved(tied)
    await sgd(tied, { learningRate: 1 }).minimize(tied.b.forward(normal([1, 2])).sum() as never)
    expect(saved(tied)).not.toEqual(before)
    expect(tied.a.weight.buffer).toBe(tied.b.weight.buffer)
  })

  test('can be frozen and let go, as a whole or in part', () => {
    const model = new Model()
    model.h[0]!.freeze()
    const trainable = (): string[] => [...model.namedParameters()].filter(([, p]) => p.trainable).map(([path]) => path)
    expect(trainable()).not.toContain('h.0.scale')
    expect(trainable().length).toBe(7)
    expect(model.freeze()).toBe(model)
    expect(trainable()).toEqual([])
    model.freeze(false)
    expect(trainable().length).toBe(10)
  })

  test('gives a parameter’s value as a tensor that is live until it is computed with', async () => {
    const p = constant([2], 1)
    const [held, sum] = [p.value, p.value.sum()]
    p.value = tensor([3, 4])
    expect(await p.value.toArray()).toEqual([3, 4])
    expect(await held.toArray()).toEqual([3, 4])
    expect(await sum.item()).toBe(7)
  })
})

describe('loadState', () => {
  const entries = (): Map<string, StateEntry> => {
    const model = new Model()
    for (const slot of model.state().values()) slot.buffer.array.fill(3 as never)
    return saved(model)
  }

  test('replaces every parameter and state buffer, and keeps no hold of what it was given', async () => {
    const model = new Model()
    const given = entries()
    model.loadState(given)
    expect(saved(model)).toEqual(given)
    ;(given.get('wte')!.data as Float32Array).fill(100)
    expect(await model.wte.value.sum().item()).toBe(24)
  })

  test('is seen by an optimizer and by compiled functions made before', async () => {
    const layer = linear(2, 1, { bias: false })
    const optimizer = sgd(layer, { learningRate: 0.1 })
    const compiled = compile((x: Tensor<readonly [1, 2], 'float32'>) => layer.forward(x).sum())
    const x = tensor([[1, 2]])
    await compiled(x)
    layer.loadState(new Map([['weight', entry([1, 2], 10)]]))
    expect(await (await compiled(x)).item()).toBe(30)
    await optimizer.minimize(layer.forward(x).sum())
    expect([...layer.weight.buffer.array]).toEqual([Math.fround(9.9), Math.fround(9.8)])
  })

  test('drops a value that waits to be written', async () => {
    const layer = linear(1, 1, { bias: false })
    layer.weight.value = tensor([[5]])
    layer.loadState(new Map([['weight', entry([1, 1], 2)]]))
    await evaluate()
    expect(await layer.weight.value.item()).toBe(2)
  })

  test('takes names apart from the file’s by map, two to one where the file ties them', async () => {
    const model = new Block()
    const map = (name: string): string => `block.${name.replace('proj.bias', 'scale')}`
    model.loadState(
      new Map([
        ['block.scale', entry([2], 4)],
        ['block.proj.weight', entry([2, 2], 5)],
      ]),
      { map },
    )
    expect([...model.scale.buffer.array]).toEqual([4, 4])
    expect([...model.proj.bias!.buffer.array]).toEqual([4, 4])
    expect([...model.proj.weight.buffer.array]).toEqual([5, 5, 5, 5])
  })

  test('unless strict, leaves out what is too much and keeps what is missing', () => {
    const model = new Block()
    const before = saved(model)
    model.loadState(
      new Map([
        ['scale', entry([2], 4)],
        ['other', entry([9], 1)],
      ]),
      { strict: false },
    )
    expect(saved(model)).toEqual(new Map(before).set('scale', entry([2], 4)))
  })

  const refuses = async (
    given: Iterable<readonly [string, StateEntry]>,
    message: string,
    options?: Parameters<Module['loadState']>[1],
  ): Promise<void> => {
    const model = new Block()
    const before = saved(model)
    await expectError(() => model.loadState(new Map(given), options), ModelError, message)
    expect(saved(model)).toEqual(before)
  }
  const all = (): [string, StateEntry][] => [
    ['scale', entry([2], 1)],
    ['proj.weight', entry([2, 2], 1)],
    ['proj.bias', entry([2], 1)],
  ]

  test('names what is missing, and changes nothing', () =>
    refuses(
      all().slice(0, 1),
      'loadWeights: "model.safetensors" has no tensor for 2 of 3 parameters: proj.weight [2, 2], proj.bias [2]. Rename them with { map }, or pass { strict: false } to keep their initial values.',
      { from: 'model.safetensors' },
    ))

  test('names five of many that are missing, by the names that it looked for', () =>
    expectError(
      () => new Model().loadState(new Map(), { map: name => `m.${name}` }),
      ModelError,
      'loadWeights: "the given state" has no tensor for 11 of 11 parameters: m.wte [4, 2], m.h.0.scale [2], m.h.0.proj.weight [2, 2], m.h.0.proj.bias [2], m.h.1.scale [2] and 6 more. Rename them with { map }, or pass { strict: false } to keep their initial values.',
    ))

  test('names what is too much', async () => {
    await refuses(
      [...all(), ['lm_head.weight', entry([1], 0)]],
      'loadWeights: "the given state" has 1 tensor that the model does not: lm_head.weight. Pass { strict: false } to leave them out.',
    )
    await refuses(
      [...all(), ['a', entry([1], 0)], ['b', entry([1], 0)]],
      'loadWeights: "the given state" has 2 tensors that the model does not: a, b. Pass { strict: false } to leave them out.',
    )
  })

  test('refuses another shape, dtype or number of values, strict or not', async () => {
    for (const strict of [true, false]) {
      await refuses(
        [...all().slice(0, 2), ['proj.bias', entry([3], 1)]],
        'loadWeights: proj.bias is float32 [3] in "the given state" and float32 [2] in the model. Load it into a model of the same configuration.',
        { strict },
      )
      await refuses(
        [...all().slice(0, 2), ['proj.bias', entry([2], 1, 'float64')]],
        'loadWeights: proj.bias is float64 [2] in "the given state" and float32 [2] in the model. Load it into a model of the same configuration.',
        { strict },
      )
      await refuses(
        [...all().slice(0, 2), ['proj.bias', { ...entry([3], 1), shape: [2] }]],
        'loadWeights: proj.bias has 3 values in "the given state"; its shape [2] needs 2. Read the state again.',
        { strict },
      )
    }
  })
})

/** y = w (x − running mean of x), the mean updated while training. */
class Centred extends Module {
  readonly weight = constant([2], 1)
  readonly mean = new StateBuffer([2], { dtype: 'float32', array: Float32Array.of(8, 16) })
  forward(x: Floats): Floats {
    if (this.training) {
      const batch = x.mean(0).mul(0.5) as Tensor<readonly [2], 'float32'>
      this.mean.value = this.mean.value.mul(0.5).add(batch) as Tensor<readonly [2], 'float32'>
    }
    return x.sub(this.mean.value.stopGradient()).mul(this.weight.value) as Floats
  }
}

describe.each([...enginesUnderTest])('a state buffer on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))
  const x = tensor([
    [1, 2],
    [3, 6],
  ])
  // Means of the columns: 2 and 4. The buffer goes halfway there each time.
  const expected = [
    [5, 10],
    [3.5, 7],
    [2.75, 5.5],
  ]

  test('that forward writes is updated by minimize, in the same run as the parameters', async () => {
    const model = new Centred()
    const optimizer = sgd(model, { learningRate: 0 })
    for (const mean of expected) {
      await optimizer.minimize(mse(model.forward(x), x))
      await model.fetch()
      expect([...model.mean.buffer.array]).toEqual(mean)
    }
    expect([...model.namedParameters().keys()]).toEqual(['weight'])
    expect([...model.state().keys()]).toEqual(['weight', 'mean'])
  })

  test('that forward writes is updated by each call of a compiled function, and left alone after eval()', async () => {
    const model = new Centred()
    const optimizer = sgd(model, { learningRate: 0 })
    const update = compile((batch: Floats) => {
      const loss = mse(model.forward(batch), batch)
      optimizer.step(optimizer.gradients(loss))
      return loss
    })
    const predict = compile((batch: Floats) => model.forward(batch))
    for (const mean of expected) {
      await update(x)
      await model.fetch()
      expect([...model.mean.buffer.array]).toEqual(mean)
    }
    model.eval()
    const y = await (await predict(x)).toArray()
    expect(y).toEqual([
      [1 - 2.75, 2 - 5.5],
      [3 - 2.75, 6 - 5.5],
    ])
    await model.fetch()
    expect([...model.mean.buffer.array]).toEqual(expected[2])
  })

  test('is read within a run as it was last written', async () => {
    const model = new Centred()
    const y = model.forward(x)
    const again = model.forward(x)
    await evaluate(y, again)
    expect(await y.toArray()).toEqual([
      [1 - 5, 2 - 10],
      [3 - 5, 6 - 10],
    ])
    expect(await again.toArray()).toEqual([
      [1 - 3.5, 2 - 7],
      [3 - 3.5, 6 - 7],
    ])
    await model.fetch()
    expect([...model.mean.buffer.array]).toEqual(expected[1])
  })
})
