import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { type Label, readLabels, type Values } from '../../metrics/values.ts'
import { fromArray, tensor } from '../../tensor/creation.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { readNumbers as readRows } from '../core/inputs.ts'
import { isCsr } from '../core/sparse.ts'
import { csrToDense } from '../numeric/csr.ts'
import { requireWidth } from './affine.ts'

/** Classes by their numbers, as `labelEncoder` and `labelBinarizer` learn them. */
const learnClasses = (where: string, y: Values): readonly Label[] => {
  const labels = readLabels(where, 'y', y)
  if (labels.length === 0) throw new ShapeError(`${where}: y is empty. Pass at least one class.`)
  return [...new Set(labels)].sort((a, b) => (a === b ? 0 : a < b ? -1 : 1))
}

const codesOf = (where: string, y: Values, classes: readonly Label[]): Int32Array => {
  const place = new Map(classes.map((label, code) => [label, code]))
  return Int32Array.from(readLabels(where, 'y', y), (label, i) => {
    const code = place.get(label)
    if (code !== undefined) return code
    throw new ArgumentError(
      `${where}: y is ${shown(label)} at row ${i}, which is no known class. Known are ${classes.slice(0, 8).map(shown).join(', ')}${classes.length > 8 ? ', ...' : ''}.`,
    )
  })
}

/** A fitted {@link labelEncoder}. */
export interface LabelEncoding {
  /** In ascending order. */
  readonly classes: readonly Label[]
  /** The number of each class, from 0. */
  transform(y: Values): Tensor<readonly [number], 'int32'>
  /** The classes of numbers. */
  inverseTransform(codes: ArrayLike<number> | Tensor): readonly Label[]
}

const readNumbers = (where: string, values: ArrayLike<number> | Tensor): readonly number[] =>
  (readLabels(where, 'codes', values as Values) as readonly Label[]).map(Number)

/**
 * Classes as numbers from 0, in ascending order, and back. Classifiers do this by themselves.
 *
 * @throws ArgumentError for a class that was not learned, or a number that none has
 * @example
 * const { labelEncoder } = await import('gradus/learn')
 * const encoding = labelEncoder().fit(['spam', 'ham', 'spam'])
 * encoding.inverseTransform([0, 1]) // ['ham', 'spam']
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const labelEncoder = () => ({
  fit: (y: Values): LabelEncoding => {
    const classes = learnClasses('labelEncoder.fit', y)
    return {
      classes,
      transform: given => tensor(codesOf('labelEncoder.transform', given, classes)),
      inverseTransform: codes =>
        readNumbers('labelEncoder.inverseTransform', codes).map((code, i) => {
          if (Number.isInteger(code) && code >= 0 && code < classes.length) return classes[code]!
          throw new ArgumentError(
            `labelEncoder.inverseTransform: number ${i} is ${code}. Classes have the numbers 0 to ${classes.length - 1}.`,
          )
        }),
    }
  },
})

const readIndicators = async (
  where: string,
  given: Tensor | readonly ArrayLike<number>[],
  width: number,
): Promise<Dense> => {
  const rows = await readRows(given, where)
  const { rows: count, columns, data } = isCsr(rows) ? csrToDense(rows) : rows
  requireWidth(where, { columns }, width)
  return { rows: count, columns, data }
}

/** A fitted {@link labelBinarizer}. */
export interface LabelIndicators {
  readonly classes: readonly Label[]
  /** A column for each class; one only where there are two. */
  transform(y: Values): Tensor<readonly [number, number], 'float64'>
  /** The class of each row: of the largest column, or for one column above the middle of `negLabel` and `posLabel`. */
  inverseTransform(Y: Tensor | readonly ArrayLike<number>[]): Promise<readonly Label[]>
}

