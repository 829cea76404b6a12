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
): Float64Array | undefined => {
  if (classWeight === null) return sampleWeight
  const counts = new Float64Array(classes.length)
  for (const code of y) counts[code]!++
  const weight = Array.from(classes as readonly (number | string | boolean)[], (label, k) =>
    classWeight === 'balanced' ? y.length / (classes.length * counts[k]!) : (classWeight[String(label)] ?? 1),
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
