// TensorFlow.js, in Node on WebAssembly.
import { batchSeed, initial, integers, uniform } from '../numbers.mjs'
import { backend, cores, importPeer, versionOf, wasmFiles } from './resolve.mjs'
import { gptShapes } from './shapes.mjs'

const module = await importPeer('@tensorflow/tfjs') // the package that registers gradients
const tf = module.default ?? module // Node has it as CommonJS
const packageName = `@tensorflow/tfjs-backend-${backend}`
const own = await importPeer(packageName)
if (backend === 'wasm') {
  own.setThreadsCount(cores)
  if (wasmFiles) own.setWasmPaths(wasmFiles)
}
if (!(await tf.setBackend(backend))) throw new Error(`it finds no ${backend} here`)
await tf.ready()
/** Of WebAssembly; it takes half the cores at most, whatever it is told. */
export const threads = backend === 'wasm' ? own.getThreadsCount() : null
const versions = { [`tfjs-${backend}`]: versionOf(packageName) }

export const matmul = ({ n }) => {
  const [a, b] = [1, 2].map(seed => tf.tensor(uniform(seed, n * n), [n, n]))
  return {
    versions,
    step: async () => {
      const c = tf.matMul(a, b)
      if (backend === 'webgpu') await c.data() // nothing else waits for the device
      return c
    },
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

const affine = (p, name, x) => {
  const [from] = p[`${name}.weight`].shape
  const [B, T] = x.shape // its product of three axes by two is slower
  const y = tf.matMul(tf.reshape(x, [B * T, from]), p[`${name}.weight`])
  return tf.reshape(tf.add(y, p[`${name}.bias`]), [B, T, -1])
}
const norm = (p, name, x) => {
  const centered = tf.sub(x, tf.mean(x, -1, true))
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), 1e-5))
  return tf.add(tf.mul(tf.mul(centered, scale), p[`${name}.weight`]), p[`${name}.bias`])
}
/** GELU by tanh. */
const gelu = x => {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI))
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1))
}
const attention = (p, i, x, { numHeads, hidden }) => {
  const [B, T, C] = x.shape
  const heads = t => tf.transpose(tf.reshape(t, [B, T, numHeads, C / numHeads]), [0, 2, 1, 3])
  const [q, k, v] = tf.split(affine(p, `${i}.attn`, x), 3, -1).map(heads)
  const scores = tf.add(tf.matMul(tf.mul(q, 1 / Math.sqrt(C / numHeads)), k, false, true), hidden)
  const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3])
  return affine(p, `${i}.proj`, tf.reshape(mixed, [B, T, C]))
}
const block = (p, i, x, config) => {
  const mid = tf.add(x, attention(p, i, norm(p, `${i}.ln_1`, x), config))
  return tf.add(mid, affine(p, `${i}.fc_proj`, gelu(affine(p, `${i}.fc`, norm(p, `${i}.ln_2`, mid)))))
}

/** Rows of the token table by a product with one-hot rows: its WebAssembly has no gradient of a look-up. */
export const gpt = ({ batch: B, tokens: T, ...config }) => {
  const { vocabSize, numLayers, embedDim: C } = config
  const [learningRate, weightDecay, clipNorm] = [1e-3, 0.1, 1]
  const shapes = gptShapes(config)
  const parameters = Object.entries(shapes).map(([name, shape], i) =>
    tf.variable(tf.tensor(initial(i, name, shape, 0.035), shape), true, name),
  )
  const p = Object.fromEntries(parameters.map(variable => [variable.name, variable]))
  const hidden = tf.tensor(
    Float32Array.from({ length: T * T }, (_, at) => (at % T > Math.floor(at / T) ? -1e9 : 0)),
    [T, T],
  )
  const optimizer = tf.train.adam(learningRate, 0.9, 0.99, 1e-8)
  const lossOf = (ids, targets) => {
    let x = tf.add(tf.reshape(tf.matMul(ids, p.wte), [B, T, C]), p.wpe)
    for (let i = 0; i < numLayers; i++) x = block(p, i, x, { ...config, hidden })
    const logits = tf.matMul(tf.reshape(norm(p, 'ln_f', x), [B * T, C]), p.wte, false, true)
    return tf.losses.softmaxCrossEntropy(targets, logits)
  }
  const update = (...batch) => {
    const [ids, targets] = batch.map(data => tf.cast(tf.oneHot(tf.tensor1d(data, 'int32'), vocabSize), 'float32'))
    const { value, grads } = tf.variableGrads(() => lossOf(ids, targets), parameters)
    const total = tf.addN(Object.values(grads).map(g => tf.sum(tf.square(g))))
    const scale = tf.minimum(tf.div(clipNorm, tf.add(tf.sqrt(total), 1e-6)), 1)
    for (const variable of parameters)
      if (variable.rank >= 2) variable.assign(tf.mul(variable, 1 - learningRate * weightDecay))
    optimizer.applyGradients(Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, scale)])))
    return value
  }
  return {
    versions,
    parameters: parameters.reduce((total, variable) => total + variable.size, 0),
    draw: step => [0, 1].map(part => integers(batchSeed(step, part), B * T, vocabSize)),
    step: async (...batch) => {
      const loss = tf.tidy(() => update(...batch))
      const [value] = await loss.data()
      loss.dispose()
      return value
    },
  }
}

/** What its WebAssembly has no kernel for is told by its own error, before a model is written in vain. */
const refusedGradient = f => () => {
  tf.grad(f)(tf.ones([2, 2, 2, 2]))
  throw new Error('it has the gradient after all: this side of the workload can be written')
}
export const lenet = refusedGradient(filter => tf.sum(tf.conv2d(tf.ones([1, 4, 4, 2]), filter, 1, 'same')))
export const resnet = lenet
export const lstm = refusedGradient(table => tf.sum(tf.gather(table, tf.tensor1d([0, 1], 'int32'))))