/**
 * A column for each class that is `posLabel` (1) where a row is of it and else `negLabel` (0); for two classes one column, of the second.
 *
 * @throws ArgumentError where `negLabel` is not below `posLabel`, and for a class that was not learned
 * @example
 * const { labelBinarizer } = await import('gradus/learn')
 * const model = labelBinarizer().fit(['a', 'b', 'c'])
 * await model.transform(['c', 'a']).toArray() // [[0, 0, 1], [1, 0, 0]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const labelBinarizer = ({
  negLabel = 0,
  posLabel = 1,
}: {
  readonly negLabel?: number
  readonly posLabel?: number
} = {}) => {
  if (!(negLabel < posLabel))
    throw new ArgumentError(`labelBinarizer: negLabel must be below posLabel; got ${negLabel} and ${posLabel}.`)
  return {
    fit: (y: Values): LabelIndicators => {
      const classes = learnClasses('labelBinarizer.fit', y)
      const width = classes.length === 2 ? 1 : classes.length
      return {
        classes,
        transform: given => {
          const codes = codesOf('labelBinarizer.transform', given, classes)
          const data = new Float64Array(codes.length * width).fill(negLabel)
          for (let i = 0; i < codes.length; i++) {
            if (classes.length === 2) data[i] = codes[i] === 1 ? posLabel : negLabel
            else if (classes.length > 2) data[i * width + codes[i]!] = posLabel
          }
          return fromArray(data, [codes.length, width], 'float64')
        },
        inverseTransform: async given => {
          const { rows, data } = await readIndicators('labelBinarizer.inverseTransform', given, width)
          return Array.from({ length: rows }, (_, i) => {
            if (classes.length === 2) return classes[data[i]! > (negLabel + posLabel) / 2 ? 1 : 0]!
            let best = 0
            for (let k = 1; k < width; k++) if (data[i * width + k]! > data[i * width + best]!) best = k
            return classes[best]!
          })
        },
      }
    },
  }
}

/** A fitted {@link multiLabelBinarizer}. */
export interface LabelSets {
  readonly classes: readonly Label[]
  transform(sets: readonly (readonly Label[])[]): Tensor<readonly [number, number], 'float64'>
  inverseTransform(Y: Tensor | readonly ArrayLike<number>[]): Promise<readonly (readonly Label[])[]>
}

/**
 * A column for each label that is 1 where a row's set holds it: several labels a row.
 *
 * @param options.classes the labels in the order of the columns; without them those of the sets, ascending
 * @throws ArgumentError for a label that was not learned
 * @example
 * const { multiLabelBinarizer } = await import('gradus/learn')
 * const model = multiLabelBinarizer().fit([['sport', 'news'], ['art']])
 * await model.transform([['news', 'art']]).toArray() // [[1, 1, 0]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const multiLabelBinarizer = ({ classes: given }: { readonly classes?: readonly Label[] } = {}) => ({
  fit: (sets: readonly (readonly Label[])[]): LabelSets => {
    const all = sets.flat()
    const classes = given ?? (all.length === 0 ? [] : learnClasses('multiLabelBinarizer.fit', all as Values))
    const width = classes.length
    const place = new Map(classes.map((label, k) => [label, k]))
    const transform: LabelSets['transform'] = rows => {
      const data = new Float64Array(rows.length * width)
      for (const [i, set] of rows.entries()) {
        for (const label of set) {
          const k = place.get(label)
          if (k === undefined) {
            throw new ArgumentError(
              `multiLabelBinarizer.transform: row ${i} has ${shown(label)}, which is no known label. Known are ${classes.slice(0, 8).map(shown).join(', ')}${classes.length > 8 ? ', ...' : ''}.`,
            )
          }
          data[i * width + k] = 1
        }
      }
      return fromArray(data, [rows.length, width], 'float64')
    }
    return {
      classes,
      transform,
      inverseTransform: async Y => {
        const { rows, data } = await readIndicators('multiLabelBinarizer.inverseTransform', Y, width)
        return Array.from({ length: rows }, (_, i) => classes.filter((_, k) => data[i * width + k] !== 0))
      },
    }
  },
})
