import { gradients } from '../../autodiff/reverse.ts'
import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { show } from '../../core/shape.ts'
import { type Image, fromPlanes } from '../../data/image.ts'
import { resample } from '../../data/resample.ts'
import { captureOutputs } from '../../nn/capture.ts'
import type { Module } from '../../nn/module.ts'
import { fromArray } from '../../tensor/creation.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { evaluate } from '../../tensor/transforms.ts'
import { colored, extent } from './montage.ts'
import { grey, signed } from '../../draw/ramp.ts'

/** A model from images `[N, C, H, W]` to scores `[N, K]`. */
export type Scorer = Module & { forward(x: Tensor): Tensor }

const floats = async (x: Tensor): Promise<Float32Array> => (await x.data()) as Float32Array

/** Prediction mode while something is looked at. */
const inPrediction = async <T>(model: Module, look: () => Promise<T>): Promise<T> => {
  const { training } = model
  model.eval()
  try {
    return await look()
  } finally {
    model.train(training)
  }
}

/** Each image's score for the class asked for, added up: images do not meet, so its gradient is each image's own. */
const scoreSum = (scores: Tensor, classes: ArrayLike<number>): Tensor => {
  const [n, k] = scores.shape as readonly [number, number]
  if (classes.length !== n) {
    throw new ArgumentError(
      `look: there are ${n} images and ${classes.length} classes. One class is looked for in each image.`,
    )
  }
  const chosen = new Float32Array(n * k)
  for (let i = 0; i < n; i++) {
    const c = classes[i]!
    if (!(Number.isInteger(c) && c >= 0 && c < k))
      throw new ArgumentError(`look: class ${c} of image ${i} is none of the model's, 0 to ${k - 1}.`, { class: c })
    chosen[i * k + c] = 1
  }
  return scores.mul(fromArray(chosen, [n, k], 'float32')).sum()
}

/**
 * The kernels of a model's first convolution as pictures: colours where it takes three channels, else one picture for each kernel, its
 * channels' mean, blue below 0 and red above.
 *
 * @throws ArgumentError where the model has no convolution
 */
export const firstFilters = async (model: Module): Promise<Image[]> => {
  const first = [...model.namedParameters()].find(([, { shape }]) => shape.length === 4)
  if (!first)
    throw new ArgumentError('firstFilters: the model has no convolution over images, and so no filters to see.')
  const [outputs, inputs, height, width] = first[1].shape as readonly [number, number, number, number]
  const values = await floats(first[1].value as unknown as Tensor)
  const plane = height * width
  const most = Math.max(...extent(values).map(Math.abs)) || 1
  return Array.from({ length: outputs }, (_, o) => {
    const kernel = values.subarray(o * inputs * plane, (o + 1) * inputs * plane)
    if (inputs === 3)
      return fromPlanes(
        kernel.map(v => 0.5 + (0.5 * v) / most),
        [3, height, width],
      )
    const mean = Float32Array.from({ length: plane }, (_, i) => {
      let total = 0
      for (let c = 0; c < inputs; c++) total += kernel[c * plane + i]!
      return total / inputs
    })
    return colored(mean, [height, width], signed, [-most, most])
  })
}

/**
 * What named parts of a model make of one image `[1, C, H, W]`: for each name its channels as grey pictures, from each channel's least
 * value to its largest.
 *
 * @throws ArgumentError for a name that is no module; ShapeError for one whose output is no image
 */
export const featureMaps = (model: Scorer, x: Tensor, names: readonly string[]): Promise<Map<string, Image[]>> =>
  inPrediction(model, async () => {
    const { outputs } = captureOutputs(model, names, () => model.forward(x))
    await evaluate(...outputs.values())
    const maps = new Map<string, Image[]>()
    for (const [name, output] of outputs) {
      if (output.shape.length !== 4)
        throw new ShapeError(
          `featureMaps: ${name} gives ${show(output.shape)}. Maps are [N, C, H, W]: name an earlier layer.`,
        )
      const [, channels, height, width] = output.shape as readonly [number, number, number, number]
      const values = await floats(output)
      const plane = (c: number): Float32Array => values.subarray(c * height * width, (c + 1) * height * width)
      maps.set(
        name,
        Array.from({ length: channels }, (_, c) => colored(plane(c), [height, width], grey, extent(plane(c)))),
      )
    }
    return maps
  })

/**
 * How much each pixel sways the score of a class: the largest |∂ score/∂ x| over the channels, `[N, H, W]`.
 *
 * @param x images as the model takes them, `[N, C, H, W]`
 * @param classes the class looked for in each image
 * Source: Simonyan, Vedaldi & Zisserman 2014, section 3.1.
 */
export const saliency = (model: Scorer, x: Tensor, classes: ArrayLike<number>): Promise<Float32Array> =>
  inPrediction(model, async () => {
    const [gradient] = gradients(scoreSum(model.forward(x), classes).node, [x.node])
    return floats(new Tensor(gradient!).abs().max(1))
  })

/**
 * Where the evidence for a class lies (Grad-CAM): the maps of a layer, weighted by the mean gradient of the class's score, added up and cut
 * off at 0; brought to the size of the images and, image by image, to 0 … 1: `[N, H, W]`.
 *
 * `α_k = mean over places of ∂ score/∂ A_k`, `L = relu(Σ_k α_k A_k)`
 *
 * @param x images as the model takes them, `[N, C, H, W]`
 * @param layer path of a layer that gives maps, usually the last one: `layer4`, `conv2`
 * @throws ArgumentError for a layer that is none; ShapeError for one whose output is no image
 * Source: Selvaraju et al. 2017, equations 1 and 2.
 */
export const gradCam = (model: Scorer, x: Tensor, layer: string, classes: ArrayLike<number>): Promise<Float32Array> =>
  inPrediction(model, async () => {
    const { result, outputs } = captureOutputs(model, [layer], () => scoreSum(model.forward(x), classes))
    const maps = outputs.get(layer)!
    if (maps.shape.length !== 4)
      throw new ShapeError(`gradCam: ${layer} gives ${show(maps.shape)}. Maps are [N, C, H, W]: name an earlier layer.`)
    const [gradient] = gradients(result.node, [maps.node])
    const weights = new Tensor(gradient!).mean([2, 3], { keepDims: true })
    const cams = await floats(maps.mul(weights).sum(1).relu())
    const [n, , height, width] = maps.shape as readonly [number, number, number, number]
    const [, , toHeight, toWidth] = x.shape as readonly [number, number, number, number]
    const out = new Float32Array(n * toHeight * toWidth)
    for (let i = 0; i < n; i++) {
      const cam = cams.subarray(i * height * width, (i + 1) * height * width)
      const to = out.subarray(i * toHeight * toWidth, (i + 1) * toHeight * toWidth)
      resample(
        { data: cam, channels: 1, height, width },
        { data: to, channels: 1, height: toHeight, width: toWidth },
        'bilinear',
        false,
      )
      const most = extent(to)[1] || 1
      for (let k = 0; k < to.length; k++) to[k]! /= most
    }
    return out
  })
