import { valuesOf } from '../../src/core/dtype.ts'
import { evaluate, fromArray, type Tensor } from '../../src/index.ts'
import { importOnnx } from '../../src/io/index.ts'
import {
  type Attribute,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  parseModel,
} from '../../src/io/onnx/parse.ts'
import { decodeTensor, dtypeOfCode, parseTensor, typeName } from '../../src/io/onnx/tensor-proto.ts'
import type { StoredTensor } from '../../src/io/safetensors.ts'

export type Files = ReadonlyMap<string, Uint8Array>

const aboutStrings = /^String|^RegexFullMatch$/
const aboutSequences = /Sequence(?!$)|^SequenceMap$|^Sequence|^ConcatFromSequence$|^SplitToSequence$/
const aboutOptionals = /^Optional/

const nodesOf = (graph: { readonly nodes: readonly NodeProto[] }): NodeProto[] =>
  graph.nodes.flatMap(n => [
    n,
    ...[...n.attributes.values()].flatMap((a: Attribute) => (a.kind === 'graph' ? nodesOf(a.value) : [])),
  ])

const typesIn = (graph: GraphProto): number[] => [
  ...[...graph.inputs, ...graph.outputs].flatMap(v => (v.kind === 'tensor' ? [v.elemType] : [])),
  ...graph.initializers.map(t => t.dataType),
]

/** Why a case is outside what Gradus reads; null where it is inside. */
export const exclusion = (model: ModelProto): string | null => {
  const { graph } = model
  const nodes = [...nodesOf(graph), ...model.functions.flatMap(nodesOf)]
  const kinds = [...graph.inputs, ...graph.outputs].map(v => v.kind)
  if (kinds.includes('sequence') || nodes.some(n => n.opType !== 'ReverseSequence' && aboutSequences.test(n.opType)))
    return 'sequences'
  if (kinds.includes('optional') || nodes.some(n => aboutOptionals.test(n.opType))) return 'optional values'
  if (kinds.includes('map')) return 'maps'
  if (nodes.some(n => n.domain === 'ai.onnx.preview.training')) return 'training domain'
  const type = typesIn(graph).find(t => t !== 0 && dtypeOfCode(t) === undefined)
  if (type === 8 || nodes.some(n => aboutStrings.test(n.opType))) return 'strings'
  if (type !== undefined) return `type ${typeName(type)}`
  const inside = nodes.flatMap(n => {
    const to = n.opType === 'Cast' ? n.attributes.get('to') : undefined
    return to?.kind === 'int' && dtypeOfCode(to.value) === undefined ? [to.value] : []
  })
  return inside.length > 0 ? `type ${typeName(inside[0]!)}` : null
}

/** What is known to be missing; null where a case should pass. */
export const knownMiss = (model: ModelProto): string | null =>
  nodesOf(model.graph).some(n => n.opType === 'ImageDecoder') && !/png|bmp|pnm/.test(model.graph.name)
    ? 'of image files only PNG, BMP and PNM are decoded'
    : null

/** Operators whose values are drawn: only the outputs' types can be compared. */
const isRandom = (model: ModelProto): boolean =>
  nodesOf(model.graph).some(
    n =>
      /^Random|^Bernoulli$|^Multinomial$/.test(n.opType) ||
      (n.opType === 'Dropout' && n.inputs.length === 3 && !/zero_ratio/.test(model.graph.name)),
  )

/** As the suite's own runner compares (onnx 1.22, backend/test/runner); of 16-bit floats two units of the last place. */
const rtol: Readonly<Record<string, number>> = { float16: 2 ** -9, bfloat16: 2 ** -6 }
const defaultRtol = 1e-3
const atol = 1e-7

const close = (got: number, expected: number, relative: number, absolute: number): boolean => {
  if (Number.isNaN(expected)) return Number.isNaN(got)
  if (!Number.isFinite(expected)) return got === expected
  return Math.abs(got - expected) <= absolute + relative * Math.abs(expected)
}

const compare = (
  name: string,
  got: Tensor,
  data: ArrayLike<number | bigint>,
  expected: StoredTensor,
  random: boolean,
): void => {
  const type = (t: { dtype: string; shape: readonly number[] }): string => `${t.dtype}[${t.shape}]`
  if (type(got) !== type(expected)) throw new Error(`${name} is ${type(got)}, expected ${type(expected)}`)
  if (random) return
  const wanted = valuesOf(expected.dtype, expected.data as never) as ArrayLike<number | bigint>
  const float = /float/.test(got.dtype)
  const relative = rtol[got.dtype] ?? defaultRtol
  // What is exactly 0 is the rounding of the largest elements in expected values that were computed in float32.
  const largest = Array.from(wanted, Number).reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0)
  const absolute = Math.max(atol, largest * 2 ** -23)
  for (let i = 0; i < wanted.length; i++) {
    const same = float ? close(Number(data[i]), Number(wanted[i]), relative, absolute) : data[i] === wanted[i]
    if (!same) throw new Error(`${name}[${i}] is ${data[i]}, expected ${wanted[i]}`)
  }
}

const readSet = (files: Files, set: string, kind: 'input' | 'output'): (StoredTensor | null)[] => {
  const found: (StoredTensor | null)[] = []
  for (let i = 0; files.has(`${set}/${kind}_${i}.pb`); i++) {
    const bytes = files.get(`${set}/${kind}_${i}.pb`)!
    const proto = parseTensor(bytes)
    found.push(bytes.length === 0 ? null : decodeTensor(proto, `${kind} ${i}`, undefined))
  }
  return found
}

/** Imports a case's model and compares what it computes with what the suite expects, on the engine that is chosen. */
export const runCase = async (files: Files): Promise<void> => {
  const bytes = files.get('model.onnx')!
  const model = importOnnx(bytes)
  const random = isRandom(parseModel(bytes))
  const sets = [...new Set([...files.keys()].flatMap(name => /^(test_data_set_\d+)\//.exec(name)?.[1] ?? []))]
  for (const set of sets) {
    const given = readSet(files, set, 'input')
    const inputs: Record<string, Tensor> = {}
    for (const [i, t] of given.entries()) {
      const name = model.graph.inputs[i]!.name
      if (t) inputs[name] = fromArray(t.data as never, t.shape, t.dtype)
    }
    const outputs = Object.entries(model.run(inputs))
    await evaluate(...outputs.map(([, t]) => t))
    for (const [i, expected] of readSet(files, set, 'output').entries()) {
      const [name, got] = outputs[i]!
      const data = (await got.data()) as ArrayLike<number | bigint>
      if (expected) compare(name, got, data, expected, random)
    }
  }
}
