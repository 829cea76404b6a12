import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Slot } from '../../src/engine/slot.ts'
import { affine } from '../../src/tensor/functions.ts'
import {
  GradientError,
  grad,
  ones,
  type Shape,
  setEngine,
  Tensor,
  tensor,
  valueAndGrad,
  vjp,
  zeros,
} from '../../src/index.ts'

beforeEach(() => setEngine('reference'))
afterEach(() => setEngine('native', { always: true }))

type F = Tensor<Shape, 'float32'>
type Scalar = Tensor<readonly [], 'float64'>

describe('the gradient', () => {
  test('of a gradient is the second derivative, and so on', async () => {
    const cube = (x: Scalar): Tensor => x.mul(x).mul(x)
    const first = grad(cube)
    const second = grad((x: Scalar) => first(x))
    const third = grad((x: Scalar) => second(x))
    const x = tensor(2, 'float64')
    expect([await first(x).item(), await second(x).item(), await third(x).item()]).toEqual([12, 12, 6])
  })

  test('of a norm of a gradient (a gradient penalty) reaches the parameters', async () => {
    // f = Σ w x², ∂f/∂x = 2 w x, and the sum of its squares 4 Σ w² x² has the gradient 8 w x².
    const penalty = (w: F, x: F): F =>
      grad((x: F) => w.mul(x).mul(x).sum())(x)
        .square()
        .sum()
    expect(await grad(penalty)(tensor([1, 2, 3]), tensor([1, 2, -1])).toArray()).toEqual([8, 64, 24])
  })

  test('has the structure of the argument', async () => {
    const loss = (p: { w: F; deep: readonly F[]; name: string }): F =>
      p.w.mul(2).sum().add(p.deep[0]!.mul(p.deep[1]!).sum())
    const gradient = grad(loss)({ w: ones([2]), deep: [tensor([3]), tensor([4])], name: 'kept' })
    expect(await gradient.w.toArray()).toEqual([2, 2])
    expect(await gradient.deep[0]!.toArray()).toEqual([4])
    expect(await gradient.deep[1]!.toArray()).toEqual([3])
    expect(gradient.name).toBe('kept')
  })

  test('is zero for what the function does not depend on', async () => {
    const gradient = grad((p: readonly F[]) => p[0]!.sum())([ones([2]), ones([2, 2])])
    expect(await gradient[1]!.toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  test('is taken by the first argument only', async () => {
    const gradient = grad((x: F, y: F, factor: number) => x.mul(y).mul(factor).sum())
    expect(await gradient(tensor([1, 2]), tensor([3, 4]), 10).toArray()).toEqual([30, 40])
  })

  test('adds up over every use of a value', async () => {
    const f = (x: F): F => {
      const y = x.mul(2)
      return y.mul(y).add(y).add(x).sum()
    }
    // f = 4x² + 3x.
    expect(await grad(f)(tensor([1, 5])).toArray()).toEqual([11, 43])
  })

  test('comes to a value in the middle of a graph', async () => {
    const x = tensor([1, 2])
    const y = x.mul(3)
    const gradient = grad((y: F) => y.mul(y).sum())(y)
    expect(await gradient.toArray()).toEqual([6, 12])
  })

  test('of both a value and what it comes from counts the way through', async () => {
    const x = tensor([1, 2])
    const y = x.mul(3)
    const [dx, dy] = grad((p: readonly F[]) => p[1]!.mul(p[1]!).sum())([x, y])
    expect([await dx!.toArray(), await dy!.toArray()]).toEqual([
      [18, 36],
      [6, 12],
    ])
  })

  test('stops at stopGradient and at integers', async () => {
    expect(await grad((x: F) => x.stopGradient().mul(x).sum())(tensor([3])).toArray()).toEqual([3])
    expect(await grad((x: F) => x.to('int32').to('float32').mul(x).sum())(tensor([3.5])).toArray()).toEqual([3])
  })

  test('passes between float32 and float64', async () => {
    const gradient = grad((x: F) => x.to('float64').square().sum())(tensor([3]))
    expect(gradient.dtype).toBe('float32')
    expect(await gradient.toArray()).toEqual([6])
  })

  test('of 5,000 operations one after another does not exhaust the stack', async () => {
    const chain = (x: F): F => {
      let y = x
      for (let i = 0; i < 5_000; i++) y = y.mul(1)
      return y.sum()
    }
    expect(await grad(chain)(tensor([1, 2])).toArray()).toEqual([1, 1])
  })

  test('of empty tensors is empty', async () => {
    const gradient = grad((x: F) => x.exp().sum())(zeros([0, 3]))
    expect(gradient.shape).toEqual([0, 3])
    expect(await gradient.data()).toHaveLength(0)
  })
})

describe('beside the gradient', () => {
  test('valueAndGrad gives the value', async () => {
    const { value, gradient } = valueAndGrad((x: F) => x.square().sum())(tensor([1, 2]))
    expect([await value.item(), await gradient.toArray()]).toEqual([5, [2, 4]])
  })

  test('vjp gives the value and pulls cotangents back, also after the value was computed', async () => {
    const { value, pullback } = vjp(x => x.mul(x), tensor([1, 2]))
    expect(await value.toArray()).toEqual([1, 4])
    expect(await pullback(tensor([1, 10])).toArray()).toEqual([2, 40])
    expect(await pullback(tensor([1, 1])).toArray()).toEqual([2, 4])
  })
})

describe('a value that was computed before the gradient is taken', () => {
  const slot = new Slot([2], { dtype: 'float32', array: Float32Array.of(1, 2) })
  const parameter = (): F => new Tensor(slot.read())
  const by = (loss: Tensor): F => grad((_: F) => loss)(parameter())

  test('is an error, not a gradient of zero: it has forgotten its parameters', async () => {
    const loss = parameter().square().sum()
    await loss.item()
    expect(() => by(loss)).toThrow(GradientError)
    const hidden = parameter().exp()
    const after = hidden.mul(2).sum()
    await hidden.data()
    expect(() => by(after)).toThrow(GradientError)
  })

  test('is remembered through further computed values', async () => {
    const hidden = parameter().exp()
    await hidden.data()
    const next = hidden.add(1)
    await next.data()
    expect(() => by(next.sum())).toThrow(GradientError)
  })

  test('may stand as a constant, where it is marked as one', async () => {
    const hidden = parameter().mul(10)
    await hidden.data()
    const gradient = by(hidden.stopGradient().mul(parameter()).sum())
    expect(await gradient.toArray()).toEqual([10, 20])
  })

  test('is a constant anyway where it came from other parameters, or none', async () => {
    const other = new Slot([2], { dtype: 'float32', array: Float32Array.of(3, 4) })
    const fromOther = new Tensor<readonly [2], 'float32'>(other.read()).mul(2)
    const data = tensor([5, 6]).add(1)
    await fromOther.data()
    await data.data()
    expect(await by(parameter().mul(fromOther).mul(data).sum()).toArray()).toEqual([36, 56])
  })
})

test('an input of a composition that is computed from another input counts once', async () => {
  const f = (x: Tensor<readonly [2, 2]>) => affine(x, x.mul(1), tensor([1, 1])).sum()
  const x = tensor([
    [1, 2],
    [3, 4],
  ])
  const same = grad((x: Tensor<readonly [2, 2]>) => x.matmul(x).sum())(x)
  expect(await grad(f)(x).toArray()).toEqual(await same.toArray())
  expect(await same.toArray()).toEqual([
    [7, 11],
    [9, 13],
  ])
})
