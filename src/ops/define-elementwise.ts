import { type DType, floatDTypes, isFloat, wideDType } from '../core/dtype.ts'
import { broadcastShapes, sameShape, type Shape } from '../core/shape.ts'
import type { OnnxBuilder, Value } from '../graph/lowering.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { Checks, InputSpec, NdArray, Op, Sample } from '../graph/op.ts'
import { apply, computeDType, requireDType, requireSameDType } from './apply.ts'
import { alignBatched } from './batch-axes.ts'
import { sumTo } from './broadcast.ts'
import { onnxScalars } from './onnx-scalars.ts'
import { numberScalars, type Scalars } from './scalars.ts'
import { broadcastStrides, walk } from './walk.ts'

interface ElementwiseDef {
  readonly name: string
  readonly formula: string
  readonly source?: string
  /** Default: float32 and float64. */
  readonly dtypes?: readonly DType[]
  /** The result is bool (comparisons). Default: the input's dtype. */
  readonly predicate?: boolean
  /** The ONNX operator that computes the same in one float32 kernel. */
  readonly onnx?: string
  readonly onnxAttrs?: Readonly<Record<string, string | { readonly float: number }>>
  readonly domain: readonly [number, number]
  readonly kinks?: readonly number[]
  readonly tolerance?: number
}

/** Lowers an element-wise operation: its ONNX shortcut where there is one, else its scalar expression. */
const lowerElementwise = (
  def: ElementwiseDef,
  b: OnnxBuilder,
  inputs: readonly Value[],
  out: TensorType,
  expression: (s: Scalars<string>, names: readonly string[]) => string,
): string => {
  const dtype = inputs[0]!.dtype
  if (def.onnx && dtype === 'float32' && b.has(def.onnx))
    return b.op(
      def.onnx,
      inputs.map(v => v.name),
      def.onnxAttrs,
    )
  // Logic works on bool as it is; arithmetic and comparison on small types goes through int32.
  const logical = dtype === 'bool' && out.dtype === 'bool' && def.dtypes?.length === 1
  const compute = logical ? dtype : computeDType(dtype)
  const names = inputs.map(v => (v.dtype === compute ? v.name : b.cast(v.name, compute)))
  const result = expression(onnxScalars(b, compute), names)
  return def.predicate || compute === out.dtype ? result : b.cast(result, out.dtype)
}

const inferElementwise = (def: ElementwiseDef, inputs: readonly TensorType[]): TensorType => {
  const first = inputs[0]!
  requireDType(def.name, first.dtype, def.dtypes ?? floatDTypes)
  let shape: Shape = first.shape
  for (const other of inputs.slice(1)) {
    requireSameDType(def.name, first, other)
    shape = broadcastShapes(def.name, shape, other.shape)
  }
  return { shape, dtype: def.predicate ? 'bool' : first.dtype }
}

const elementwiseSamples = (
  def: ElementwiseDef,
  arity: number,
  domains: readonly (readonly [number, number])[],
): Sample[] => {
  const dtype = (def.dtypes ?? floatDTypes).includes('float32') ? 'float' : def.dtypes![0]!
  const spec = (shape: Shape, k: number): InputSpec => ({ shape, dtype, domain: domains[k] ?? def.domain })
  const shapes: readonly (readonly Shape[])[] =
    arity === 1
      ? [[[]], [[7]], [[2, 3, 4]], [[0, 3]]]
      : [
          [[], []],
          [[5], [5]],
          [[2, 3], [3]],
          [
            [4, 1, 2],
            [3, 1],
          ],
          [[0, 2], [2]],
        ]
  const samples: Sample[] = shapes.map(s => ({ inputs: s.map(spec) }))
  for (const other of def.dtypes ?? []) {
    // The narrow ones are computed in these.
    if (isFloat(other) || other === dtype || (wideDType(other) !== other && other !== 'uint8')) continue
    const domain: readonly [number, number] = other === 'bool' ? [0, 1] : other === 'uint8' ? [0, 15] : [-9, 9]
    samples.push({ inputs: Array.from({ length: arity }, () => ({ shape: [2, 3], dtype: other, domain })) })
  }
  return samples
}

