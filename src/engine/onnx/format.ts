import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { bytesPerElement, type DType, type TypedArray } from '../../core/dtype.ts'
import type { OnnxAttr } from '../../graph/lowering.ts'
import { irVersionOf } from './opset.ts'
import type { TensorType } from '../../graph/node.ts'

/** The parts of an ONNX model that Gradus writes. Field numbers are those of onnx.proto (IR version 10). */
export interface OnnxModel extends OnnxGraph {
  readonly opset: number
}
/** A size, or the name of one that is known only when the model runs. */
export type Dim = number | string
export interface NamedType {
  readonly name: string
  readonly dtype: DType
  /** Left out where it is not known. */
  readonly shape?: readonly Dim[]
  /** A list of such tensors. */
  readonly sequence?: true
}
export interface Initializer extends TensorType {
  readonly name: string
  readonly data: TypedArray
  /** Where the data stands in another file, instead of in this one. */
  readonly external?: { readonly location: string; readonly offset: number }
}
export interface OnnxNode {
  readonly type: string
  readonly domain: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attrs: Readonly<Record<string, OnnxAttr>>
  /** Names that graphs inside the operator take from around it. */
  readonly implicit?: readonly string[]
}
/** A graph inside an operator. */
export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly inputs: readonly NamedType[]
  readonly outputs: readonly NamedType[]
  readonly initializers: readonly Initializer[]
}

/** TensorProto.DataType. */
export const onnxType: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
}

const message = (w: BinaryWriter, field: number, write: () => void): void => {
  w.tag(field, WireType.LengthDelimited).fork()
  write()
  w.join()
}
const text = (w: BinaryWriter, field: number, value: string): void => {
  w.tag(field, WireType.LengthDelimited).string(value)
}
const int = (w: BinaryWriter, field: number, value: number): void => {
  w.tag(field, WireType.Varint).int64(value)
}

const writeAttr = (w: BinaryWriter, name: string, value: OnnxAttr): void => {
  text(w, 1, name)
  if (typeof value === 'number') {
    int(w, 3, value)
    int(w, 20, 2)
  } else if (typeof value === 'string') {
    text(w, 4, value)
    int(w, 20, 3)
  } else if ('float' in value) {
    w.tag(2, WireType.Bit32).float(value.float)
    int(w, 20, 1)
  } else if ('graph' in value) {
    message(w, 6, () => writeGraph(w, value.graph as OnnxGraph))
    int(w, 20, 5)
  } else {
    for (const v of value) int(w, 8, v)
    int(w, 20, 7)
  }
}

const writeNode = (w: BinaryWriter, node: OnnxNode): void => {
  for (const name of node.inputs) text(w, 1, name)
  for (const name of node.outputs) text(w, 2, name)
  text(w, 3, node.name)
  text(w, 4, node.type)
  for (const [name, value] of Object.entries(node.attrs)) message(w, 5, () => writeAttr(w, name, value))
  if (node.domain !== '') text(w, 7, node.domain)
}

const writeInitializer = (w: BinaryWriter, { name, shape, dtype, data, external }: Initializer): void => {
  for (const n of shape) int(w, 1, n)
  int(w, 2, onnxType[dtype])
  text(w, 8, name)
  const length = data.length * bytesPerElement(dtype)
  if (external) {
    const entries = { location: external.location, offset: external.offset, length }
    for (const [key, value] of Object.entries(entries)) {
      message(w, 13, () => {
        text(w, 1, key)
        text(w, 2, String(value))
      })
    }
    int(w, 14, 1)
  } else w.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, length))
}

const writeShape = (w: BinaryWriter, shape: readonly Dim[]): void => {
  for (const n of shape) message(w, 1, () => (typeof n === 'number' ? int(w, 1, n) : text(w, 2, n)))
}

const writeNamedType = (w: BinaryWriter, { name, shape, dtype, sequence }: NamedType): void => {
  const tensor = (): void =>
    message(w, 1, () => {
      int(w, 1, onnxType[dtype])
      if (shape) message(w, 2, () => writeShape(w, shape))
    })
  text(w, 1, name)
  message(w, 2, () => (sequence ? message(w, 4, () => message(w, 1, tensor)) : tensor()))
}

const writeGraph = (w: BinaryWriter, graph: OnnxGraph): void => {
  for (const node of graph.nodes) message(w, 1, () => writeNode(w, node))
  text(w, 2, graph.name)
  for (const tensor of graph.initializers) message(w, 5, () => writeInitializer(w, tensor))
  for (const input of graph.inputs) message(w, 11, () => writeNamedType(w, input))
  for (const output of graph.outputs) message(w, 12, () => writeNamedType(w, output))
}

/** Every operator, those of graphs inside operators too. */
const allNodes = (graph: OnnxGraph): readonly OnnxNode[] =>
  graph.nodes.flatMap(node => {
    const inside = Object.values(node.attrs).filter(a => typeof a === 'object' && 'graph' in a)
    return [node, ...inside.flatMap(a => allNodes(a.graph as OnnxGraph))]
  })

/** The bytes of an .onnx file. */
export const encodeModel = (model: OnnxModel): Uint8Array => {
  const domains = new Set(
    allNodes(model)
      .map(n => n.domain)
      .filter(d => d !== ''),
  )
  const w = new BinaryWriter()
  int(w, 1, irVersionOf(model.opset))
  text(w, 2, 'gradus')
  message(w, 7, () => writeGraph(w, model))
  message(w, 8, () => {
    text(w, 1, '')
    int(w, 2, model.opset)
  })
  for (const domain of domains) {
    message(w, 8, () => {
      text(w, 1, domain)
      int(w, 2, 1)
    })
  }
  return w.finish()
}
