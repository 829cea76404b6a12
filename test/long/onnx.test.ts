import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type ImageDataset, mnist } from '../../src/data/index.ts'
import * as ort from 'onnxruntime-node'
import { compile, crossEntropy, fromArray, setSeed, type Tensor, vmap, zeros } from '../../src/index.ts'
import { exportOnnx, importOnnxFile, type OnnxModel } from '../../src/io/index.ts'
import { adamw } from '../../src/optim/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const data = process.env.GRADUS_DATA ?? join(root, '..', 'shared', 'data')
const path = join(data, 'checkpoints', 'onnx', 'mnist-8.onnx')
const images = join(data, 'images', 'mnist')

/** The model takes one image; a batch is the model over a further axis. */
const scoresOf = (model: OnnxModel) => {
  const one = (image: Tensor): Tensor => model.run([image]).Plus214_Output_0!.reshape([10])
  return (batch: Tensor): Tensor => vmap(one)(batch.reshape([-1, 1, 1, 28, 28]))
}

const accuracy = async (model: OnnxModel, { x, y }: ImageDataset): Promise<number> => {
  const classify = compile((batch: Tensor) => scoresOf(model)(batch).argmax(1))
  const size = 500
  let right = 0
  for (let at = 0; at < y.data.length; at += size) {
    const batch = fromArray(x.data.slice(at * 784, (at + size) * 784), [size, 28, 28], 'float32')
    const classes = await (await classify(batch)).data()
    for (const [i, c] of classes.entries()) if (Number(c) === y.data[at + i]) right++
  }
  return right / y.data.length
}

test('a convolutional network from an ONNX file classifies MNIST, and fine-tuning it does not make it worse', async context => {
  if (!existsSync(path) || !existsSync(images))
    context.skip('no checkpoints/onnx and images/mnist in GRADUS_DATA or ../shared/data')
  setSeed(1)
  const digits = await mnist({ folder: images })
  const model = await importOnnxFile(path)
  expect(model.parameterCount()).toBe(5994)
  const before = await accuracy(model, digits.test)
  expect(before).toBeGreaterThanOrEqual(0.985)

  const optimizer = adamw(model, { learningRate: 3e-4 })
  const scores = scoresOf(model)
  const size = 64
  const { x, y } = digits.train
  for (let k = 0; k < 200; k++) {
    const at = k * size
    const batch = fromArray(x.data.slice(at * 784, (at + size) * 784), [size, 28, 28], 'float32')
    const labels = fromArray(y.data.slice(at, at + size), [size], 'int32')
    await optimizer.minimize(crossEntropy(scores(batch), labels))
  }
  const after = await accuracy(model, digits.test)
  expect(after).toBeGreaterThanOrEqual(before)

  // Exported again, plain ONNX Runtime gives the same logits.
  const bytes = await exportOnnx(
    (image: Tensor) => model.run([image]),
    { Input3: zeros([1, 1, 28, 28]) },
    { parameters: model },
  )
  const session = await ort.InferenceSession.create(bytes)
  const logits = await scores(fromArray(digits.test.x.data.slice(0, 100 * 784), [100, 28, 28], 'float32')).data()
  for (let i = 0; i < 100; i++) {
    const image = digits.test.x.data.slice(i * 784, (i + 1) * 784)
    const result = await session.run({ Input3: new ort.Tensor('float32', image, [1, 1, 28, 28]) })
    for (const [k, v] of (result.Plus214_Output_0!.data as Float32Array).entries()) {
      const own = Number(logits[i * 10 + k])
      expect(Math.abs(v - own)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(own)))
    }
  }
  await session.release()
  process.stderr.write(`mnist-8: ${100 * before} % before fine-tuning, ${100 * after} % after\n`)
}, 300_000)

test('a super-resolution network from PyTorch gives what ONNX Runtime gives, for any batch', async context => {
  const file = join(data, 'checkpoints', 'onnx', 'pytorch_super_resolution.onnx')
  if (!existsSync(file)) context.skip('no checkpoints/onnx in GRADUS_DATA or ../shared/data')
  const model = await importOnnxFile(file)
  const pixels = Float32Array.from({ length: 2 * 224 * 224 }, (_, i) => Math.sin(i / 7) / 2 + 0.5)
  const session = await ort.InferenceSession.create(file)
  const wanted = await session.run({ input: new ort.Tensor('float32', pixels, [2, 1, 224, 224]) })
  const { output } = model.run([fromArray(pixels, [2, 1, 224, 224], 'float32')])
  expect(output!.shape).toEqual([2, 1, 672, 672])
  const got = (await output!.data()) as Float32Array
  const expected = wanted.output!.data as Float32Array
  expect(got.every((v, i) => Math.abs(v - expected[i]!) < 1e-4)).toBe(true)
}, 120_000)
