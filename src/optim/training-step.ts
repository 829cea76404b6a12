import { refuseWrites } from '../engine/slot.ts'
import type { Node } from '../graph/node.ts'
import { instantiate, programOf } from '../graph/program.ts'

import { fromArray, tensor } from '../tensor/creation.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { Optimizer } from './optimizer.ts'

/** Parameters (`p`) and the optimizer's state (`m`, `v`, …), each by the parameter's name. */
export type TrainingState = Readonly<Record<string, Readonly<Record<string, Tensor>>>>

/** A training step without side effects: everything that changes goes in and comes out. */
export interface TrainingStep<A extends readonly Tensor[]> {
  /** What parameters and optimizer hold now. */
  readonly state: TrainingState
  /** The numbers that the rule needs at an update, counted from 1, such as the rate with Adam's correction. */
  readonly hyper: (update: number) => Readonly<Record<string, Tensor>>
  /** One update: the loss before it, and everything after it. */
  readonly step: (
    state: TrainingState,
    hyper: Readonly<Record<string, Tensor>>,
    ...batch: A
  ) => { readonly loss: Tensor; readonly state: TrainingState }
}

/**
 * The whole of a training step (loss, gradients, clipping, update) as a pure function of tensors, which can be exported to ONNX and run by
 * any engine of it.
 *
 * @param loss a scalar of a batch, computed with the optimizer's parameters
 * @example
 * const layer = linear(4, 1)
 * const { state, hyper, step } = trainingStep(adamw(layer, { learningRate: 0.1 }), (x: Tensor<Shape, 'float32'>, y: Tensor<Shape, 'float32'>) => mse(layer.forward(x), y))
 * const after = step(state, hyper(1), ones([2, 4]), zeros([2, 1]))
 * const bytes = await exportOnnx(step, { state, hyper: hyper(1), x: ones([2, 4]), y: zeros([2, 1]) })
 */
export const trainingStep = <A extends readonly Tensor[]>(
  optimizer: Optimizer,
  loss: (...batch: A) => Tensor,
): TrainingStep<A> => {
  const parameters = optimizer.parameters()
  const sections = ['p', ...Object.keys(optimizer.rule.state)]
  const saved = optimizer.state()
  const valuesOf = (section: string, name: string): Tensor => {
    const { shape, data } =
      section === 'p'
        ? { shape: parameters.get(name)!.shape, data: parameters.get(name)!.buffer.array as Float32Array }
        : saved.get(`${section}.${name}`)!
    return fromArray(Float32Array.from(data as Float32Array), shape, 'float32')
  }
  const state = Object.fromEntries(
    sections.map(s => [s, Object.fromEntries([...parameters.keys()].map(name => [name, valuesOf(s, name)]))]),
  )
  return {
    state,
    hyper: update => Object.fromEntries(Object.entries(optimizer.hyperAt(update)).map(([k, v]) => [k, tensor(v)])),
    step: (given, hyper, ...batch) => {
      const value = refuseWrites('trainingStep', () => loss(...batch))
      const slots = [...parameters.values()].map(p => p.read())
      // The same graph, with the given parameters in the place of the model's own.
      const outputs = [value.node, ...optimizer.gradients(value).map(g => g.node)]
      const { program, leaves } = programOf(outputs, slots)
      const names = [...parameters.keys()]
      const own = names.map(name => given.p![name]!.node)
      const [lossNode, ...grads] = instantiate(program, [...own, ...leaves.slice(slots.length)])
      const values = names.map((name, i) => ({
        ...Object.fromEntries(sections.map(s => [s, given[s]![name]!.node])),
        g: grads[i]!,
      }))
      const numbers = Object.fromEntries(Object.entries(hyper).map(([k, v]) => [k, v.node]))
      const next = optimizer.updateNodes(values, numbers)
      const after = sections.map(s => [
        s,
        Object.fromEntries(names.map((name, i) => [name, new Tensor(next[i]![s] as Node)])),
      ])
      return { loss: new Tensor(lossNode!), state: Object.fromEntries(after) }
    },
  }
}
