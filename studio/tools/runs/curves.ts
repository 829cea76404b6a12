import type { ScalarPoint } from 'gradus/io'

// What a run measured, by the names that TensorBoard files of Gradus have too: train/loss, train/learning_rate, val/loss.

/** Points of one metric, in the order they came. */
export interface Curve {
  readonly steps: number[]
  /** What is no number (a loss that was not finite) is NaN. */
  readonly values: number[]
}

export type Curves = Map<string, Curve>

export const addPoint = (curves: Curves, name: string, step: number, value: number): void => {
  let curve = curves.get(name)
  if (!curve) {
    curve = { steps: [], values: [] }
    curves.set(name, curve)
  }
  curve.steps.push(step)
  curve.values.push(value)
}

const prefixes: Readonly<Record<string, string>> = { step: 'train/', eval: 'val/' }

/** Adds what a line of metrics.jsonl measured. False for a line that makes no sense. */
export const addLine = (curves: Curves, line: string): boolean => {
  let found: Readonly<Record<string, unknown>> | null
  try {
    found = JSON.parse(line)
  } catch {
    return false
  }
  const { step, type, ...metrics } = found ?? {}
  if (type === 'done') return true // the last line of a command's --json
  if (typeof step !== 'number' || !Number.isSafeInteger(step)) return false
  const prefix = prefixes[String(type)] ?? ''
  let any = false
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== 'number' && value !== null) continue
    const snake = name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    addPoint(curves, `${prefix}${snake}`, step, value ?? Number.NaN)
    any = true
  }
  return any
}

/** A file that cannot be used, in one sentence that names it. */
export class WrongFile extends Error {}

const maxBytes = 200_000_000
const wanted = 'Drop a metrics.jsonl, or a TensorBoard file named events.out.tfevents.*.'

export interface ReadFile {
  readonly curves: Curves
  /** What was passed over, in one sentence, or null. */
  readonly note: string | null
}

/** Curves out of a file: lines of JSON or TensorBoard events. @throws WrongFile in one sentence that names it */
export const readCurves = async (name: string, bytes: Uint8Array): Promise<ReadFile> => {
  if (bytes.length === 0) throw new WrongFile(`${name}: is empty. ${wanted}`)
  if (bytes.length > maxBytes) {
    throw new WrongFile(
      `${name}: has ${Math.round(bytes.length / 1e6)} MB; at most ${maxBytes / 1e6} are read here. Open it in TensorBoard, or keep fewer steps.`,
    )
  }
  return name.includes('tfevents') || bytes.includes(0) ? eventCurves(name, bytes) : lineCurves(name, bytes)
}

const eventCurves = async (name: string, bytes: Uint8Array): Promise<ReadFile> => {
  const { readEvents } = await import('gradus/io') // large, and seldom needed
  let scalars: readonly ScalarPoint[]
  try {
    scalars = readEvents(bytes, { where: name, unfinished: true }).scalars
  } catch (error) {
    throw new WrongFile((error as Error).message)
  }
  const curves: Curves = new Map()
  for (const { tag, step, value } of scalars) addPoint(curves, tag, step, value)
  if (curves.size === 0) throw new WrongFile(`${name}: holds no scalars, so there is no curve. ${wanted}`)
  return { curves, note: null }
}

const lineCurves = (name: string, bytes: Uint8Array): ReadFile => {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new WrongFile(`${name}: is neither lines of JSON nor a TensorBoard file. ${wanted}`)
  }
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const curves: Curves = new Map()
  const bad = lines.filter(line => !addLine(curves, line)).length
  if (curves.size === 0) throw new WrongFile(`${name}: has no line with a step and a number. ${wanted}`)
  const some = `${bad.toLocaleString('en')} of ${lines.length.toLocaleString('en')} lines`
  return { curves, note: bad === 0 ? null : `${name}: ${some} have no step and number, and were passed over.` }
}

/** How many steps stand for one place on the x axis, so that there are at most 100,000 places. */
export const unitOf = (lastStep: number): number => {
  let unit = 1
  while (lastStep / unit > 100_000) unit *= 10
  return unit
}

/** A value for every place up to `length`: straight lines between points, as a chart draws them; NaN outside and beside what is no number. */
export const dense = ({ steps, values }: Curve, unit: number, length: number): Float64Array => {
  const column = new Float64Array(length).fill(Number.NaN)
  let before = -1
  let at = Number.NaN
  for (const [i, step] of steps.entries()) {
    const place = Math.min(length - 1, Math.max(0, Math.ceil(step / unit) - 1))
    const value = values[i]!
    for (let k = before + 1; before >= 0 && k < place; k++) {
      column[k] = at + ((value - at) * (k - before)) / (place - before)
    }
    column[place] = value
    before = place
    at = value
  }
  return column
}

/** At most about `limit` points: the smallest and the largest of as many neighbours as need be, so that no peak is lost. */
export const thin = ({ steps, values }: Curve, limit: number): { points: [number, number][]; every: number } => {
  const every = steps.length <= limit ? 1 : Math.ceil((2 * steps.length) / limit)
  const points: [number, number][] = []
  for (let from = 0; from < steps.length; from += every) {
    let low = -1
    let high = -1
    for (let i = from; i < Math.min(from + every, steps.length); i++) {
      const value = values[i]!
      if (!Number.isFinite(value)) continue
      if (low < 0 || value < values[low]!) low = i
      if (high < 0 || value > values[high]!) high = i
    }
    const kept = new Set([Math.min(low, high), Math.max(low, high)])
    for (const i of kept) if (i >= 0) points.push([steps[i]!, values[i]!])
  }
  return { points, every }
}
