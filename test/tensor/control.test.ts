import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  checkpoint,
  compile,
  cond,
  customGradient,
  grad,
  hessian,
  jvp,
  randn,
  type Shape,
  scan,
  setEngine,
  setSeed,
  stack,
  Tensor,
  tensor,
  vmap,
  zeros,
} from '../../src/index.ts'
import { compileStages } from '../../src/engine/split.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { referenceEngine } from '../../src/engine/reference/reference.ts'
import { programOf } from '../../src/graph/program.ts'

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

afterAll(() => setEngine('native', { always: true }))

describe.each(['reference', 'native'])('on %s', engine => {
  let [w, x, h0] = [] as unknown as [T, T, T]
  beforeAll(async () => {
    setEngine(engine, { always: true })
    setSeed(5)
    ;[w, x, h0] = [await normal([4, 4]), await normal([6, 3, 4]), await normal([3, 4])]
  })

  const step = (h: T, x: T, w: T): T => x.add(h.matmul(w)).tanh()
  const loop = (w: T, x: T, h0: T, reverse = false): T => {
    const [h, ys] = scan(
      (h: T, x: T) => {
        const next = step(h, x, w)
        return [next, { twice: next.mul(2) }]
      },
      h0,
      x,
      { reverse },
    )
    return h.sum().add(ys.twice.square().sum())
  }
  const unrolled = (w: T, x: T, h0: T, reverse = false): T => {
    let h = h0
    let total: T = tensor(0)
    for (let i = 0; i < 6; i++) {
      h = step(h, x.slice(reverse ? 5 - i : i), w)
      total = total.add(h.mul(2).square().sum())
    }
    return h.sum().add(total)
  }

  describe('scan', () => {
    test('carries a value and stacks the outputs of the steps, in the order of the sequence either way', async () => {
      for (const [reverse, expected] of [
        [false, [1, 3, 6]],
        [true, [6, 5, 3]],
      ] as const) {
        const [total, sums] = scan((s: T, x: T) => [s.add(x), s.add(x)], tensor(0), tensor([1, 2, 3]) as T, { reverse })
        expect(await total.item()).toBe(6)
        expect(await sums.toArray()).toEqual(expected)
      }
    })
    test('loops a given number of times where there is no sequence', async () => {
      const [power, list] = scan((p: T) => [p.mul(2), p], tensor(1) as T, null, { length: 5 })
      expect(await power.item()).toBe(32)
      expect(await list.toArray()).toEqual([1, 2, 4, 8, 16])
    })
    test('carries integers beside floats, and a tree of them', async () => {
      const [carry] = scan(
        (c: { n: Tensor<Shape, 'int32'>; s: T }, x: T) => [
          { n: c.n.add(1), s: c.s.add(x.mul(c.n.to('float32'))) },
          null,
        ],
        { n: tensor(1, 'int32'), s: tensor(0) as T },
        tensor([10, 20, 30]) as T,
      )
      expect(await carry.n.item()).toBe(4)
      expect(await carry.s.item()).toBe(140)
    })
    test.each([false, true])('has the gradients of the unrolled loop (reverse: %s)', async reverse => {
      const got = grad((p: { w: T; x: T; h0: T }) => loop(p.w, p.x, p.h0, reverse))({ w, x, h0 })
      const expected = grad((p: { w: T; x: T; h0: T }) => unrolled(p.w, p.x, p.h0, reverse))({ w, x, h0 })
      for (const key of ['w', 'x', 'h0'] as const) await near(got[key], expected[key])
    })
    test('has the second derivatives of the unrolled loop', async () => {
      const twice = (f: typeof loop) =>
        grad((w: T) =>
          grad((w: T) => f(w, x, h0))(w)
            .square()
            .sum(),
        )(w)
      await near(twice(loop), twice(unrolled))
    })
    test('has the tangents of the unrolled loop', async () => {
      const push = (f: typeof loop) => jvp((p: { w: T; x: T }) => f(p.w, p.x, h0), { w, x }, { w: w.mul(2), x }).tangent
      await near(push(loop), push(unrolled))
    })
    test('is batched by vmap: over its sequence, its start and what it closes over', async () => {
      const run = (w: T, x: T, h: T) => loop(w, x, h)
      const [ws, xs, hs] = [await normal([3, 4, 4]), await normal([3, 6, 3, 4]), await normal([3, 3, 4])]
      const all = [0, 1, 2].map(i => run(ws.slice(i), xs.slice(i), hs.slice(i)))
      await near(vmap(run)(ws, xs, hs), stack(all))
      await near(vmap(run, [null, null, 0])(w, x, hs), stack([0, 1, 2].map(i => run(w, x, hs.slice(i)))))
      await near(vmap(run, [0, null, null])(ws, x, h0), stack([0, 1, 2].map(i => run(ws.slice(i), x, h0))))
    })
    test('has a gradient by a constant that was made outside', async () => {
      const zero = zeros([3, 4])
      const f = (b: T): T => scan((h: T, x: T) => [h.add(x).add(b), null], h0, x)[0].sum()
      expect(await grad(f)(zero).toArray()).toEqual(new Array(3).fill(new Array(4).fill(6)))
    })
    test('nests', async () => {
      const sums = (rows: T): T =>
        scan(
          (outer: T, row: T) => [
            outer.add(scan((s: T, x: T) => [s.add(x.mul(outer)), s], tensor(0) as T, row)[0]),
            outer,
          ],
          tensor(1) as T,
          rows,
        )[0]
      // 1 → 1 + 1·(1+2) = 4 → 4 + 4·(3+4) = 32
      const rows = tensor([
        [1, 2],
        [3, 4],
      ]) as T
      expect(await sums(rows).item()).toBe(32)
      expect(await grad(sums)(rows).toArray()).toEqual([
        [8, 8],
        [4, 4],
      ])
    })
    test('keeps the graph small, whatever the length', () => {
      const sizeOf = (n: number): number => {
        const sequence = new Tensor<Shape, 'float32'>(randn([n, 3, 4]).node)
        const g = grad((w: T) => loop(w, sequence, h0))(w)
        return programOf([g.node]).program.instructions.length
      }
      expect(sizeOf(1000)).toBe(sizeOf(3))
    })
    test('is compiled', async () => {
      const compiled = compile((x: T) => loop(w, x, h0))
      await near(await compiled(x), unrolled(w, x, h0))
      await near(await compiled(x.mul(2)), unrolled(w, x.mul(2), h0))
    })
  })

  describe('checkpoint', () => {
    const block = (x: T): T => x.matmul(w).sin().exp()
    test('has the gradients of the plain function, also by what it closes over', async () => {
      const f = (wrap: (f: typeof block) => typeof block) => (p: { w: T; x: T }) => {
        const inner = wrap(x => x.matmul(p.w).sin().exp())
        return inner(inner(p.x)).sum()
      }
      const got = grad(f(checkpoint))({ w, x: h0 })
      const expected = grad(f(f => f))({ w, x: h0 })
      await near(got.w, expected.w)
      await near(got.x, expected.x)
    })
    test('hands on only its inputs, and computes the rest again in a later run of the engine', async () => {
      // An engine that writes down which programs it is given.
      const runs: { outputs: number; exps: number }[] = []
      const spy: Engine = {
        name: 'spy',
        compile: async program => {
          const exps = program.instructions.filter(i => i.op?.name === 'exp').length
          runs.push({ outputs: program.outputs.length, exps })
          return referenceEngine.compile(program)
        },
      }
      const stagesOf = async (wrap: (f: typeof block) => typeof block) => {
        runs.length = 0
        const f = wrap((x: T) => x.exp().sin().exp().sin().exp())
        await compileStages(spy, programOf([grad((x: T) => f(f(x)).sum())(h0).node]).program)
        return runs.map(r => ({ ...r }))
      }
      expect(await stagesOf(f => f)).toEqual([{ outputs: 1, exps: 6 }])
      // Forwards through the first block: what goes into the second and the cotangent of the end are handed on. Then the blocks
      // once more, last first, each with its gradient.
      expect(await stagesOf(checkpoint)).toEqual([
        { outputs: 2, exps: 3 },
        { outputs: 1, exps: 3 },
        { outputs: 1, exps: 3 },
      ])
    })
    test('can be differentiated twice and batched', async () => {
      const f = (wrap: (f: typeof block) => typeof block) => (x: T) => wrap(block)(x).square().sum()
      const row = h0.slice({ end: 1 })
      await near(hessian(f(checkpoint))(row), hessian(f(f => f))(row), 1e-4)
      const rows = h0.expandDims(1)
      await near(vmap(grad(f(checkpoint)))(rows), vmap(grad(f(f => f)))(rows))
      const total = (wrap: (f: typeof block) => typeof block) => (x: T) => vmap(wrap(block))(x).sum()
      await near(grad(total(checkpoint))(rows), grad(total(f => f))(rows))
    })
  })

  describe('customGradient', () => {
    test('is the function forwards and the given rule backwards', async () => {
      const round = customGradient(
        (x: T) => x.round(),
        g => [g],
      )
      expect(await round(tensor([0.4, 1.6]) as T).toArray()).toEqual([0, 2])
      expect(await grad((x: T) => round(x).mul(3).sum())(tensor([0.4, 1.6]) as T).toArray()).toEqual([3, 3])
    })
    test('gives the rule the value and the arguments, and takes null for no gradient', async () => {
      const f = customGradient(
        (a: T, b: T) => a.mul(b),
        (g, y, a) => [g.mul(y), null].map((part, i) => (i === 0 ? part!.add(a as never) : null)),
      )
      const g = grad((p: { a: T; b: T }) => f(p.a, p.b).sum())({ a: tensor([2, 3]) as T, b: tensor([5, 7]) as T })
      expect(await g.a.toArray()).toEqual([12, 24])
      expect(await g.b.toArray()).toEqual([0, 0])
    })
    test('is batched, its rule with it; what all examples share gets the sum', async () => {
      const f = customGradient(
        (x: T, w: T) => x.mul(w).sum(),
        (g, _y, x, w) => [w.mul(g as never).mul(10), x.mul(g as never).mul(100)],
      )
      const xs = tensor([
        [1, 2],
        [3, 4],
      ]) as T
      const g = grad((p: { x: T; w: T }) =>
        vmap(f, [0, null])(p.x, p.w)
          .mul(tensor([1, 2]) as T)
          .sum(),
      )({
        x: xs,
        w: tensor([5, 6]) as T,
      })
      expect(await g.x.toArray()).toEqual([
        [50, 60],
        [100, 120],
      ])
      expect(await g.w.toArray()).toEqual([700, 1000])
    })
  })

  test('cond decides on the host, and a compiled function notices when it decides otherwise', async () => {
    let training = true
    const f = compile((x: T) =>
      cond(
        () => training,
        () => x.mul(2),
        () => x,
      ),
    )
    expect(await (await f(tensor([3]) as T)).toArray()).toEqual([6])
    training = false
    expect(await (await f(tensor([3]) as T)).toArray()).toEqual([3])
  })
})
