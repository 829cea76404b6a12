import { ArgumentError } from '../core/errors.ts'
import { Slot } from '../engine/slot.ts'
import { add, fullLike } from '../ops/arithmetic.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { Optimizer } from './optimizer.ts'

/**
 * Sums gradients over parts of a batch, for batches that do not fit into memory at once: the memory of one part, the numbers of the whole.
 * Both methods do their work with the next evaluation, or in a compiled function at each call.
 */
export interface Accumulator {
  /** Adds the gradients of a scalar loss to the sums. Divide the losses of k equal parts by k where the whole batch has their mean. */
  add(loss: Tensor): void
  /** Updates with the sums, and begins anew. */
  step(): void
}

/**
 * A sum of gradients for an optimizer's parameters.
 *
 * @throws ArgumentError by `step` before anything was added
 * @example
 * const layer = linear(2, 1)
 * const sums = optim.accumulator(optim.sgd(layer, { learningRate: 0.1 }))
 * for (const part of tensor([[1, 2], [3, 4]]).split(2)) {
 *   const loss = mse(layer.forward(part), zeros([1, 1]))
 *   sums.add(loss.div(2))
 *   await evaluate(loss)
 * }
 * sums.step()
 * await evaluate()
 */
export const accumulator = (optimizer: Optimizer): Accumulator => {
  const { name } = optimizer.rule
  const slots = [...optimizer.parameters().values()].map(({ shape }) => {
    const size = shape.reduce((n, m) => n * m, 1)
    return new Slot(shape, { dtype: 'float32', array: new Float32Array(size) })
  })
  let added = false
  return {
    add(loss) {
      const gradients = optimizer.gradients(loss)
      for (const [i, slot] of slots.entries()) slot.write(add(slot.read(), gradients[i]!.node))
      added = true
    },
    step() {
      if (!added) throw new ArgumentError(`${name}: nothing was accumulated. Call add with a loss before step.`)
      optimizer.step(slots.map(slot => new Tensor(slot.read())))
      for (const slot of slots) slot.write(fullLike(slot.read(), 0))
    },
  }
}
