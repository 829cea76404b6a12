import { type DType, floatDTypes } from '../core/dtype.ts'
import type { OnnxAttr } from '../graph/lowering.ts'
import type { Attrs, Node } from '../graph/node.ts'
import type { Op, Sample } from '../graph/op.ts'
import { apply, requireDType } from './apply.ts'
import { onnxScalars } from './onnx-scalars.ts'
import { numberScalars, type Scalars } from './scalars.ts'

/** Digits that an expression must carry: a series needs fewer terms for float32. */
export type Precision = 'single' | 'double'

export interface ParametricDef<A extends Attrs> {
  readonly name: string
  readonly formula: string
  readonly source?: string
  /** The meaning, generic in the value type. */
  readonly scalar: <V>(s: Scalars<V>, x: V, attrs: A, precision: Precision) => V
  /** The ONNX operator that computes the same in one float32 kernel, and its attributes. */
  readonly onnx?: (attrs: A) => { readonly type: string; readonly attrs?: Readonly<Record<string, OnnxAttr>> }
  /** Cotangent of the input, in public operations. */
  readonly vjp: (g: Node, x: Node, out: Node, attrs: A) => Node
  /** Options to check with; none for an operation without options. */
  readonly samples: readonly A[]
  readonly domain: readonly [number, number]
  readonly kinks?: readonly number[]
  readonly tolerance?: number
}
export type ParametricOp<A extends Attrs> = ((x: Node, attrs: A) => Node) & { readonly op: Op }

const samplesOf = <A extends Attrs>({ samples, domain }: ParametricDef<A>): Sample[] => {
  const inputs = ([[], [7], [2, 3, 4], [0, 3]] as const).map(shape => ({ shape, dtype: 'float' as const, domain }))
  const given: readonly (A | null)[] = samples.length > 0 ? samples : [null]
  return given.flatMap((attrs, i) =>
    (i === 0 ? inputs : inputs.slice(1, 2)).map(input => ({ inputs: [input], ...(attrs && { attrs }) })),
  )
}
const precisionOf = (dtype: DType): Precision => (dtype === 'float64' ? 'double' : 'single')

/** An element-wise operation of one float input with options, or one that float32 computes in fewer terms than float64. */
export const defineParametric = <A extends Attrs>(def: ParametricDef<A>): ParametricOp<A> => {
  const op: Op<A> = {
    name: def.name,
    formula: def.formula,
    ...(def.source !== undefined && { source: def.source }),
    infer: ([x]) => {
      requireDType(def.name, x!.dtype, floatDTypes)
      return { shape: x!.shape, dtype: x!.dtype }
    },
    vjp: (g, [x], out, attrs) => [def.vjp(g, x!, out, attrs)],
    kernel: ([x], out, attrs) => {
      for (let i = 0; i < out.data.length; i++) out.data[i] = def.scalar(numberScalars, x!.data[i]!, attrs, 'double')
    },
    batch: ([x], _batched, attrs) => apply(op, [x!], attrs),
    lower: (b, [x], out, attrs) => {
      const short = out.dtype === 'float32' ? def.onnx?.(attrs) : undefined
      if (short) return b.op(short.type, [x!.name], short.attrs)
      return def.scalar(onnxScalars(b, out.dtype), x!.name, attrs, precisionOf(out.dtype))
    },
    checks: {
      samples: samplesOf(def),
      ...(def.kinks && { kinks: def.kinks }),
      ...(def.tolerance !== undefined && { tolerance: def.tolerance }),
    },
  }
  return Object.assign((x: Node, attrs: A) => apply(op, [x], attrs), { op: op as unknown as Op })
}
