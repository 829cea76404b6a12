import { describe, expect, test } from 'vitest'
import { ArgumentError, ShapeError } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectError } from '../optim/expect.ts'

const matrix = [300, 500] as const
/** fanIn 30 · 9 = 270, fanOut 80 · 9 = 720. */
const kernel = [80, 30, 3, 3] as const

const momentsOf = (values: Float32Array): { mean: number; variance: number; largest: number } => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
  return { mean, variance, largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) }
}

// The variance of 21,600 numbers or more is known to 1 % (normal) or better (uniform): 4 % is beyond chance.
describe('the variance of', () => {
  test.each<readonly [string, nn.Initializer, readonly number[], number, 'uniform' | 'normal']>([
    ['uniformInit(-2, 2)', nn.uniformInit(-2, 2), matrix, 4 / 3, 'uniform'],
    ['normalInit', nn.normalInit(), matrix, 1, 'normal'],
    ['normalInit of a given spread', nn.normalInit({ std: 0.02 }), matrix, 0.0004, 'normal'],
    ['xavierUniform', nn.xavierUniform(), matrix, 2 / 800, 'uniform'],
    ['xavierUniform on a kernel', nn.xavierUniform(), kernel, 2 / 990, 'uniform'],
    ['xavierUniform with a gain', nn.xavierUniform({ gain: 5 / 3 }), matrix, (25 / 9) * (2 / 800), 'uniform'],
    ['xavierNormal', nn.xavierNormal(), matrix, 2 / 800, 'normal'],
    ['xavierNormal on a kernel', nn.xavierNormal({ gain: 2 }), kernel, 8 / 990, 'normal'],
    ['heUniform', nn.heUniform(), matrix, 2 / 500, 'uniform'],
    ['heUniform backwards', nn.heUniform({ mode: 'out' }), matrix, 2 / 300, 'uniform'],
    ['heUniform on a kernel', nn.heUniform({ gain: 1 }), kernel, 1 / 270, 'uniform'],
    ['heNormal', nn.heNormal(), matrix, 2 / 500, 'normal'],
    ['heNormal on a kernel backwards', nn.heNormal({ mode: 'out' }), kernel, 2 / 720, 'normal'],
  ])('%s is the documented one, around 0', (_name, init, shape, variance, kind) => {
    const values = init(shape, new Generator(11))
    expect(values.length).toBe(shape.reduce((a, b) => a * b))
    const found = momentsOf(values)
    expect(Math.abs(found.mean)).toBeLessThan(5 * Math.sqrt(variance / values.length))
    expect(Math.abs(found.variance / variance - 1)).toBeLessThan(0.04)
    // A uniform distribution ends at √3 standard deviations, and comes close; a normal one goes well beyond.
    const edge = found.largest / Math.sqrt(3 * variance)
    if (kind === 'uniform') {
      expect(edge).toBeLessThan(1 + 1e-6)
      expect(edge).toBeGreaterThan(0.99)
    } else expect(edge).toBeGreaterThan(1.8)
  })
})

describe('an initialiser', () => {
  test('is uniform from low to below high, normal around a mean, or constant', () => {
    const uniform = nn.uniformInit(3, 5)(matrix, new Generator(1))
    expect(uniform.every(x => x >= 3 && x < 5)).toBe(true)
    expect(momentsOf(nn.normalInit({ mean: 7, std: 0.1 })(matrix, new Generator(1))).mean).toBeCloseTo(7, 2)
    expect([...nn.constantInit(-2)([2, 2], new Generator(1))]).toEqual([-2, -2, -2, -2])
  })

  test('depends on the generator alone, which moves on', () => {
    for (const init of [nn.uniformInit(0, 1), nn.normalInit(), nn.heNormal(), nn.xavierUniform(), nn.orthogonal()]) {
      const source = new Generator(6)
      const first = init([3, 5], source)
      expect(init([3, 5], new Generator(6))).toEqual(first)
      expect(init([3, 5], source)).not.toEqual(first)
    }
  })

  test.each([nn.xavierUniform, nn.xavierNormal, nn.heUniform, nn.heNormal] as const)(
    'that looks at fans refuses a shape without: case %#',
    make => {
      const name = make.name
      return expectError(
        () => make()([5], new Generator(0)),
        ArgumentError,
        `${name}: [5] has no fan: at least two axes [out, in, ...] are needed. Use normal, uniform or constant.`,
      )
    },
  )

  test('of a parameter must give as many numbers as its shape has', () =>
    expectError(
      () => new nn.Parameter([2, 3], () => new Float32Array(5)),
      ShapeError,
      'parameter: the initialiser gave 5 numbers for [2, 3], which has 6 elements.',
    ))
})

describe('orthogonal', () => {
  test.each([
    ['square', [40, 40], 1],
    ['wide', [20, 50], 1],
    ['tall', [50, 20], 1],
    ['scaled', [30, 10], Math.SQRT2],
    ['a kernel, whose rows are the output channels', [8, 3, 3, 3], 1],
    ['a row', [1, 7], 1],
  ] as const)('gives lines of length gain at right angles: %s', (_name, shape, gain) => {
    const values = nn.orthogonal({ gain })(shape, new Generator(3))
    const rows = shape[0]
    const cols = values.length / rows
    const count = Math.min(rows, cols)
    // Rows of a wide matrix, columns of a tall one.
    const at = (line: number, k: number): number => (rows <= cols ? values[line * cols + k]! : values[k * cols + line]!)
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        let product = 0
        for (let k = 0; k < Math.max(rows, cols); k++) product += at(i, k) * at(j, k)
        expect(Math.abs(product - (i === j ? gain * gain : 0)), `${i}, ${j}`).toBeLessThan(1e-6)
      }
    }
  })

  test('refuses a shape without two axes', () =>
    expectError(
      () => nn.orthogonal()([4], new Generator(0)),
      ArgumentError,
      'orthogonal: [4] has fewer than two axes. Use it for matrices and kernels.',
    ))
})
