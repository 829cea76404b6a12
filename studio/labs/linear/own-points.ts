import { ArgumentError, DataError } from 'gradus'
import { points } from 'gradus/data'
import type { DataReport, OwnData } from '../../kit/lab.ts'
import { planeDataOf } from '../../kit/plane-data.ts'
import type { Settings } from './about.ts'

export interface PlanePoints {
  readonly x: Float64Array
  readonly y: Int32Array
  readonly classes: readonly string[]
  readonly axes: readonly [string, string]
  readonly report: DataReport | null
}

const maxClasses = 5

/** What a data set of the lab is called in the library. */
export const dataSets = {
  apart: { kind: 'blobs', classes: 2, noise: 0.18 },
  overlap: { kind: 'blobs', classes: 2, noise: 0.4 },
  moons: { kind: 'moons', classes: 2, noise: 0.1 },
  xor: { kind: 'xor', classes: 2, noise: 0.02 },
  three: { kind: 'blobs', classes: 3, noise: 0.22 },
} as const

/** `x,y,class;x,y,class` as numbers. @throws ArgumentError that names the point */
export const readPoints = (text: string): { readonly x: Float64Array; readonly y: Int32Array } => {
  const rows = text.split(';').filter(part => part.trim() !== '')
  if (rows.length > 1000)
    throw new ArgumentError(`points: has ${rows.length} points; at most 1000 are written so. Give a table instead.`)
  const x = new Float64Array(2 * rows.length)
  const y = new Int32Array(rows.length)
  for (const [i, row] of rows.entries()) {
    const parts = row.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
    const [first, second, k] = parts
    const right =
      parts.length === 3 && parts.every(Number.isFinite) && Number.isInteger(k) && k! >= 0 && k! < maxClasses
    if (!right) {
      throw new ArgumentError(
        `points: point ${i + 1} is ${JSON.stringify(row)}; expected x,y,class with a class from 0 to ${maxClasses - 1}, such as 0.5,-1,0. Change it in the address.`,
      )
    }
    x.set([first!, second!], 2 * i)
    y[i] = k!
  }
  return { x, y }
}

/** The points of a run: somebody's table, points of the address, or a data set. @throws GradusError where the loss cannot tell so many classes */
export const pointsOf = (settings: Settings, own: OwnData | null): PlanePoints => {
  const found = own ? ofTable(own) : settings.points === '' ? ofDataSet(settings) : ofText(settings.points)
  const used = Math.max(...found.y, 0) + 1
  if (found.y.length === 0) throw new ArgumentError('points: there are none. Add some, or go back to the data set.')
  if (settings.loss !== 'softmax' && used > 2) {
    const from = own?.name ?? (settings.points === '' ? `the data set ${settings.dataSet}` : 'points')
    throw new DataError(
      `${from}: has ${used} classes, and ${settings.loss} tells two apart. Choose softmax, or points of two classes.`,
    )
  }
  return found
}

const ofTable = (own: OwnData): PlanePoints => {
  const { x, y, classes, names, report } = planeDataOf(own, { maxClasses })
  return { x: Float64Array.from(x), y, classes, axes: names, report }
}

const ofDataSet = ({ dataSet, count, seed }: Settings): PlanePoints => {
  const { kind, ...options } = dataSets[dataSet]
  const { x, y } = points(kind, { ...options, count, seed })
  return { x: Float64Array.from(x.data), y: y.data, classes: names(options.classes), axes: ['x', 'y'], report: null }
}

const ofText = (text: string): PlanePoints => {
  const { x, y } = readPoints(text)
  return { x, y, classes: names(Math.max(2, ...y.map(k => k + 1))), axes: ['x', 'y'], report: null }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, k) => `class ${k}`)
