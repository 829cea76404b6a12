// TensorFlow.js on WebAssembly.
import { availableParallelism } from 'node:os'
import { batchSeed, initial, integers, uniform } from '../numbers.mjs'
import { importPeer, versionOf } from './resolve.mjs'

const { default: tf } = await importPeer('@tensorflow/tfjs') // the package that registers gradients
const wasm = await importPeer('@tensorflow/tfjs-backend-wasm')
wasm.setThreadsCount(availableParallelism())
await tf.setBackend('wasm')
await tf.ready()
const versions = { 'tfjs-wasm': `${versionOf('@tensorflow/tfjs-backend-wasm')} (${wasm.getThreadsCount()} threads)` }

export const matmul = ({ n }) => {
  const [a, b] = [1, 2].map(seed => tf.tensor(uniform(seed, n * n), [n, n]))
  return {
    versions,
    step: () => tf.matMul(a, b),
    read: async c => {
      const value = (await c.data())[n + 1]
      c.dispose()
      return value
    },
  }
}

/** A training step of a classifier; parameters by name, in the order of the other sides, transposed. */
const classifier = ({ shapes, forward, inputShape, classes, low = 0, optimizer }) => {
  const parameters = Object.entries(shapes).map(([name, shape], i) =>
    tf.variable(tf.transpose(tf.tensor(initial(i, name, shape), shape)), true, name),
  )
  const byName = Object.fromEntries(parameters.map(p => [p.name, p]))
  const [batch] = inputShape
  const pixels = inputShape.reduce((a, b) => a * b)
  return {
    versions,
    parameters: parameters.reduce((total, p) => total + p.size, 0),
    draw: step => [uniform(batchSeed(step), pixels, low), integers(batchSeed(step, 1), batch, classes)],
    step: async (x, y) => {
      const loss = tf.tidy(() => {
        const labels = tf.oneHot(tf.tensor1d(y, 'int32'), classes)
        const inputs = tf.tensor(x, inputShape)
        const lossOf = () => tf.losses.softmaxCrossEntropy(labels, forward(byName, inputs))
        return optimizer.minimize(lossOf, true, parameters)
      })
      const [value] = await loss.data()
      loss.dispose()
      return value
    },
  }
}
/** Weights as [in, out], as its own layers have them. */
const linear = (p, name, x) => tf.add(tf.matMul(x, p[`${name}.weight`]), p[`${name}.bias`])

export const mlp = ({ batch, widths: [a, b, c, d] }) =>
  classifier({
    shapes: {
      '0.weight': [b, a],
      '0.bias': [b],
      '2.weight': [c, b],
      '2.bias': [c],
      '4.weight': [d, c],
      '4.bias': [d],
    },
    forward: (p, x) => linear(p, '4', tf.relu(linear(p, '2', tf.relu(linear(p, '0', x))))),
    inputShape: [batch, a],
    classes: d,
    optimizer: tf.train.adam(1e-3),
  })

/** What its WebAssembly has no kernel for is told by its own error, before a model is written in vain. */
const refusedGradient = f => () => {
  tf.grad(f)(tf.ones([2, 2, 2, 2]))
  throw new Error('it has the gradient after all: this side of the workload can be written')
}
export const lenet = refusedGradient(filter => tf.sum(tf.conv2d(tf.ones([1, 4, 4, 2]), filter, 1, 'same')))
export const resnet = lenet
export const lstm = refusedGradient(table => tf.sum(tf.gather(table, tf.tensor1d([0, 1], 'int32'))))
export const gpt = lstm
