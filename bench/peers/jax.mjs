// jax-js, in Node on WebAssembly. Every use of an array consumes it; `ref` keeps it.
import { batchSeed, initial, integers, uniform } from '../numbers.mjs'
import { backend, cores, importPeer, versionOf } from './resolve.mjs'
import { gptShapes } from './shapes.mjs'

const jax = await importPeer('@jax-js/jax')
if (!(await jax.init(backend)).includes(backend)) throw new Error(`it finds no ${backend} here`)
jax.defaultDevice(backend)
const { numpy: np, nn, lax, tree } = jax
/** Of WebAssembly: a worker for each core, where memory can be shared between them. */
export const threads = backend === 'wasm' && globalThis.crossOriginIsolated ? cores : null
const versions = { 'jax-js': versionOf('@jax-js/jax') }
const array = (data, shape) => np.array(data).reshape(shape)

export const matmul = ({ n }) => {
  const [a, b] = [1, 2].map(seed => array(uniform(seed, n * n), [n, n]))
  const product = jax.jit((a, b) => np.matmul(a, b))
  return {
    versions,
    step: () => jax.blockUntilReady(product(a.ref, b.ref)),
    read: async c => (await c.data())[n + 1],
  }
}

/** Adam, with decoupled decay of matrices, for one parameter; `t` is the update's number, as an array. */
const adam = ({ learningRate, weightDecay = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }) => ({
  sections: 2,
  update: (p, g, [m, v], t) => {
    const m1 = m.mul(beta1).add(g.ref.mul(1 - beta1))
    const v1 = v.mul(beta2).add(np.square(g).mul(1 - beta2))
    const correction = beta => np.array(1).sub(np.exp(t.ref.mul(Math.log(beta))))
    const step = m1.ref.div(correction(beta1)).div(np.sqrt(v1.ref.div(correction(beta2))).add(epsilon))
    t.dispose()
    const kept = p.shape.length >= 2 ? 1 - learningRate * weightDecay : 1
    return [p.mul(kept).sub(step.mul(learningRate)), [m1, v1]]
  },
})
const sgd = ({ learningRate, momentum }) => ({
  sections: 1,
  update: (p, g, [v], t) => {
    t.dispose()
    const v1 = v.mul(momentum).add(g)
    return [p.sub(v1.ref.mul(learningRate)), [v1]]
  },
})

/** Gradients scaled down so that their norm is at most `limit`. */
const clipped = (gradients, limit) => {
  const norm = np.sqrt(
    tree
      .leaves(gradients)
      .map(g => np.sum(np.square(g.ref)))
      .reduce((a, b) => a.add(b)),
  )
  const scale = np.minimum(np.array(limit).div(norm.add(1e-6)), 1)
  const scaled = tree.map(g => g.mul(scale.ref), gradients)
  scale.dispose()
  return scaled
}

const sizeOf = shape => shape.reduce((a, b) => a * b, 1)

/** A training step as one compiled function; `draw` gives typed arrays, which `inputs` makes into arrays. */
const training = ({ shapes, bound, lossOf, draw, inputs, optimizer, clipNorm }) => {
  const names = Object.keys(shapes)
  const first = (name, i) => array(initial(i, name, shapes[name], bound), shapes[name])
  const zeros = name => Array.from({ length: optimizer.sections }, () => np.zeros(shapes[name]))
  let p = Object.fromEntries(names.map((name, i) => [name, first(name, i)]))
  let state = Object.fromEntries(names.map(name => [name, zeros(name)]))
  const update = jax.jit((p, state, x, y, t) => {
    const [loss, gradients] = jax.valueAndGrad(lossOf)(tree.ref(p), x, y)
    const g = clipNorm ? clipped(gradients, clipNorm) : gradients
    const after = {}
    const kept = {}
    for (const name of names) [after[name], kept[name]] = optimizer.update(p[name], g[name], state[name], t.ref)
    t.dispose()
    return [loss, after, kept]
  })
  let updates = 0
  return {
    versions,
    parameters: names.reduce((total, name) => total + sizeOf(shapes[name]), 0),
    draw,
    step: async (...batch) => {
      updates++
      const [loss, after, kept] = update(p, state, ...inputs(...batch), np.array(updates))
      ;[p, state] = [after, kept]
      await jax.blockUntilReady([tree.ref(p), tree.ref(state)]).then(tree.dispose)
      return (await loss.data())[0]
    },
  }
}

/** Mean −ln p of the classes, from logits `[N, classes]`. */
const crossEntropy = (logits, y) => {
  const [n, classes] = logits.shape
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(y, classes))
    .sum()
    .mul(-1 / n)
}

const classifier = ({ forward, inputShape, classes, low = 0, ...more }) =>
  training({
    ...more,
    lossOf: (p, x, y) => crossEntropy(forward(p, x), y),
    draw: step => [
      uniform(batchSeed(step), sizeOf(inputShape), low),
      integers(batchSeed(step, 1), inputShape[0], classes),
    ],
    inputs: (x, y) => [array(x, inputShape), np.array(y)],
  })

