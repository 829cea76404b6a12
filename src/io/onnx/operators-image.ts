import { isFloat } from '../../core/dtype.ts'
import { type Shape, show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { gather } from '../../ops/indexing.ts'
import { pad, slice } from '../../ops/movement.ts'
import { resample } from '../../ops/resample.ts'
import type { Call, Operator, Operators } from './call.ts'
import { decodeImage } from './image-formats.ts'
import { held, heldArray, int64s } from './known.ts'
import { alongAxis, axesOf, num, upTo } from './nodes.ts'
import { type Axis, isIdentity, type ResizeHow, resizeTaps, transforms } from './resize-taps.ts'

/** Which position of an axis of n stands at i, outside of it as well. */
const continued: Readonly<Record<'edge' | 'reflect' | 'wrap', (i: number, n: number) => number>> = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  wrap: (i, n) => ((i % n) + n) % n,
  reflect: (i, n) => {
    if (n === 1) return 0
    const at = continued.wrap(i, 2 * (n - 1))
    return at < n ? at : 2 * (n - 1) - at
  },
}

/** Pads in the order of ONNX, all before and then all after, as pairs for each axis of `x`. */
const padsOf = (call: Call, x: Node): [number, number][] => {
  const given = call.version >= 11 ? call.values(1) : call.ints(call.has('pads') ? 'pads' : 'paddings')
  const axes = call.version >= 18 ? call.values(3, null) : null
  const at = axes ? axesOf(axes, x.shape.length, call.label) : upTo(x.shape.length)
  if (given.length !== 2 * at.length)
    call.fail(`has ${given.length} pads for ${at.length} axes`, 'Two for each were expected.')
  const pairs = x.shape.map((): [number, number] => [0, 0])
  for (const [i, axis] of at.entries()) pairs[axis] = [given[i]!, given[at.length + i]!]
  return pairs
}

const padding: Operator = call => {
  const whole = call.input(0)
  const pairs = padsOf(call, whole)
  const mode = call.choice('mode', ['constant', 'reflect', 'edge', 'wrap'], 'constant')
  // Negative pads cut off.
  const cut = pairs.map(([before, after], i) => ({
    start: Math.max(-before, 0),
    end: whole.shape[i]! - Math.max(-after, 0),
  }))
  const x = slice(whole, cut)
  const added = pairs.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)])
  if (mode === 'constant') {
    const value = call.version >= 11 ? call.number(2, 0) : call.float('value', 0)
    return pad(x, added, value)
  }
  return added.reduce((y, [before, after], axis) => {
    const n = y.shape[axis]!
    if (before + after === 0) return y
    if (n === 0) call.fail(`continues ${show(x.shape)}`, 'An empty axis has nothing to continue with.')
    call.claim(n + before + after)
    const positions = upTo(n + before + after).map(i => continued[mode](i - before, n))
    return gather(y, int64s(positions), axis)
  }, x)
}

const nearestModes = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const
const policies = ['stretch', 'not_larger', 'not_smaller'] as const

const howOf = (call: Call): ResizeHow => ({
  mode: call.choice('mode', ['nearest', 'linear', 'cubic'], 'nearest'),
  transform: call.choice('coordinate_transformation_mode', transforms, call.version < 11 ? 'asymmetric' : 'half_pixel'),
  nearest: call.choice('nearest_mode', nearestModes, call.version < 11 ? 'floor' : 'round_prefer_floor'),
  cubic: call.float('cubic_coeff_a', -0.75),
  excludeOutside: call.flag('exclude_outside'),
  antialias: call.flag('antialias'),
})

/** New sizes and scales of the axes that are resized. */
const targetOf = (
  call: Call,
  sizes: Shape,
  roi: readonly (readonly [number, number])[],
): { out: number[]; scales: number[] } => {
  const scales = call.version < 11 ? call.values(1) : call.values(2, null)
  const wanted = call.version < 11 ? null : call.values(3, null)
  const fits = (list: readonly number[]): boolean => list.length === sizes.length
  if (scales && scales.length > 0 && fits(scales)) {
    const crop = call.text('coordinate_transformation_mode', '') === 'tf_crop_and_resize'
    const out = sizes.map((n, i) => Math.floor(n * (crop ? roi[i]![1] - roi[i]![0] : 1) * scales[i]!))
    return { out, scales: [...scales] }
  }
  if (!wanted || !fits(wanted))
    return call.fail('has no scales or sizes for its axes', `One for each of ${sizes.length} was expected.`)
  const own = wanted.map((m, i) => m / sizes[i]!)
  const policy = call.choice('keep_aspect_ratio_policy', policies, 'stretch')
  if (policy === 'stretch') return { out: [...wanted], scales: own }
  const one = policy === 'not_larger' ? Math.min(...own) : Math.max(...own)
  return { out: sizes.map(n => Math.floor(one * n + 0.5)), scales: own.map(() => one) }
}

