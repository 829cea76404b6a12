import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { convert, type DType } from '../../src/core/dtype.ts'
import { onnxType } from '../../src/engine/onnx/format.ts'

// Writes ONNX models for tests, with all that a file may hold. Field numbers are those of onnx.proto.

export interface TensorDef {
  readonly name?: string
  readonly dims?: readonly number[]
  /** A dtype, or a TensorProto.DataType. */
  readonly type?: DType | number
  readonly data?: readonly number[]
  /** `raw` bytes (default), or the field for the type. */
  readonly field?: 'raw' | 'typed'
  readonly external?: Readonly<Record<string, string>>
}
export interface GraphDef {
  readonly name?: string
  readonly nodes?: readonly NodeDef[]
  readonly initializers?: readonly TensorDef[]
  readonly inputs?: readonly ValueDef[]
  readonly outputs?: readonly ValueDef[]
  /** Names of the values of sparse initializers. */
  readonly sparse?: readonly string[]
}
export type ValueDef =
  | string
  | { readonly name: string; readonly type?: DType | number; readonly shape?: readonly (number | string)[] }
export type AttributeDef =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorDef }
  | { readonly graph: GraphDef }
  | { readonly reference: string }
export interface NodeDef {
  readonly op: string
  readonly domain?: string
  readonly name?: string
  readonly inputs?: readonly string[]
  readonly outputs?: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeDef>>
}
export interface FunctionDef {
  readonly name: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: readonly string[]
  readonly defaults?: Readonly<Record<string, AttributeDef>>
  readonly nodes: readonly NodeDef[]
}
export interface ModelDef extends GraphDef {
  readonly opset?: number
  readonly opsets?: Readonly<Record<string, number>>
  readonly functions?: readonly FunctionDef[]
}

const message = (w: BinaryWriter, field: number, write: (w: BinaryWriter) => void): void => {
  w.tag(field, WireType.LengthDelimited).fork()
  write(w)
  w.join()
}
const text = (w: BinaryWriter, field: number, value: string): void => {
  w.tag(field, WireType.LengthDelimited).string(value)
}
const int = (w: BinaryWriter, field: number, value: number): void => {
  w.tag(field, WireType.Varint).int64(value)
}
const code = (type: DType | number): number => (typeof type === 'number' ? type : onnxType[type])

const typedField: Partial<Record<DType, number>> = { float32: 4, float64: 10, int64: 7, uint32: 11, uint64: 11 }
const writeTyped = (w: BinaryWriter, type: DType, data: readonly number[]): void => {
  const field = typedField[type] ?? 5
  message(w, field, inner => {
    for (const v of data) {
      if (field === 4) inner.float(v)
      else if (field === 10) inner.double(v)
      else if (field === 11) inner.uint64(v)
      else inner.int64(v)
    }
  })
}
export const writeTensor = (
  w: BinaryWriter,
  { name, dims = [], type = 'float32', data, field = 'raw', external }: TensorDef,
): void => {
  for (const n of dims) int(w, 1, n)
  int(w, 2, code(type))
  if (name !== undefined) text(w, 8, name)
  if (external) {
    for (const [key, value] of Object.entries(external)) {
      message(w, 13, e => {
        text(e, 1, key)
        text(e, 2, value)
      })
    }
    int(w, 14, 1)
  }
  if (!data || typeof type === 'number') return
  if (field === 'typed') {
    writeTyped(w, type, data)
    return
  }
  const array = convert(data, type)
  w.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
}

const isTexts = (list: readonly unknown[]): list is readonly string[] => typeof list[0] === 'string'
const writeAttribute = (w: BinaryWriter, name: string, value: AttributeDef): void => {
  text(w, 1, name)
  const kind = (k: number): void => int(w, 20, k)
  if (typeof value === 'number') {
    int(w, 3, value)
    kind(2)
  } else if (typeof value === 'string') {
    text(w, 4, value)
    kind(3)
  } else if (Array.isArray(value)) {
    if (isTexts(value)) for (const v of value) text(w, 9, v)
    else for (const v of value as readonly number[]) int(w, 8, v)
    kind(isTexts(value) ? 8 : 7)
  } else if ('float' in value) {
    w.tag(2, WireType.Bit32).float(value.float)
    kind(1)
  } else if ('floats' in value) {
    for (const v of value.floats) w.tag(7, WireType.Bit32).float(v)
    kind(6)
  } else if ('tensor' in value) {
    message(w, 5, t => writeTensor(t, value.tensor))
    kind(4)
  } else if ('graph' in value) {
    message(w, 6, g => writeGraph(g, value.graph))
    kind(5)
  } else if ('reference' in value) {
    text(w, 21, value.reference)
    kind(2)
  }
}
const writeNode = (
  w: BinaryWriter,
  { op, domain, name, inputs = [], outputs = [], attributes = {} }: NodeDef,
): void => {
  for (const x of inputs) text(w, 1, x)
  for (const x of outputs) text(w, 2, x)
  if (name !== undefined) text(w, 3, name)
  text(w, 4, op)
  for (const [key, value] of Object.entries(attributes)) message(w, 5, a => writeAttribute(a, key, value))
  if (domain !== undefined) text(w, 7, domain)
}
const writeValue = (w: BinaryWriter, value: ValueDef): void => {
  const { name, type = 'float32', shape } = typeof value === 'string' ? { name: value } : value
  text(w, 1, name)
  if (typeof value === 'string') return
  message(w, 2, t =>
    message(t, 1, tensor => {
      int(tensor, 1, code(type))
      if (!shape) return
      message(tensor, 2, dims => {
        for (const n of shape) message(dims, 1, d => (typeof n === 'number' ? int(d, 1, n) : text(d, 2, n)))
      })
    }),
  )
}
export const writeGraph = (w: BinaryWriter, graph: GraphDef): void => {
  for (const node of graph.nodes ?? []) message(w, 1, n => writeNode(n, node))
  text(w, 2, graph.name ?? 'graph')
  for (const t of graph.initializers ?? []) message(w, 5, b => writeTensor(b, t))
  for (const v of graph.inputs ?? []) message(w, 11, b => writeValue(b, v))
  for (const v of graph.outputs ?? []) message(w, 12, b => writeValue(b, v))
  for (const name of graph.sparse ?? []) message(w, 15, s => message(s, 1, t => writeTensor(t, { name })))
}
const writeFunction = (w: BinaryWriter, f: FunctionDef): void => {
  text(w, 1, f.name)
  for (const x of f.inputs) text(w, 4, x)
  for (const x of f.outputs) text(w, 5, x)
  for (const x of f.attributes ?? []) text(w, 6, x)
  for (const node of f.nodes) message(w, 7, n => writeNode(n, node))
  message(w, 9, o => int(o, 2, 21))
  text(w, 10, f.domain)
  for (const [key, value] of Object.entries(f.defaults ?? {})) message(w, 11, a => writeAttribute(a, key, value))
}

/** The bytes of a model. */
export const buildModel = ({ opset = 21, opsets = {}, functions = [], ...graph }: ModelDef): Uint8Array => {
  const w = new BinaryWriter()
  int(w, 1, 10)
  text(w, 2, 'test')
  message(w, 7, g => writeGraph(g, graph))
  for (const [domain, version] of Object.entries({ '': opset, ...opsets })) {
    message(w, 8, o => {
      text(o, 1, domain)
      int(o, 2, version)
    })
  }
  for (const f of functions) message(w, 25, b => writeFunction(b, f))
  return w.finish()
}