/** Weights as [out, in]: the other sides' layout. */
const linear = (p, name, x) => np.matmul(x, np.matrixTranspose(p[`${name}.weight`])).add(p[`${name}.bias`])

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
    forward: (p, x) => linear(p, '4', nn.relu(linear(p, '2', nn.relu(linear(p, '0', x))))),
    inputShape: [batch, a],
    classes: d,
    optimizer: adam({ learningRate: 1e-3 }),
  })

const convolution = (p, name, x, padding) => {
  const channels = p[`${name}.bias`].shape[0]
  return lax.conv(x, p[`${name}.weight`], [1, 1], padding).add(p[`${name}.bias`].reshape([1, channels, 1, 1]))
}
/** Mean of windows of 2 × 2. */
const halved = x => {
  const [n, c, h, w] = x.shape
  return x.reshape([n, c, h / 2, 2, w / 2, 2]).mean([3, 5])
}
export const lenet = ({ batch, image }) =>
  classifier({
    shapes: {
      'c1.weight': [6, 1, 5, 5],
      'c1.bias': [6],
      'c2.weight': [16, 6, 5, 5],
      'c2.bias': [16],
      'l1.weight': [120, 400],
      'l1.bias': [120],
      'l2.weight': [84, 120],
      'l2.bias': [84],
      'l3.weight': [10, 84],
      'l3.bias': [10],
    },
    forward: (p, x) => {
      const y = halved(np.tanh(convolution(p, 'c1', x, 'SAME')))
      const z = halved(np.tanh(convolution(p, 'c2', y, 'VALID'))).reshape([batch, 400])
      return linear(p, 'l3', np.tanh(linear(p, 'l2', np.tanh(linear(p, 'l1', z)))))
    },
    inputShape: [batch, ...image],
    classes: 10,
    low: -1,
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
  })

export const gpt = ({ batch: B, tokens: T, ...config }) => {
  const { vocabSize, numLayers, numHeads, embedDim: C } = config
  const affine = (p, name, x) => np.matmul(x, p[`${name}.weight`]).add(p[`${name}.bias`])
  const norm = (p, name, x) => nn.standardize(x, -1).mul(p[`${name}.weight`]).add(p[`${name}.bias`])
  // Its dotProductAttention needs a newer Node than 20: by hand.
  const attention = (p, i, x) => {
    const heads = t => np.transpose(t.reshape([B, T, numHeads, C / numHeads]), [0, 2, 1, 3])
    const [q, k, v] = np.split(affine(p, `${i}.attn`, x), 3, -1).map(heads)
    const hidden = np.triu(np.full([T, T], -1e9), 1)
    const scores = np.matmul(q.mul(1 / Math.sqrt(C / numHeads)), np.matrixTranspose(k)).add(hidden)
    const mixed = np.transpose(np.matmul(nn.softmax(scores, -1), v), [0, 2, 1, 3])
    return affine(p, `${i}.proj`, mixed.reshape([B, T, C]))
  }
  const block = (p, i, x) => {
    const mid = x.ref.add(attention(p, i, norm(p, `${i}.ln_1`, x)))
    const inner = nn.gelu(affine(p, `${i}.fc`, norm(p, `${i}.ln_2`, mid.ref)), { approximate: true })
    return mid.add(affine(p, `${i}.fc_proj`, inner))
  }
  const lossOf = (p, ids, targets) => {
    let x = np.take(p.wte.ref, ids, 0).add(p.wpe)
    for (let i = 0; i < numLayers; i++) x = block(p, i, x)
    const logits = np.matmul(norm(p, 'ln_f', x), np.matrixTranspose(p.wte))
    return crossEntropy(logits.reshape([B * T, vocabSize]), targets.reshape([B * T]))
  }
  return training({
    shapes: gptShapes(config),
    bound: 0.035,
    lossOf,
    draw: step => [0, 1].map(part => integers(batchSeed(step, part), B * T, vocabSize)),
    inputs: (...ids) => ids.map(data => array(data, [B, T])),
    optimizer: adam({ learningRate: 1e-3, weightDecay: 0.1, beta2: 0.99 }),
    clipNorm: 1,
  })
}

export const adamw = ({ matrices, width }) => {
  const shape = [width, width]
  const range = Array.from({ length: matrices }, (_, i) => i)
  const rule = adam({ learningRate: 1e-3, weightDecay: 0.1 })
  const gradients = range.map(i => array(uniform(100 + i, width ** 2, -1), shape))
  let p = range.map(i => array(initial(i, 'weight', shape), shape))
  let state = range.map(() => [np.zeros(shape), np.zeros(shape)])
  const update = jax.jit((p, g, state, t) => {
    const pairs = p.map((x, i) => rule.update(x, g[i], state[i], t.ref))
    t.dispose()
    return [pairs.map(pair => pair[0]), pairs.map(pair => pair[1])]
  })
  let updates = 0
  return {
    versions,
    parameters: matrices * width ** 2,
    step: async () => {
      updates++
      ;[p, state] = update(p, tree.ref(gradients), state, np.array(updates))
      await jax.blockUntilReady([tree.ref(p), tree.ref(state)]).then(tree.dispose)
    },
    read: async () => (await p[1].ref.data())[1],
  }
}
