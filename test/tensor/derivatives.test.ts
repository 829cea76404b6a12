import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  crossEntropy,
  grad,
  hessian,
  hessianVectorProduct,
  jacobian,
  jvp,
  layerNorm,
  perSampleGradients,
  rand,
  randn,
  type Shape,
  setEngine,
  setSeed,
  stack,
  Tensor,
  tensor,
  vjp,
  vmap,
  zeros,
} from '../../src/index.ts'
import type { Op } from '../../src/graph/op.ts'
import { apply } from '../../src/ops/apply.ts'

type T = Tensor<Shape, 'float32'>
const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
const near = async (a: Tensor, b: Tensor, tolerance = 1e-5): Promise<void> => {
  expect(a.shape).toEqual(b.shape)
  const [x, y] = [await valuesOf(a), await valuesOf(b)]
  for (const [i, v] of y.entries())
    expect(Math.abs(x[i]! - v)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(v)))
}
const normal = async (shape: number[]): Promise<T> => {
  const x = randn(shape)
  await x.data()
  return x
}
const f64 = (values: number[]): T => tensor(Float64Array.from(values)) as unknown as T

/** f(x, y) = (1 − x)² + 100 (y − x²)². */
const rosenbrock = (p: T): T => {
  const [x, y] = [p.slice(0), p.slice(1)]
  return x.neg().add(1).square().add(y.sub(x.square()).square().mul(100))
}
/** A layer of 3 tanh units and one of 1, all weights in one vector, on four inputs. */
const mlp = (p: T): T => {
  const x = f64([0.5, -1, 2, 0.3, -0.7, 1.1, 0.9, -0.2]).reshape([4, 2])
  const hidden = x
    .matmul(p.slice({ end: 6 }).reshape([2, 3]))
    .add(p.slice({ start: 6, end: 9 }))
    .tanh()
  return hidden
    .matmul(p.slice({ start: 9, end: 12 }).reshape([3, 1]))
    .add(p.slice({ start: 12 }))
    .square()
    .mean()
}

/** The matrix of second derivatives by central differences of the function, in float64. */
const differences = async (f: (x: T) => T, at: number[], h = 1e-4): Promise<number[]> => {
  const value = async (moves: readonly [number, number][]): Promise<number> => {
    const x = [...at]
    for (const [i, by] of moves) x[i]! += by
    return f(f64(x)).item()
  }
  const out: number[] = []
  for (let i = 0; i < at.length; i++) {
    for (let j = 0; j < at.length; j++) {
      const corners = await Promise.all(
        (
          [
            [1, 1],
            [1, -1],
            [-1, 1],
            [-1, -1],
          ] as const
        ).map(([a, b]) =>
          value([
            [i, a * h],
            [j, b * h],
          ]),
        ),
      )
      out.push((corners[0]! - corners[1]! - corners[2]! + corners[3]!) / (4 * h * h))
    }
  }
  return out
}

describe('hessian agrees with finite differences in float64', () => {
  beforeAll(() => setEngine('reference'))
  afterAll(() => setEngine('native', { always: true }))
  const weights = Array.from({ length: 13 }, (_, i) => Math.sin(1 + 2 * i))
  test.each([
    ['Rosenbrock’s function', rosenbrock, [-1.2, 1]],
    ['a network of two layers', mlp, weights],
  ] as const)('%s', async (_, f, at) => {
    const exact = await valuesOf(hessian(f)(f64([...at])))
    const expected = await differences(f, [...at])
    for (const [i, v] of expected.entries())
      expect(Math.abs(exact[i]! - v)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(v)))
  })
  test('and is the Jacobian of the gradient, and its products are those of the matrix', async () => {
    const at = f64(weights)
    const v = f64(weights.map((_, i) => Math.cos(i)))
    const matrix = hessian(mlp)(at)
    await near(jacobian((x: T) => grad(mlp)(x) as T)(at), matrix, 1e-12)
    await near(hessianVectorProduct(mlp, at, v), matrix.matmul(v.reshape([13, 1])).reshape([13]), 1e-12)
  })
})