const checksOf = (def: ElementwiseDef, samples: readonly Sample[]): Checks => ({
  samples,
  ...(def.kinks && { kinks: def.kinks }),
  ...(def.tolerance !== undefined && { tolerance: def.tolerance }),
})

const describe = (def: ElementwiseDef) => ({
  name: def.name,
  formula: def.formula,
  ...(def.source !== undefined && { source: def.source }),
})

export interface UnaryDef extends ElementwiseDef {
  /** The meaning, generic in the value type. */
  readonly scalar: <V>(s: Scalars<V>, x: V) => V
  /** Cotangent of the input, in public operations. */
  readonly vjp?: (g: Node, x: Node, out: Node) => Node
}
export type UnaryOp = ((x: Node) => Node) & { readonly op: Op }

/** An element-wise operation of one input. Shape `[...]` → `[...]`. */
export const defineUnary = (def: UnaryDef): UnaryOp => {
  const { vjp } = def
  const op: Op = {
    ...describe(def),
    infer: inputs => inferElementwise(def, inputs),
    ...(vjp && { vjp: (g, [x], out) => [vjp(g, x!, out)] }),
    kernel: ([x], out) => {
      for (let i = 0; i < out.data.length; i++) out.data[i] = def.scalar(numberScalars, x!.data[i]!)
    },
    lower: (b, inputs, out) => lowerElementwise(def, b, inputs, out, (s, [x]) => def.scalar(s, x!)),
    batch: ([x]) => apply(op, [x!], {}),
    checks: checksOf(def, elementwiseSamples(def, 1, [def.domain])),
  }
  return Object.assign((x: Node) => apply(op, [x], {}), { op })
}

export interface BinaryDef extends ElementwiseDef {
  readonly scalar: <V>(s: Scalars<V>, a: V, b: V) => V
  /** Cotangents of both inputs in the broadcast shape; summing back to each input's shape is done here. */
  readonly vjp?: (g: Node, a: Node, b: Node, out: Node) => readonly [Node, Node]
  /** Interval of the second input where it differs from the first's. */
  readonly domainB?: readonly [number, number]
}
export type BinaryOp = ((a: Node, b: Node) => Node) & { readonly op: Op }

/** An element-wise operation of two inputs that broadcast. */
export const defineBinary = (def: BinaryDef): BinaryOp => {
  const { vjp } = def
  const op: Op = {
    ...describe(def),
    infer: inputs => inferElementwise(def, inputs),
    ...(vjp && {
      vjp: (g, [a, b], out) => {
        const [ga, gb] = vjp(g, a!, b!, out)
        return [sumTo(ga, a!.shape), sumTo(gb, b!.shape)]
      },
    }),
    kernel: ([a, b], out) => broadcastKernel([a!, b!], out, (x, y) => def.scalar(numberScalars, x!, y!)),
    lower: (b, inputs, out) => lowerElementwise(def, b, inputs, out, (s, [x, y]) => def.scalar(s, x!, y!)),
    batch: (inputs, batched) => apply(op, alignBatched(inputs, batched), {}),
    checks: checksOf(def, elementwiseSamples(def, 2, [def.domain, def.domainB ?? def.domain])),
  }
  return Object.assign((a: Node, b: Node) => apply(op, [a, b], {}), { op })
}

/** Applies `f` to the elements of inputs that broadcast to `out`. */
export const broadcastKernel = (inputs: readonly NdArray[], out: NdArray, f: (...values: number[]) => number): void => {
  const [a, b] = inputs
  if (inputs.length === 2 && sameShape(a!.shape, out.shape) && sameShape(b!.shape, out.shape)) {
    for (let i = 0; i < out.data.length; i++) out.data[i] = f(a!.data[i]!, b!.data[i]!)
    return
  }
  const strides = inputs.map(x => broadcastStrides(x.shape, out.shape))
  walk(out.shape, strides, (offsets, i) => {
    out.data[i] = f(...inputs.map((x, k) => x.data[offsets[k]!]!))
  })
}
