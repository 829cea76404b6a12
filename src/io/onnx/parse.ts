import { FormatError } from '../../core/errors.ts'
import { quote } from '../json.ts'
import { parseTensor, type TensorProto } from './tensor-proto.ts'
import { damaged, float, floats, int, ints, readMessage, bytes as sub, text } from './wire.ts'

/** Graphs inside attributes of nodes inside graphs: deeper than any exporter goes. */
const maxDepth = 32

/** A value of a node's attribute. */
export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: TensorProto }
  | { readonly kind: 'graph'; readonly value: GraphProto }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly TensorProto[] }
  | { readonly kind: 'graphs'; readonly value: readonly GraphProto[] }
  /** Inside a function: the attribute of that name of the node that calls it. */
  | { readonly kind: 'reference'; readonly value: string }
  /** Sparse tensors and types, which no operator read here takes. */
  | { readonly kind: 'unsupported'; readonly value: string }

export interface NodeProto {
  readonly name: string
  readonly opType: string
  readonly domain: string
  /** Which of several functions of one name. */
  readonly overload: string
  /** Empty names stand for inputs left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
}

/** The type of a graph's input or output, as far as it is declared. */
export interface ValueInfo {
  readonly name: string
  readonly kind: 'tensor' | 'sequence' | 'optional' | 'map' | 'sparse tensor' | 'unknown'
  /** TensorProto.DataType; 0 when not said. */
  readonly elemType: number
  /** Sizes, or names of sizes; null where neither is said. Null as a whole: not even the number of axes is. */
  readonly shape: readonly (number | string | null)[] | null
}

export interface GraphProto {
  readonly name: string
  readonly nodes: readonly NodeProto[]
  readonly initializers: readonly TensorProto[]
  readonly sparseInitializers: readonly string[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
}

export interface FunctionProto {
  readonly name: string
  readonly domain: string
  readonly overload: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Attributes that a call must give. */
  readonly attributes: readonly string[]
  /** Attributes with the values they have when a call does not give them. */
  readonly defaults: ReadonlyMap<string, Attribute>
  readonly nodes: readonly NodeProto[]
  readonly opsets: ReadonlyMap<string, number>
}

export interface ModelProto {
  readonly irVersion: number
  readonly producer: string
  /** Version of each domain's operators; ONNX's own domain is ''. */
  readonly opsets: ReadonlyMap<string, number>
  readonly functions: readonly FunctionProto[]
  readonly graph: GraphProto
}

/** `ai.onnx` is another name of ONNX's own domain. */
const domainOf = (name: string): string => (name === 'ai.onnx' ? '' : name)

const parseOpset = (data: Uint8Array, into: Map<string, number>): void => {
  let domain = ''
  let version = 0
  readMessage('OperatorSetIdProto', data, { 1: text(v => (domain = v)), 2: int(v => (version = v)) })
  into.set(domainOf(domain), version)
}

const parseDimension = (data: Uint8Array): number | string | null => {
  let size: number | string | null = null
  readMessage('TensorShapeProto.Dimension', data, {
    // Some exporters write −1 for a size that may vary.
    1: int(v => (size = v < 0 ? null : v)),
    2: text(v => (size = v === '' ? null : v)),
  })
  return size
}

const parseValueInfo = (data: Uint8Array): ValueInfo => {
  let name = ''
  let kind: ValueInfo['kind'] = 'unknown'
  let elemType = 0
  let shape: (number | string | null)[] | null = null
  const tensor = (bytes: Uint8Array): void => {
    kind = 'tensor'
    readMessage('TypeProto.Tensor', bytes, {
      1: int(v => (elemType = v)),
      2: sub(dims => {
        const sizes: (number | string | null)[] = []
        readMessage('TensorShapeProto', dims, { 1: sub(d => sizes.push(parseDimension(d))) })
        shape = sizes
      }),
    })
  }
  const other = (what: ValueInfo['kind']) => sub(() => (kind = what))
  const type = {
    1: sub(tensor),
    4: other('sequence'),
    5: other('map'),
    8: other('sparse tensor'),
    9: other('optional'),
  }
  readMessage('ValueInfoProto', data, { 1: text(v => (name = v)), 2: sub(t => readMessage('TypeProto', t, type)) })
  return { name, kind, elemType, shape }
}

/** AttributeProto.AttributeType. */
const kinds = [
  'undefined',
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparse tensor',
  'sparse tensors',
  'type',
  'types',
] as const

type Found = { [K in (typeof kinds)[number]]?: unknown }

/** The attribute's value of the kind it says, or, in old files that do not say, of the kind that is there. */
const attributeOf = (name: string, type: number, found: Found, reference: string): Attribute => {
  if (reference !== '') return { kind: 'reference', value: reference }
  const kind = type === 0 ? kinds.find(k => found[k] !== undefined) : kinds[type]
  if (kind === undefined || kind === 'undefined') {
    throw new FormatError(`importOnnx: the attribute ${quote(name)} has no value of type ${type}. ${damaged}`, { name })
  }
  const empty: Found = { float: 0, int: 0, string: '', floats: [], ints: [], strings: [], tensors: [], graphs: [] }
  const value = found[kind] ?? empty[kind]
  if (kind === 'sparse tensor' || kind === 'sparse tensors' || kind === 'type' || kind === 'types')
    return { kind: 'unsupported', value: kind }
  if (value === undefined) {
    throw new FormatError(
      `importOnnx: the attribute ${quote(name)} is said to be a ${kind} and holds none. ${damaged}`,
      {
        name,
      },
    )
  }
  return { kind, value } as Attribute
}

const parseAttribute = (data: Uint8Array, depth: number): [string, Attribute] => {
  let name = ''
  let type = 0
  let reference = ''
  const found: { [K in keyof Found]: unknown[] | unknown } = {}
  const append = (kind: keyof Found) => (value: unknown) => {
    found[kind] ??= []
    ;(found[kind] as unknown[]).push(value)
  }
  readMessage('AttributeProto', data, {
    1: text(v => (name = v)),
    2: float(v => (found.float = v)),
    3: int(v => (found.int = v)),
    4: text(v => (found.string = v)),
    5: sub(b => (found.tensor = parseTensor(b))),
    6: sub(b => (found.graph = parseGraph(b, depth + 1))),
    7: floats(append('floats')),
    8: ints(append('ints')),
    9: text(append('strings')),
    10: sub(b => append('tensors')(parseTensor(b))),
    11: sub(b => append('graphs')(parseGraph(b, depth + 1))),
    14: sub(() => (found.type = true)),
    20: int(v => (type = v)),
    21: text(v => (reference = v)),
    22: sub(() => (found['sparse tensor'] = true)),
  })
  return [name, attributeOf(name, type, found, reference)]
}

const parseNode = (data: Uint8Array, depth: number): NodeProto => {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, Attribute>()
  let [name, opType, domain, overload] = ['', '', '', '']
  readMessage('NodeProto', data, {
    1: text(v => inputs.push(v)),
    2: text(v => outputs.push(v)),
    3: text(v => (name = v)),
    4: text(v => (opType = v)),
    5: sub(b => attributes.set(...parseAttribute(b, depth))),
    7: text(v => (domain = domainOf(v))),
    8: text(v => (overload = v)),
  })
  return { name, opType, domain, overload, inputs, outputs, attributes }
}

/** The name of the values of a sparse initializer: enough to say which one it is. */
const sparseName = (data: Uint8Array): string => {
  let name = ''
  readMessage('SparseTensorProto', data, { 1: sub(b => (name = parseTensor(b).name)) })
  return name
}

const parseGraph = (data: Uint8Array, depth: number): GraphProto => {
  if (depth > maxDepth) {
    throw new FormatError(
      `importOnnx: graphs are nested more than ${maxDepth} deep. No exporter writes such a model: do not use the file unless you trust where it is from.`,
      { maxDepth },
    )
  }
  let name = ''
  const nodes: NodeProto[] = []
  const initializers: TensorProto[] = []
  const sparseInitializers: string[] = []
  const inputs: ValueInfo[] = []
  const outputs: ValueInfo[] = []
  readMessage('GraphProto', data, {
    1: sub(b => nodes.push(parseNode(b, depth))),
    2: text(v => (name = v)),
    5: sub(b => initializers.push(parseTensor(b))),
    11: sub(b => inputs.push(parseValueInfo(b))),
    12: sub(b => outputs.push(parseValueInfo(b))),
    15: sub(b => sparseInitializers.push(sparseName(b))),
  })
  return { name, nodes, initializers, sparseInitializers, inputs, outputs }
}

const parseFunction = (data: Uint8Array): FunctionProto => {
  let [name, domain, overload] = ['', '', '']
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: string[] = []
  const defaults = new Map<string, Attribute>()
  const nodes: NodeProto[] = []
  const opsets = new Map<string, number>()
  readMessage('FunctionProto', data, {
    1: text(v => (name = v)),
    4: text(v => inputs.push(v)),
    5: text(v => outputs.push(v)),
    6: text(v => attributes.push(v)),
    7: sub(b => nodes.push(parseNode(b, 0))),
    9: sub(b => parseOpset(b, opsets)),
    10: text(v => (domain = domainOf(v))),
    11: sub(b => defaults.set(...parseAttribute(b, 0))),
    13: text(v => (overload = v)),
  })
  return { name, domain, overload, inputs, outputs, attributes, defaults, nodes, opsets }
}

/**
 * The contents of an .onnx file as plain data; field numbers are those of onnx.proto. Tensors are not decoded yet.
 *
 * @throws FormatError when the bytes are not a model: damaged, cut short, nested without end, or without a graph.
 */
export const parseModel = (data: Uint8Array): ModelProto => {
  let irVersion = 0
  let producer = ''
  let graph: GraphProto | null = null
  const opsets = new Map<string, number>()
  const functions: FunctionProto[] = []
  readMessage('ModelProto', data, {
    1: int(v => (irVersion = v)),
    2: text(v => (producer = v)),
    7: sub(b => (graph = parseGraph(b, 0))),
    8: sub(b => parseOpset(b, opsets)),
    25: sub(b => functions.push(parseFunction(b))),
  })
  if (graph === null) {
    throw new FormatError(`importOnnx: ${data.length} bytes hold no graph. ${damaged}`, { bytes: data.length })
  }
  // Before IR version 3 a model had no opset import: its operators are the first ones.
  if (opsets.size === 0) opsets.set('', 1)
  return { irVersion, producer, opsets, functions, graph }
}
