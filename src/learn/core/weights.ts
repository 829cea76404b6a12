import { ArgumentError } from '../../core/errors.ts'
import type { Labels } from './definition.ts'

type ClassWeight = null | 'balanced' | Readonly<Record<string, number>>

/** What each row counts: its own weight times its class's. `balanced` gives class k the weight N / (K · N_k). */
export const rowWeights = (
  {
    y,
    classes,
    sampleWeight,
  }: { readonly y: Int32Array; readonly classes: Labels; readonly sampleWeight: Float64Array | undefined },
  classWeight: ClassWeight,
  where: string,
  /** Whether "balanced" goes by the weights of a class's rows rather than by how many there are. */
  byWeight = false,
): Float64Array | undefined => {
  if (classWeight === null) return sampleWeight
  const counts = new Float64Array(classes.length)
  const counted = byWeight ? sampleWeight : undefined
  for (let i = 0; i < y.length; i++) counts[y[i]!]! += counted ? counted[i]! : 1
  const total = counts.reduce((a, b) => a + b, 0)
  const weight = Array.from(classes as readonly (number | string | boolean)[], (label, k) =>
    classWeight === 'balanced' ? total / (classes.length * counts[k]!) : (classWeight[String(label)] ?? 1),
  )
  if (classWeight !== 'balanced') {
    const unknown = Object.keys(classWeight).find(
      key => !(classes as readonly unknown[]).some(label => String(label) === key),
    )
    if (unknown !== undefined)
      throw new ArgumentError(
        `${where}: classWeight names the class ${JSON.stringify(unknown)}, which y does not have. Its classes are ${classes.join(', ')}.`,
      )
  }
  return Float64Array.from(y, (code, i) => weight[code]! * (sampleWeight ? sampleWeight[i]! : 1))
}
