import { describe, expect, test } from 'vitest'
import { compile, fromArray, setSeed, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { signed } from '../models/filled.ts'

type Floats = Tensor<readonly number[], 'float32'>
const x = fromArray(signed('tokens', [2, 5, 6]), [2, 5, 6], 'float32') as Floats

describe('a mixture of experts', () => {
  test('adds up the experts that the router chose, by its probabilities', async () => {
    setSeed(2)
    const layer = nn.mixtureOfExperts(6, 10, { experts: 4, perToken: 2 })
    const { probabilities, chosen, weights } = layer.route(x)
    const [p, c, w] = (await Promise.all([probabilities, chosen, weights].map(t => t.data()))) as Float32Array[]
    const y = (await layer.forward(x).data()) as Float32Array
    const outs = await Promise.all(layer.experts.map(expert => expert.forward(x).data()))
    for (let token = 0; token < 10; token++) {
      const own = [...p!.subarray(4 * token, 4 * token + 4)]
      const best = [0, 1, 2, 3].sort((a, b) => own[b]! - own[a]!).slice(0, 2)
      const total = best.reduce((sum, e) => sum + own[e]!, 0)
      for (let e = 0; e < 4; e++) {
        expect(c![4 * token + e]).toBe(best.includes(e) ? 1 : 0)
        expect(w![4 * token + e]).toBeCloseTo(best.includes(e) ? own[e]! / total : 0, 5)
      }
      for (let i = 0; i < 6; i++) {
        const sum = best.reduce((s, e) => s + (own[e]! / total) * (outs[e]![6 * token + i] as number), 0)
        expect(y[6 * token + i]).toBeCloseTo(sum, 5)
      }
    }
  })

  test('is balanced at best, and unbalanced where all go to the same', async () => {
    const routing = (rows: number[][]) => {
      const t = fromArray(Float32Array.from(rows.flat()), [rows.length, rows[0]!.length], 'float32') as Floats
      return { probabilities: t, chosen: t, weights: t }
    }
    const even = routing([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
    const same = routing([
      [0, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
    ])
    expect(await nn.balanceLoss([even]).item()).toBeCloseTo(1)
    expect(await nn.balanceLoss([same]).item()).toBeCloseTo(3)
    // Layers count together: what one does too often another may do too seldom.
    expect(await nn.balanceLoss([even, same]).item()).toBeCloseTo(3 * ((1 / 6) ** 2 * 2 + (2 / 3) ** 2))
    expect(() => nn.balanceLoss([])).toThrow('balanceLoss: there are no routings.')
  })

  test('learns to use its experts alike by that loss, and does not without', async () => {
    const spread = async (weight: number): Promise<number> => {
      setSeed(5)
      const layer = nn.mixtureOfExperts(6, 8, { experts: 4, perToken: 1 })
      const many = fromArray(
        signed('many', [64, 6]).map(v => v + 0.7),
        [64, 6],
        'float32',
      ) as Floats
      const optimizer = adamw(layer, { learningRate: 0.02 })
      const step = compile(() => {
        const { y, routing } = layer.forwardRouted(many)
        const loss = y
          .sub(many)
          .square()
          .mean()
          .add(nn.balanceLoss([routing]).mul(weight))
        optimizer.step(optimizer.gradients(loss as never))
        return loss
      })
      for (let i = 0; i < 80; i++) await (await step()).item()
      return nn.balanceLoss([layer.route(many)]).item()
    }
    const [without, withIt] = [await spread(0), await spread(0.5)]
    expect(withIt).toBeLessThan(1.1)
    expect(without).toBeGreaterThan(withIt + 0.1)
  })

  test.each([
    [{ experts: 0 }, 'mixtureOfExperts: experts must be a whole number from 1; got 0.'],
    [{ experts: 3, perToken: 4 }, 'mixtureOfExperts: perToken must be a whole number from 1 to the 3 experts; got 4.'],
  ])('%j is refused', (options, message) => expect(() => nn.mixtureOfExperts(4, 4, options)).toThrow(message))
})
