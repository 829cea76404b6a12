import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ArgumentError,
  arange,
  attention,
  compile,
  concat,
  crossEntropy,
  DTypeError,
  eye,
  fromArray,
  full,
  GradientError,
  Generator,
  grad,
  layerNorm,
  linspace,
  mse,
  ones,
  permutation,
  rand,
  randint,
  randn,
  ShapeError,
  setEngine,
  setSeed,
  stack,
  Tensor,
  tensor,
  vjp,
  where,
  zeros,
} from '../../src/index.ts'
import { Slot } from '../../src/engine/slot.ts'
import { affine } from '../../src/tensor/functions.ts'
import { b, d, f, group, i, loose, type Pinned } from './errors/rows.ts'

const core = [
  ...group(ShapeError, [
    [
      () => affine(f(2, 3), f(3, 4), f(3)),
      "affine: bias is [3] and weight [3, 4]. The bias must have the size of the weight's last axis: [4].",
    ],
    [() => affine(f(2, 3), f(1, 3, 4), f(4)), 'affine: weight is [1, 3, 4]. Expected a matrix [K, N].'],
    [
      () => f(32, 784).matmul(f(128, 10)),
      'matmul: inner sizes differ: a is [32, 784] and b is [128, 10], so 784 meets 128. b needs shape [784, n].',
    ],
    [
      () => f(32, 784).matmul(f(10, 784)),
      'matmul: inner sizes differ: a is [32, 784] and b is [10, 784], so 784 meets 10. b needs shape [784, n]; if its axes are swapped, pass b.transpose().',
    ],
    [
      () => f(2, 3, 4).matmul(f(2, 5, 6)),
      'matmul: inner sizes differ: a is [2, 3, 4] and b is [2, 5, 6], so 4 meets 5. b needs shape [..., 4, n].',
    ],
    [() => f(3).matmul(f(3, 2)), 'matmul: [3] has fewer than two axes. Reshape a vector of n to [n, 1] or [1, n].'],
    [() => f(2, 3).matmul(f(3)), 'matmul: [3] has fewer than two axes. Reshape a vector of n to [n, 1] or [1, n].'],
    [
      () => f(2, 1, 3).matmul(f(3, 3, 2)),
      'matmul: leading axes of [2, 1, 3] and [3, 3, 2]: shapes [2] and [3] do not broadcast: 2 meets 3 on axis -1. Sizes must be equal or 1, aligned from the last axis.',
    ],
    [
      () => f(2, 3).add(f(2)),
      'add: shapes [2, 3] and [2] do not broadcast: 3 meets 2 on axis -1. Sizes must be equal or 1, aligned from the last axis.',
    ],
    [
      () => where(b(2), f(3), f(3)),
      'where: shapes [2] and [3] do not broadcast: 2 meets 3 on axis -1. Sizes must be equal or 1, aligned from the last axis.',
    ],
    [
      () => f(2, 3).broadcastTo([2, 4]),
      'broadcastTo: shapes [2, 3] and [2, 4] do not broadcast: 3 meets 4 on axis -1. Sizes must be equal or 1, aligned from the last axis.',
    ],
    [
      () => f(2, 3).broadcastTo([3]),
      'broadcastTo: [2, 3] does not broadcast to [3]. Only axes of size 1 can be repeated.',
    ],
    [
      () => f(2, 3).reshape([4]),
      'reshape: cannot view [2, 3] (6 elements) as [4]. The sizes must multiply to 6; one of them may be -1.',
    ],
    [
      () => f(2, 3).reshape([-1, 4]),
      'reshape: cannot view [2, 3] (6 elements) as [-1, 4]. The sizes must multiply to 6; one of them may be -1.',
    ],
    [
      () => f(2, 3).reshape([-1, -1]),
      'reshape: cannot view [2, 3] (6 elements) as [-1, -1]. The sizes must multiply to 6; one of them may be -1.',
    ],
    [
      () => f(0, 3).reshape([-1, 0]),
      'reshape: cannot view [0, 3] (0 elements) as [-1, 0]. The sizes must multiply to 0; one of them may be -1.',
    ],
    [() => f(3).transpose(), 'transpose: [3] has fewer than two axes to swap. Pass a matrix, or reshape first.'],
    [
      () => concat([f(2, 3), f(2, 4)]),
      'concat: tensor 1 is [2, 4] and tensor 0 is [2, 3]. All axes but axis 0 must be equal.',
    ],
    [
      () => concat([f(2, 3), f(2)]),
      'concat: tensor 1 is [2] and tensor 0 is [2, 3]. All axes but axis 0 must be equal.',
    ],
    [() => stack([f(2), f(3)]), 'stack: shapes differ: [2] and [3]. All tensors must have one shape.'],
    [() => f(2, 1).squeeze(0), 'squeeze: axis 0 of [2, 1] has size 2. Only axes of size 1 can be removed.'],
    [() => f(2, 3).slice(0, 0, 0), 'slice: got 3 ranges for [2, 3]. Pass at most 2.'],
    [
      () => f(5).split(2),
      'split: axis 0 of [5] has size 5, which 2 does not divide. Pass a divisor, or a list of sizes.',
    ],
    [() => f(5).split([2, 2]), 'split: sizes [2, 2] add up to 4, but axis 0 of [5] has size 5. Both must be equal.'],
    [() => f(5).split([-1, 6]), 'split: [-1, 6] is not a shape. Sizes must be whole numbers of at least 0; got -1.'],
    [() => f(0, 3).max(0), 'max: [0, 3] has no elements along the axes to reduce. Pass at least one element.'],
    [() => f(0, 3).min(), 'min: [0, 3] has no elements along the axes to reduce. Pass at least one element.'],
    [() => f(0, 3).argmax(0), 'argmax: [0, 3] has no elements along axis 0. Pass at least one element.'],
    [() => f(0).argmin(), 'argmin: [0] has no elements along axis 0. Pass at least one element.'],
    [
      () => f(4, 2).scatterAdd(i(3), f(3, 3)),
      'scatterAdd: updates are [3, 3]. For x [4, 2] and indices [3] on axis 0 they must be [3, 2].',
    ],
    [
      () => f(3, 4).takeAlongAxis(i(2, 2), 1),
      'takeAlongAxis: indices are [2, 2] and x is [3, 4]. All axes but axis 1 must be equal.',
    ],
    [
      () => f(3, 4).scatterAddAlongAxis(i(3, 2), f(3, 3), 1),
      'scatterAddAlongAxis: updates are [3, 3] and indices [3, 2]. They must have one shape.',
    ],
    [
      () => layerNorm(f(2, 4), f(3), f(4)),
      'layerNorm: weight is [3], bias [4] and x [2, 4]. Weight and bias must both have the last axes of x.',
    ],
    [
      () => attention(f(3, 4), f(3, 5), f(3, 4)),
      'attention: q [3, 4], k [3, 5] and v [3, 4] do not go together. Expected q [..., Tq, hd], k [..., Tk, hd], v [..., Tk, hv].',
    ],
    [
      () => mse(f(3, 1), f(3)),
      'mse: prediction is [3, 1] and target [3]. They must have one shape: broadcasting here is nearly always a mistake.',
    ],
    [
      () => crossEntropy(f(4, 3), i(3)),
      'crossEntropy: logits are [4, 3] and labels [3]. Labels need the shape of the logits without the last axis: [4].',
    ],
    [
      () => fromArray(new Float32Array(5), [2, 3], 'float32'),
      'fromArray: 5 values do not fill [2, 3]. Pass 6 values, or another shape.',
    ],
    [
      () => fromArray(new Float32Array(0), [-1], 'float32'),
      'fromArray: [-1] is not a shape. Sizes must be whole numbers of at least 0; got -1.',
    ],
    [() => zeros([2, -1]), 'zeros: [2, -1] is not a shape. Sizes must be whole numbers of at least 0; got -1.'],
    [() => ones([1.5]), 'ones: [1.5] is not a shape. Sizes must be whole numbers of at least 0; got 1.5.'],
    [() => full([-3], 1), 'full: [-3] is not a shape. Sizes must be whole numbers of at least 0; got -3.'],
    [() => eye(-1), 'eye: [-1, -1] is not a shape. Sizes must be whole numbers of at least 0; got -1.'],
    [() => rand([-2]), 'rand: [-2] is not a shape. Sizes must be whole numbers of at least 0; got -2.'],
    [() => randn([0.5]), 'randn: [0.5] is not a shape. Sizes must be whole numbers of at least 0; got 0.5.'],
    [() => randint(0, 2, [-2]), 'randint: [-2] is not a shape. Sizes must be whole numbers of at least 0; got -2.'],
    [
      () => tensor([[1, 2], 3]),
      'tensor: a number stands where a list of 2 is expected, on axis 1. All lists of an axis must have one length.',
    ],
    [
      () => tensor([1, [2]]),
      'tensor: a list of 1 stands where a number is expected, on axis 1. All lists of an axis must have one length.',
    ],
    [
      () => tensor([[1, 2], [3]]),
      'tensor: a list of 1 stands where a list of 2 is expected, on axis 1. All lists of an axis must have one length.',
    ],
  ]),
  ...group(DTypeError, [
    [() => i(2).exp(), "exp: takes floats; got int32. Convert with x.to('float32')."],
    [() => b(2).add(b(2)), "add: takes numbers; got bool. Convert with x.to('float32')."],
    [() => f(2).logicalNot(), "logicalNot: takes bool; got float32. Convert with x.to('bool')."],
    [() => f(2).any(), "any: takes bool; got float32. Convert with x.to('bool')."],
    [() => i(2).all(), "all: takes bool; got int32. Convert with x.to('bool')."],
    [() => i(2).mean(), "mean: takes floats; got int32. Convert with x.to('float32')."],
    [() => i(2).variance(), "variance: takes floats; got int32. Convert with x.to('float32')."],
    [() => i(2).std(), "std: takes floats; got int32. Convert with x.to('float32')."],
    [() => i(2).logSumExp(), "logSumExp: takes floats; got int32. Convert with x.to('float32')."],
    [() => b(2).max(), "max: takes numbers; got bool. Convert with x.to('float32')."],
    [() => b(2).argmax(), "argmax: takes numbers; got bool. Convert with x.to('float32')."],
    [() => b(2).sort(), "sort: takes numbers; got bool. Convert with x.to('float32')."],
    [() => b(2).argsort(), "argsort: takes numbers; got bool. Convert with x.to('float32')."],
    [() => b(2).topK(1), "topK: takes numbers; got bool. Convert with x.to('float32')."],
    [() => b(2).cumsum(), "cumsum: takes numbers; got bool. Convert with x.to('float32')."],
    [() => i(2).softmax(), "softmax: takes floats; got int32. Convert with x.to('float32')."],
    [() => i(2).logSoftmax(), "logSoftmax: takes floats; got int32. Convert with x.to('float32')."],
    [() => i(2, 2).matmul(i(2, 2)), "matmul: takes floats; got int32. Convert with x.to('float32')."],
    [() => f(2).gather(f(2)), "gather: takes int32, int64; got float32. Convert with x.to('int32')."],
    [() => f(2).oneHot(3), "oneHot: takes int32, int64; got float32. Convert with x.to('int32')."],
    [() => f(2).scatterAdd(f(2), f(2)), "scatterAdd: takes int32, int64; got float32. Convert with x.to('int32')."],
    [() => f(2).takeAlongAxis(f(2)), "takeAlongAxis: takes int32, int64; got float32. Convert with x.to('int32')."],
    [() => where(f(2) as never, f(2), f(2)), "where: takes bool; got float32. Convert with x.to('bool')."],
    [() => f(2).add(d(2)), "add: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32')."],
    [
      () => f(2, 2).matmul(d(2, 2)),
      "matmul: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [
      () => f(2).scatterAdd(i(2), d(2)),
      "scatterAdd: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [
      () => stack([f(2), d(2)]),
      "stack: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [
      () => layerNorm(f(2), d(2), f(2)),
      "layerNorm: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [() => layerNorm(loose(i(2)), f(2), f(2)), "layerNorm: takes floats; got int32. Convert with x.to('float32')."],
    [() => mse(f(2), d(2)), "mse: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32')."],
    [() => mse(i(2), i(2)), "mse: takes floats; got int32. Convert with x.to('float32')."],
    [
      () => attention(f(2, 2), d(2, 2), f(2, 2)),
      "attention: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
    [() => attention(i(2, 2), i(2, 2), i(2, 2)), "attention: takes floats; got int32. Convert with x.to('float32')."],
    [
      () => attention(f(2, 2), f(2, 2), f(2, 2), { mask: f(2, 2) as never }),
      "attention: the mask: takes bool; got float32. Convert with x.to('bool').",
    ],
    [
      () => concat([f(2), d(2)]),
      "concat: dtypes differ: tensor 0 is float32 and tensor 1 is float64. Convert one with .to('float32').",
    ],
    [() => crossEntropy(loose(i(4, 3)), i(4)), "crossEntropy: takes floats; got int32. Convert with x.to('float32')."],
    [
      () => crossEntropy(f(4, 3), f(4)),
      "crossEntropy: labels are float32. They must be int32 or int64, the index of each class. Convert with labels.to('int32').",
    ],
  ]),
  ...group(ArgumentError, [
    [() => f(2, 3).sum(2), 'sum: axis 2 does not exist in a tensor of 2 axes. Allowed: -2 to 1.'],
    [() => f(2, 3).sum(0.5), 'sum: axis 0.5 does not exist in a tensor of 2 axes. Allowed: -2 to 1.'],
    [() => f().max(0), 'max: axis 0 does not exist in a tensor of 0 axes. A scalar has no axes.'],
    [() => f(2, 3).sum([0, -2]), 'sum: axis 0 is named twice. Name each axis once.'],
    [() => f(2).mean(1), 'mean: axis 1 does not exist in a tensor of 1 axes. Allowed: -1 to 0.'],
    [() => f(2).variance(1), 'variance: axis 1 does not exist in a tensor of 1 axes. Allowed: -1 to 0.'],
    [() => f(2).sort(1), 'sort: axis 1 does not exist in a tensor of 1 axes. Allowed: -1 to 0.'],
    [() => f(2).softmax(1), 'softmax: axis 1 does not exist in a tensor of 1 axes. Allowed: -1 to 0.'],
    [() => f(2).expandDims(3), 'expandDims: axis 3 does not exist in a tensor of 2 axes. Allowed: -2 to 1.'],
    [
      () => i(2).add(1.5),
      "add: 1.5 does not fit a tensor of int32, which holds whole numbers from -2147483648 to 2147483647. Convert the tensor with x.to('float32').",
    ],
    [
      () => tensor(Uint8Array.of(1)).equal(300),
      "equal: 300 does not fit a tensor of uint8, which holds whole numbers from 0 to 255. Convert the tensor with x.to('float32').",
    ],
    [
      () => tensor(Uint8Array.of(1)).greater(-1),
      "greater: -1 does not fit a tensor of uint8, which holds whole numbers from 0 to 255. Convert the tensor with x.to('float32').",
    ],
    [
      () => b(2).equal(2),
      "equal: 2 does not fit a tensor of bool, which holds whole numbers from 0 to 1. Convert the tensor with x.to('float32').",
    ],
    [
      () => where(b(2), i(2), 0.5),
      "where: 0.5 does not fit a tensor of int32, which holds whole numbers from -2147483648 to 2147483647. Convert the tensor with x.to('float32').",
    ],
    [
      () => full([2], 0.5, 'int64'),
      "full: 0.5 does not fit a tensor of int64, which holds whole numbers from -9007199254740991 to 9007199254740991. Convert the tensor with x.to('float32').",
    ],
    [
      () => i(2).pad([[1, 1]], 0.5),
      "pad: 0.5 does not fit a tensor of int32, which holds whole numbers from -2147483648 to 2147483647. Convert the tensor with x.to('float32').",
    ],
    [
      () => f(2, 3).transpose([0, 0]),
      'transpose: [0, 0] is not a permutation of 2 axes. Name each axis from 0 to 1 once.',
    ],
    [() => f(2, 3).transpose([1]), 'transpose: [1] is not a permutation of 2 axes. Name each axis from 0 to 1 once.'],
    [() => concat([]), 'concat: got no tensors. Pass at least one.'],
    [() => stack([]), 'stack: got no tensors. Pass at least one.'],
    [() => f(4).slice({ step: 0 }), 'slice: the step on axis 0 must be a whole number other than 0; got 0.'],
    [() => f(4).slice({ start: 0.5 }), 'slice: start and end on axis 0 must be whole numbers; got 0.5.'],
    [() => f(4).slice({ end: Number.NaN }), 'slice: start and end on axis 0 must be whole numbers; got NaN.'],
    [() => f(4).slice(4), 'slice: position 4 does not exist on axis 0 of [4]. Allowed: -4 to 3.'],
    [() => f(0).slice(0), 'slice: position 0 does not exist on axis 0 of [0]. The axis has no positions.'],
    [
      () => f(2).pad([[1, -1]]),
      'pad: [[1,-1]] does not fit [2]. Pass [before, after], whole numbers of at least 0, for each of the 1 axes.',
    ],
    [
      () => f(2, 2).pad([[1, 1]]),
      'pad: [[1,1]] does not fit [2, 2]. Pass [before, after], whole numbers of at least 0, for each of the 2 axes.',
    ],
    [() => f(2, 2).repeat([2]), 'repeat: [2] does not fit [2, 2]. Pass a whole number of at least 0 for each axis.'],
    [() => i(2).oneHot(0), 'oneHot: depth must be a whole number of at least 1; got 0.'],
    [() => f(3).topK(4), 'topK: k must be a whole number from 1 to 3, the size of axis 0 of [3]; got 4.'],
    [
      () => crossEntropy(f(4, 3), i(4), { labelSmoothing: 1 }),
      'crossEntropy: labelSmoothing must be at least 0 and below 1; got 1.',
    ],
    [() => arange(0, 1, { step: 0 }), 'arange: from 0 to 1 by 0 has no end. Pass a step other than 0 and finite ends.'],
    [
      () => arange(0, Number.POSITIVE_INFINITY),
      'arange: from 0 to Infinity by 1 has no end. Pass a step other than 0 and finite ends.',
    ],
    [() => linspace(0, 1, 0), 'linspace: count must be a whole number of at least 1; got 0.'],
    [() => randint(3, 3, [1]), 'randint: low and high must be whole numbers with low < high; got 3 and 3.'],
    [() => setSeed(-1), 'setSeed: the seed must be a whole number from 0 to 9007199254740991; got -1.'],
    [() => permutation(-1), 'permutation: n must be a whole number of at least 0; got -1.'],
    [() => new Generator(1).fork(0), 'fork: the stream must be a whole number from 1 to 255; got 0.'],
    [
      () => tensor(new DataView(new ArrayBuffer(2)) as never),
      'tensor: takes typed arrays of numbers; got DataView. Convert it to one, such as Float32Array or Int32Array.',
    ],
  ]),
  ...group(GradientError, [
    [
      () => grad((x: Tensor) => x.mul(x))(f(3)),
      'grad: the function must return a scalar; it returned [3]. Reduce it, such as with .mean() or .sum().',
    ],
    [
      () => grad((x: Tensor) => x.argmax())(f(3)),
      "grad: the function must return float32 or float64; it returned int32. Convert with .to('float32') before reducing.",
    ],
    [
      () => grad((x: Tensor) => x.to('float32').sum())(i(3)),
      "grad: only float32 and float64 have gradients; got int32 [3]. Convert with x.to('float32').",
    ],
    [
      () => vjp(x => x.mul(2), f(3)).pullback(f(2)),
      'vjp: the cotangent is float32 [2] and the output float32 [3]. Both must have one shape and dtype.',
    ],
    [
      () => vjp(x => x.mul(2), f(3)).pullback(d(3)),
      'vjp: the cotangent is float64 [3] and the output float32 [3]. Both must have one shape and dtype.',
    ],
    [
      () => vjp(x => x.argmax(), f(3)).pullback(f()),
      'vjp: the output is int32 []. Only float32 and float64 have gradients: return a float.',
    ],
  ]),
] as const

const coreAsync = [
  ...group(ShapeError, [[() => f(2, 3).item(), 'item: [2, 3] has 6 elements, not one. Use toArray() or data().']]),
  ...group(ArgumentError, [
    [
      () => compile(async (x: Tensor) => x.mul(2))(f(2)),
      'compile: the function returned a promise. A compiled function builds a graph and may not wait: return tensors and read their values outside it.',
    ],
    [
      () => compile((x: unknown) => x)(new Map()),
      'compile: cannot look inside a Map. Pass tensors, numbers, strings, booleans, and arrays or plain objects of them.',
    ],
    [
      () =>
        f(3)
          .gather(tensor([3], 'int32'))
          .data(),
      'gather: index 3 does not exist on an axis of size 3. Allowed: -3 to 2.',
    ],
  ]),
  ...group(GradientError, [
    [
      async () => {
        const slot = new Slot([2], { dtype: 'float32', array: Float32Array.of(1, 2) })
        const x = new Tensor<readonly [2], 'float32'>(slot.read())
        const y = x.mul(x)
        await y.data()
        return grad((_: Tensor) => y.sum())(x)
      },
      'grad: float32 [2] was computed before the gradient was taken, and has forgotten the parameters it came from. Take the gradient before reading values, or mark it as a constant with .stopGradient().',
    ],
  ]),
] as const

/** The other families' lists, one file each. */
const families = await Promise.all(
  readdirSync(fileURLToPath(new URL('errors/', import.meta.url)))
    .filter(name => name !== 'rows.ts')
    .map(
      name =>
        import(`./errors/${name.replace(/\.ts$/, '')}.ts`) as Promise<{ pinned: Pinned[]; pinnedAsync?: Pinned[] }>,
    ),
)
const pinned: readonly Pinned[] = [...core, ...families.flatMap(f => f.pinned)]
const pinnedAsync: readonly Pinned[] = [...coreAsync, ...families.flatMap(f => f.pinnedAsync ?? [])]

describe('an error is thrown where the operation is called, with this message', () => {
  test.each(pinned)('%s', (message, call, type) => {
    let thrown: unknown
    try {
      call()
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(type)
    expect((thrown as Error).message).toBe(message)
  })
})

describe('an error comes with the promise where only running finds it', () => {
  beforeEach(() => setEngine('reference'))
  afterAll(() => setEngine('native', { always: true }))
  test.each(pinnedAsync)('%s', async (message, call, type) => {
    const thrown: unknown = await (call() as Promise<unknown>).catch(error => error)
    expect(thrown).toBeInstanceOf(type)
    expect((thrown as Error).message).toBe(message)
  })
})

const messages = [...pinned, ...pinnedAsync].map(([message]) => message as string)

describe('the messages', () => {
  test('say where, what is wrong, and then what was expected or what to do', () => {
    // Two sentences, or one with both parts: `k must be …; got 4.`
    const grammar = /^[a-zA-Z]+: (.+\. [A-Zab].+|.+ must be .+; got .+|takes .+; got .+\. .+)\.$/s
    expect(messages.filter(m => !grammar.test(m))).toEqual([])
  })

  test('are all pinned here: every throw in ops, tensor, autodiff and core/shape', () => {
    const root = fileURLToPath(new URL('../../src/', import.meta.url))
    const files = ['ops', 'tensor', 'autodiff'].flatMap(folder =>
      readdirSync(`${root}${folder}`).map(name => `${folder}/${name}`),
    )
    const thrown = [...files, 'core/shape.ts', 'core/tree.ts'].flatMap(file =>
      templatesOf(readFileSync(root + file, 'utf8')).map(template => ({ file, template })),
    )
    expect(thrown.length).toBeGreaterThan(50)
    const missing = thrown.filter(({ template }) => !messages.some(m => pattern(template).test(m)))
    expect(missing.map(m => m.template)).toEqual([])
  })
})

/** The text of each thrown error: the string or template after `throw new …Error(`. */
const templatesOf = (source: string): string[] =>
  [...source.matchAll(/throw new \w+Error\(\s*(['`])/g)].map(found => {
    const start = found.index + found[0].length
    let end = start
    for (let depth = 0; depth > 0 || source[end] !== found[1]; end++) {
      if (source.startsWith('${', end)) depth++
      else if (source[end] === '}' && depth > 0) depth--
    }
    return source.slice(start, end)
  })

/** A template with anything in the place of its values. */
const pattern = (template: string): RegExp => {
  let text = ''
  for (let i = 0, depth = 0; i < template.length; i++) {
    if (template.startsWith('${', i)) {
      if (depth === 0) text += '.*'
      depth++
    } else if (template[i] === '}' && depth > 0) depth--
    else if (depth === 0) text += template[i]!.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
  }
  return new RegExp(`^${text}$`, 's')
}
