import { show } from '../../core/shape.ts'
import { extentOf, type Pair } from '../../ops/window.ts'
import type { Call } from './call.ts'

/** How windows slide over the spatial axes, as a node says it. */
export interface Window {
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly Pair[]
}

/** An attribute with a number for each spatial axis. */
export const perSpatialAxis = (
  call: Call,
  name: string,
  ndim: number,
  fallback: number,
  least = 1,
): readonly number[] => {
  const given = call.has(name) ? call.ints(name) : new Array<number>(ndim).fill(fallback)
  if (given.length === ndim && given.every(n => n >= least)) return given
  return call.fail(`has ${name} ${show(given)}`, `${ndim} numbers of at least ${least} were expected.`)
}

/** What an axis is surrounded with so that there are ⌈n/stride⌉ windows; an odd one goes to the end, or to the start. */
const samePair = (n: number, kernel: number, stride: number, dilation: number, lower: boolean): Pair => {
  const total = Math.max((Math.ceil(n / stride) - 1) * stride + extentOf(kernel, dilation) - n, 0)
  const [small, large] = [Math.floor(total / 2), Math.ceil(total / 2)]
  return lower ? [large, small] : [small, large]
}

/** Pads as pairs: ONNX lists all before, then all after. */
export const padPairs = (call: Call, ndim: number): Pair[] => {
  const pads = call.ints('pads', new Array<number>(2 * ndim).fill(0))
  if (pads.length !== 2 * ndim || pads.some(p => p < 0))
    call.fail(`has pads ${show(pads)}`, `${2 * ndim} numbers of at least 0 were expected.`)
  return Array.from({ length: ndim }, (_, i) => [pads[i]!, pads[ndim + i]!])
}

export const autoPads = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'] as const

/** The window of a convolution or pooling over axes of sizes `spatial`. */
export const windowOf = (call: Call, spatial: readonly number[], kernelSize: readonly number[]): Window => {
  const ndim = spatial.length
  if (kernelSize.length !== ndim || kernelSize.some(k => k < 1))
    call.fail(`has a kernel of ${show(kernelSize)}`, `${ndim} sizes of at least 1 were expected.`)
  const stride = perSpatialAxis(call, 'strides', ndim, 1)
  const dilation = perSpatialAxis(call, 'dilations', ndim, 1)
  const auto = call.choice('auto_pad', autoPads, 'NOTSET')
  const same = (i: number): Pair =>
    samePair(spatial[i]!, kernelSize[i]!, stride[i]!, dilation[i]!, auto === 'SAME_LOWER')
  const padding =
    auto === 'NOTSET' ? padPairs(call, ndim) : spatial.map((_, i): Pair => (auto === 'VALID' ? [0, 0] : same(i)))
  for (const [i, n] of spatial.entries()) {
    const windows = Math.ceil((n + padding[i]![0] + padding[i]![1]) / stride[i]!)
    // Pooling lists the elements of the windows along each axis.
    call.claim(Math.max(windows, 1) * kernelSize[i]!)
  }
  return { kernelSize, stride, dilation, padding }
}