const resize: Operator = call => {
  const x = call.input(0)
  const axes = call.has('axes') ? axesOf(call.ints('axes'), x.shape.length, call.label) : upTo(x.shape.length)
  const region = call.version < 11 ? null : call.values(1, null)
  const roi = axes.map((_, i): [number, number] =>
    region?.length === 2 * axes.length ? [region[i]!, region[axes.length + i]!] : [0, 1],
  )
  const sizes = axes.map(a => x.shape[a]!)
  const { out, scales } = targetOf(call, sizes, roi)
  if (out.some(m => !(Number.isSafeInteger(m) && m >= 0)) || scales.some(s => !(s > 0)))
    call.fail(`resizes ${show(sizes)} to ${show(out)}`, 'Sizes must be whole and scales above 0.')
  const plans = axes.map((_, i): Axis => ({ size: sizes[i]!, out: out[i]!, scale: scales[i]!, roi: roi[i]! }))
  return resized(call, x, axes, plans)
}

const resized = (call: Call, x: Node, axes: readonly number[], plans: readonly Axis[]): Node => {
  const how = howOf(call)
  const float = isFloat(x.dtype)
  let y = how.mode === 'nearest' || float ? x : ar.cast(x, 'float32')
  let outside: Node | null = null
  for (const [i, plan] of plans.entries()) {
    if (isIdentity(plan, how)) continue
    call.claim(plan.out)
    const { taps, inside } = resizeTaps(plan, how)
    const axis = axes[i]!
    y = how.mode === 'nearest' ? gather(y, int64s(taps.positions.map(p => p[0]!)), axis) : resample(y, axis, taps)
    if (how.transform !== 'tf_crop_and_resize') continue
    const away = alongAxis(
      held(
        inside.map(v => !v),
        [inside.length],
        'bool',
      ),
      axis,
      x.shape.length,
    )
    outside = outside ? ar.logicalOr(outside, away) : away
  }
  const result = ar.cast(y, x.dtype)
  return outside ? ar.where(outside, num(call.float('extrapolation_value', 0), x), result) : result
}

/** Resizing before it had that name: by scales alone, from the corner. */
const upsample: Operator = call => {
  const x = call.input(0)
  const scales =
    call.version >= 9
      ? call.values(1)
      : call.version >= 7
        ? [...call.floats('scales')]
        : [1, 1, call.float('height_scale'), call.float('width_scale')]
  if (scales.length !== x.shape.length || scales.some(s => !(s > 0)))
    call.fail(`has scales ${show(scales)}`, 'One above 0 for each axis was expected.')
  const linear = ['linear', 'bilinear'].includes(call.text('mode', 'nearest'))
  const how: ResizeHow = {
    mode: linear ? 'linear' : 'nearest',
    transform: 'asymmetric',
    nearest: 'floor',
    cubic: -0.75,
    excludeOutside: false,
    antialias: false,
  }
  return x.shape.reduce((y, size, axis) => {
    const plan: Axis = { size, out: Math.floor(size * scales[axis]!), scale: scales[axis]!, roi: [0, 1] }
    if (isIdentity(plan, how)) return y
    call.claim(plan.out)
    const { taps } = resizeTaps(plan, how)
    return linear ? resample(y, axis, taps) : gather(y, int64s(taps.positions.map(p => p[0]!)), axis)
  }, x)
}

/** Weights of red, green and blue in grey, of 2¹⁶: ITU-R BT.601 as Pillow rounds it. */
const luma = [19595, 38470, 7471] as const

/** The pixels of an image file whose bytes are known, `[height, width, channels]`. */
const imageDecoder: Operator = call => {
  const { data } = call.known(0)
  const format = call.choice('pixel_format', ['RGB', 'BGR', 'Grayscale'], 'RGB')
  const { width, height, rgb } = decodeImage(Uint8Array.from(data), bytes => call.claim(bytes))
  if (format === 'RGB') return heldArray(rgb, [height, width, 3], 'uint8')
  const pixel = (i: number, k: number): number => rgb[3 * i + k]!
  if (format === 'BGR')
    return heldArray(
      rgb.map((_, i) => pixel(Math.floor(i / 3), 2 - (i % 3))),
      [height, width, 3],
      'uint8',
    )
  const grey = (_: number, i: number): number =>
    (luma.reduce((total, w, k) => total + w * pixel(i, k), 0) + 2 ** 15) >> 16
  return heldArray(new Uint8Array(width * height).map(grey), [height, width, 1], 'uint8')
}

export const imageOperators: Operators = {
  Pad: padding,
  Resize: resize,
  Upsample: upsample,
  ImageDecoder: imageDecoder,
}