describe.each(['reference', 'native'])('on %s', engine => {
  let [w, xs] = [] as unknown as [T, T]
  beforeAll(async () => {
    setEngine(engine, { always: true })
    setSeed(11)
    ;[w, xs] = [await normal([4, 3]), await normal([5, 2, 4])]
  })
  afterAll(() => setEngine('native', { always: true }))
  const apart = (f: (x: T) => Tensor, xs: T): Tensor =>
    stack(Array.from({ length: xs.shape[0]! }, (_, i) => f(xs.slice(i))))

  test('jvp gives the value and the directional derivative, of a tree of inputs', async () => {
    const { value, tangent } = jvp(
      (p: { a: T; b: T }) => p.a.mul(p.b),
      { a: tensor([2, 3]) as T, b: tensor([5, 7]) as T },
      { a: tensor([1, 0]) as T, b: tensor([0, 1]) as T },
    )
    expect(await value.toArray()).toEqual([10, 21])
    expect(await tangent.toArray()).toEqual([5, 3])
  })
  test('forward and reverse give the same inner product through a deep function', async () => {
    const f = (x: T): T => x.matmul(w).softmax().log().sort().cumsum()
    const x = xs.slice(0)
    const t = await normal([2, 4])
    const g = await normal([2, 3])
    const forward = jvp(f, x, t)
      .tangent.mul(g as never)
      .sum()
    const reverse = vjp(f, x)
      .pullback(g)
      .mul(t as never)
      .sum()
    expect(await forward.item()).toBeCloseTo(await reverse.item(), 4)
  })
  test('jacobian has the axes of the output, then those of the input, for each input', async () => {
    const J = jacobian((p: { x: T; w: T }) => p.x.matmul(p.w))({ x: xs.slice(0), w })
    expect(J.x.shape).toEqual([2, 3, 2, 4])
    expect(J.w.shape).toEqual([2, 3, 4, 3])
    // ∂yᵢⱼ/∂xₖₗ = δᵢₖ wₗⱼ
    const [got, weights] = [await valuesOf(J.x), await valuesOf(w)]
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 0; k < 2; k++)
          for (let l = 0; l < 4; l++)
            expect(got[((i * 3 + j) * 2 + k) * 4 + l]).toBeCloseTo(i === k ? weights[l * 3 + j]! : 0, 5)
  })
  test('jacobian works where an operation in the gradient must be batched by its composition', async () => {
    const f = (x: T): T => layerNorm(x, tensor([1, 2, 3, 4]) as T, tensor([0, 0, 0, 1]) as T).softmax()
    const J = jacobian(f)(xs.slice(0).slice(0))
    for (const k of [0, 1, 2, 3]) {
      const unit = tensor([0, 1, 2, 3].map(i => (i === k ? 1 : 0))) as T
      await near(J.slice(k) as T, vjp(f, xs.slice(0).slice(0)).pullback(unit))
    }
  })

  test('vmap is the function of each example', async () => {
    const g = (x: T): T => stack([x.matmul(w).softmax().sort().slice(0), x.matmul(w).slice(1)]) as T
    await near(vmap(g)(xs), apart(g, xs))
  })
  test('vmap takes the axis of each argument, and null for one that is shared', async () => {
    const f = (x: T, w: T): T => x.matmul(w)
    const swapped = xs.transpose([1, 0, 2])
    await near(
      vmap(f, [1, null])(swapped as T, w),
      apart(x => f(x, w), xs),
    )
    await near(vmap(f, [-2, null])(swapped as T, w).slice(0) as T, f(swapped.slice(null, 0) as T, w))
  })
  test('vmap nests', async () => {
    const dots = vmap((a: T) => vmap((b: T) => a.mul(b as never).sum())(xs.slice(1)))(xs.slice(0))
    await near(dots, xs.slice(0).matmul(xs.slice(1).transpose() as never) as Tensor)
  })
  test('vmap of indexing: examples in the values, in the indices, and in both', async () => {
    const table = await normal([3, 4, 2])
    const indices = tensor(
      [
        [0, 1, -1],
        [2, 2, 3],
        [1, 0, 0],
      ],
      'int32',
    )
    const take = (x: T, i: Tensor<Shape, 'int32'>): T => x.gather(i).mul(x.slice(0) as never)
    const all = [0, 1, 2]
    const at = (k: number) => indices.slice(k) as Tensor<Shape, 'int32'>
    await near(vmap(take)(table, indices), stack(all.map(k => take(table.slice(k), at(k)))))
    await near(vmap(take, [0, null])(table, at(1)), stack(all.map(k => take(table.slice(k), at(1)))))
    await near(vmap(take, [null, 0])(table.slice(0), indices), stack(all.map(k => take(table.slice(0), at(k)))))
    const slope = (x: T, i: Tensor<Shape, 'int32'>): T => grad((x: T) => take(x, i).square().sum())(x) as T
    await near(vmap(slope)(table, indices), stack(all.map(k => slope(table.slice(k), at(k)))))
  })
  test('gradients of each example sum to the gradient of the batch', async () => {
    const labels = tensor([0, 2, 1, 1, 0], 'int32')
    const loss = (w: T, x: T, y: Tensor<Shape, 'int32'>): T =>
      crossEntropy(x.matmul(w).slice({ end: 1 }) as T, y.reshape([1]))
    const each = perSampleGradients(loss)(w, xs, labels)
    expect(each.shape).toEqual([5, 4, 3])
    const [first, batch] = [xs.slice(null, 0) as T, labels]
    const total = grad((w: T) => crossEntropy(first.matmul(w) as T, batch).mul(5) as T)(w)
    await near(each.sum(0), total)
  })
  test('a random function draws the same for all examples', async () => {
    const f = (x: T): T => x.add(rand([2, 4]) as never)
    const noise = vmap(f)(xs).sub(xs as never) as T
    await near(noise.slice(1) as T, noise.slice(0) as T)
  })
})

test('an operation without a rule for a further axis is named', () => {
  const odd: Op = {
    name: 'odd',
    formula: 'x',
    infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
    kernel: ([x], out) => out.data.set(x!.data),
    checks: { samples: [] },
  }
  expect(() => vmap((x: T) => new Tensor<Shape, 'float32'>(apply(odd, [x.node], {})))(zeros([3, 2]))).toThrow(
    'vmap: odd has no rule for a further axis. Map over the examples with a loop and stack the results, or write it with other operations.',
  )
})
