// What the Gradus sides of the training workloads share.
import { compile } from 'gradus'
import { initial } from './numbers.mjs'

/** Gives a model the values that every side begins with. */
export const initialize = (model, bound) => {
  const state = new Map()
  for (const [name, { shape }] of model.namedParameters()) {
    state.set(name, { dtype: 'float32', shape, data: initial(state.size, name, shape, bound) })
  }
  model.loadState(state, { strict: false }) // running statistics keep theirs
}

/** A training step: gradients, update and loss in one compiled function; the loss is read. */
export const training = ({ model, optimizer, loss, draw }) => {
  const update = compile((...batch) => {
    const value = loss(...batch)
    optimizer.step(optimizer.gradients(value))
    return value
  })
  return { parameters: model.parameterCount(), draw, step: async (...batch) => (await update(...batch)).item() }
}
