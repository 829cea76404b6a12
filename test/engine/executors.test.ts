import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { choose, costs } from '../../src/engine/choice.ts'
import { elementwiseLoops } from '../../src/engine/kernels/elementwise.ts'
import type { Node } from '../../src/graph/node.ts'
import { programOf } from '../../src/graph/program.ts'
import {
  compile,
  EngineError,
  evaluate,
  ones,
  randn,
  scan,
  setEngine,
  setSeed,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'

const before = process.env.GRADUS_DEBUG
const restore = (): void => {
  if (before === undefined) delete process.env.GRADUS_DEBUG
  else process.env.GRADUS_DEBUG = before
}
beforeAll(() => setEngine('native'))
afterEach(() => {
  restore()
  vi.restoreAllMocks()
})
afterAll(() => setEngine('native'))

const choiceFor = (engine: string, ...outputs: { readonly node: Node }[]) => {
  const { program } = programOf(outputs.map(x => x.node))
  return choose(engine, program, elementwiseLoops(program))
}
const many = (n: number): Tensor => tensor(new Float32Array(n))
const chain = (x: Tensor, y: Tensor): Tensor => {
  let out = x
  for (let i = 0; i < 10; i++) out = out.mul(0.9 + i / 100).add(y)
  return out
}

describe.each(['native', 'wasm'])('%s leaves', engine => {
  const executorOf = (...outputs: { readonly node: Node }[]) => choiceFor(engine, ...outputs).executor

  test('a few numbers to the interpreter', () => {
    expect(executorOf(tensor([1, 2, 3]).add(tensor([4, 5, 6])))).toBe('interpreter')
    expect(executorOf(ones([4, 4]).matmul(ones([4, 4])))).toBe('interpreter')
  })

  test('what is computed element by element to a fused kernel', () => {
    expect(executorOf(chain(tensor(1), tensor(2)))).toBe('fused')
    for (const n of [1000, 100_000, 1_000_000]) expect(executorOf(chain(many(n), many(n)))).toBe('fused')
  })

  test('nothing else to others', () => {
    expect(executorOf(ones([64, 64]).matmul(ones([64, 64])))).toBe('session')
    const layers = (x: Tensor, w: Tensor): Tensor => {
      let y = x
      for (let i = 0; i < 20; i++) y = y.matmul(w).tanh()
      return y
    }
    expect(executorOf(layers(ones([8, 8]), ones([8, 8])))).toBe('session')
  })

  test('no dtype to the interpreter that it computes otherwise', () => {
    const two = [1, 2]
    for (const dtype of ['float64', 'float16', 'int64', 'uint32', 'uint8'] as const)
      expect(executorOf(tensor(two, dtype).add(tensor(two, dtype)))).toBe('session')
    // The product of integers wraps exactly, which numbers in float64 cannot.
    expect(executorOf(tensor(two, 'int32').mul(tensor(two, 'int32')))).toBe('fused')
    expect(choiceFor(engine, tensor(two, 'int32').mul(tensor(two, 'int32'))).estimates.interpreter).toBe(null)
  })

  test('no loop to the interpreter', () => {
    const total = scan((sum: Tensor, x: Tensor) => [sum.add(x), sum], zeros([]), ones([3]))[0]
    expect(choiceFor(engine, total).estimates).toMatchObject({ interpreter: null, fused: null })
  })
})

test('the estimates are the costs in the table', () => {
  const { estimates } = choiceFor('native', many(10).add(many(10).neg()))
  const { native } = costs.session
  expect(estimates.session).toBeGreaterThan(native.run + native.compile / 20)
  expect(estimates.fused).toBeLessThan(estimates.session!)
  expect(choiceFor('native', ones([10, 10]).matmul(ones([10, 10]))).estimates.fused).toBe(null)
})

test('a larger program of the functions that native computes with wider vectors stays with it, and on wasm does not', () => {
  expect(choiceFor('native', many(400_000).gelu()).executor).toBe('session')
  expect(choiceFor('native', many(1000).gelu()).executor).toBe('fused')
  expect(choiceFor('wasm', chain(many(400_000), many(400_000)).exp()).executor).toBe('fused')
})

describe('what computes a small program', () => {
  test('gives the same bytes whenever it is asked', async () => {
    const bytes = async (): Promise<number[][]> => {
      setSeed(3)
      const [x, y] = [randn([37]), randn([37])]
      const results = [
        chain(x, y).tanh(),
        x.mul(y).exp(),
        x.slice({ start: 0, end: 4 }).mul(2),
        x
          .reshape([37, 1])
          .matmul(y.reshape([1, 37]))
          .sum(),
      ]
      await evaluate(...results)
      return Promise.all(results.map(async r => [...new Uint8Array((await r.data()).buffer)]))
    }
    const first = await bytes()
    const doubled = compile((x: Tensor) => chain(x, x).sigmoid())
    setSeed(5)
    const x = randn([5])
    const once = await (await doubled(x)).toArray()
    expect(await (await doubled(x)).toArray()).toEqual(once)
    expect(await bytes()).toEqual(first)
  })

  test('has the errors of the engine', async () => {
    const error: unknown = await ones([3, 2])
      .gather(tensor([3], 'int32'))
      .data()
      .catch(error => error)
    expect(error).toBeInstanceOf(EngineError)
    expect((error as Error).message).toBe(
      'native: gather: index 3 does not exist on an axis of size 3. Allowed: -3 to 2.',
    )
    // And afterwards its own results.
    const at = (i: number): Promise<unknown> =>
      tensor([5, 6, 7])
        .gather(tensor([i], 'int32'))
        .toArray()
    await expect(at(3)).rejects.toThrow('native: gather: index 3')
    expect(await at(2)).toEqual([7])
  })
})

describe('GRADUS_DEBUG', () => {
  /** The lines on standard error while something is evaluated. */
  const told = async (action: () => Promise<unknown>): Promise<string[]> => {
    const lines: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation(text => {
      lines.push(String(text))
      return true
    })
    await action()
    vi.restoreAllMocks()
    return lines
  }

  test('engine tells of each program when it is compiled: who computes it, and why', async () => {
    process.env.GRADUS_DEBUG = 'engine'
    const number = String.raw`\d+(\.\d+)?`
    const estimates = `session ${number}, fused kernel ${number}, interpreter ${number}`
    const three = () =>
      tensor([1, 2, 3])
        .mul(tensor([7, 7, 7]))
        .data()
    expect(await told(three)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^gradus engine: native: interpreter for 1 instructions, 3 elements; estimated µs a run: ${estimates}; compiled in ${number} ms\n$`,
        ),
      ),
    ])
    expect(await told(three)).toEqual([])
    expect(await told(() => chain(many(999), many(999)).data())).toEqual([
      expect.stringMatching(/^gradus engine: native: fused kernel for \d+ instructions, \d+ elements; estimated/),
    ])
    expect(
      await told(() =>
        ones([99, 98])
          .matmul(ones([98, 97]))
          .data(),
      ),
    ).toEqual([
      expect.stringMatching(
        /^gradus engine: native: session for \d+ instructions, \d+ elements; estimated µs a run: session /,
      ),
    ])
  })

  test('engine tells too where there is no choice', async () => {
    process.env.GRADUS_DEBUG = 'engine'
    setEngine('native', { always: true })
    expect(
      await told(() =>
        tensor([1, 2])
          .mul(tensor([5, 5]))
          .data(),
      ),
    ).toEqual([
      expect.stringMatching(/^gradus engine: native: session for 1 instructions, 2 elements; no choice; compiled in /),
    ])
    setEngine('reference')
    expect(
      await told(() =>
        tensor([1, 2])
          .mul(tensor([6, 5]))
          .data(),
      ),
    ).toEqual([
      expect.stringMatching(
        /^gradus engine: reference: session for 1 instructions, 2 elements; no choice; compiled in /,
      ),
    ])
    setEngine('native')
  })

  test('tells nothing where it is empty, and of anything else it is an error', async () => {
    process.env.GRADUS_DEBUG = ''
    expect(
      await told(() =>
        tensor([1, 2])
          .mul(tensor([8, 8]))
          .mul(1.25)
          .data(),
      ),
    ).toEqual([])
    process.env.GRADUS_DEBUG = 'engines'
    setEngine('native', { always: true })
    await expect(
      tensor([1, 2])
        .mul(tensor([9, 9]))
        .mul(1.75)
        .data(),
    ).rejects.toThrow(
      new EngineError('GRADUS_DEBUG: there is nothing to tell of "engines". Set it to engine, or leave it out.'),
    )
    setEngine('native')
  })
})
