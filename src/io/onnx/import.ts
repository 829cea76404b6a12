import { dirname, readFile } from '#files'
import type { DType } from '../../core/dtype.ts'
import { ArgumentError, DataError, DTypeError, ShapeError } from '../../core/errors.ts'
import { type Shape, show } from '../../core/shape.ts'
import type { Slot } from '../../engine/slot.ts'
import type { Node } from '../../graph/node.ts'
import { Module } from '../../nn/module.ts'
import { Parameter, StateBuffer } from '../../nn/parameter.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { fileCause } from '../atomic.ts'
import { quote } from '../json.ts'
import { rolesOf } from './parameters.ts'
import { type Attribute, type NodeProto, parseModel, type ValueInfo } from './parse.ts'
import { dtypeOfCode, typeName } from './tensor-proto.ts'
import { type TraceLimits, Tracer } from './trace.ts'

export interface OnnxOptions {
  /** Where data outside the file lies. By default such data is refused; `importOnnxFile` takes the file's own folder. */
  readonly folder?: string
  /** Elements that one value may have while the model is built. Default 2^28: a gigabyte of float32. */
  readonly maxElements?: number
  /** Nodes that one run may build, unrolled loops included. Default 100,000. */
  readonly maxNodes?: number
}

/** An input or output of a model, as its file declares it. */
export interface OnnxValue {
  readonly name: string
  /** Null where the file does not say, or the type is not supported. */
  readonly dtype: DType | null
  /** Sizes, or names of sizes that may vary; null for a size without a name. Null as a whole when not even the number of axes is said. */
  readonly shape: readonly (number | string | null)[] | null
  /** The file has a value for it: it may be left out. */
  readonly optional: boolean
}

/** What an operator of a model says of itself. */
export interface OnnxNodeInfo {
  readonly name: string
  readonly operator: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Numbers, texts and lists of them; tensors and graphs by a short description. */
  readonly attributes: Readonly<Record<string, number | string | readonly number[] | readonly string[]>>
}

/** A model's structure, to read. */
export interface OnnxGraph {
  readonly name: string
  readonly producer: string
  /** Version of each domain's operators; ONNX's own domain is ''. */
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** The operators that the outputs need, each after those whose results it takes. */
  readonly nodes: readonly OnnxNodeInfo[]
}

type Values = Record<string, Tensor>

/**
 * A model from an ONNX file as a module: its weights are parameters under the file's names, and what it computes is a graph of Gradus
 * operations, so that it can be differentiated, compiled and trained on. Made by `importOnnx`.
 *
 * The file decides whether dropout drops and statistics move: `train()` and `eval()` change nothing.
 */
export class OnnxModel extends Module {
  /** What the file says. */
  readonly graph: OnnxGraph
  private readonly weights: Record<string, Slot> = {}
  private readonly constants = new Map<string, Node>()
  private readonly tracer: Tracer
  private readonly limits: TraceLimits

  constructor(tracer: Tracer, limits: TraceLimits) {
    super()
    this.tracer = tracer
    this.limits = limits
    this.graph = describe(tracer)
    const { graph } = tracer.model
    const leaves = tracer.constantsOf(graph)
    const roles = rolesOf(graph, tracer.nodes, leaves)
    for (const [name, node] of leaves) {
      const role = roles.get(name)
      const array = node.source?.kind === 'buffer' ? (node.source.buffer.array as Float32Array) : null
      if (role === 'constant' || array === null || isMask(array)) this.constants.set(name, node)
      else {
        const slot =
          role === 'state'
            ? new StateBuffer(node.shape, { dtype: 'float32', array })
            : new Parameter(node.shape, () => array)
        // A name may be anything, also one that objects have already.
        Object.defineProperty(this.weights, name, { value: slot, enumerable: true })
      }
    }
  }

  /** Parameters and state buffers by their names in the file. */
  override state(): Map<string, Slot> {
    return new Map(Object.entries(this.weights))
  }

  /**
   * The outputs by name, for inputs by name or in order. Nothing is computed yet. Shapes that follow from values (of a `NonZero`, or a
   * `Reshape` to a computed shape) need those values now: inputs they depend on must be tensors that hold values.
   *
   * @throws ArgumentError, DTypeError or ShapeError for inputs that are not those the model declares; FormatError for a model that cannot
   *   be built for them.
   */
  run(inputs: Readonly<Values> | readonly Tensor[]): Values {
    const given = this.named(inputs)
    const values = new Map<string, Node | null>(this.constants)
    for (const [name, slot] of Object.entries(this.weights)) values.set(name, slot.read())
    const sizes = new Map<string, number>()
    for (const info of this.graph.inputs) {
      const x = given.get(info.name)
      if (!x) continue
      checkInput(info, x, sizes)
      values.set(info.name, x.node)
    }
    const nodes = this.tracer.run(values, this.limits)
    return Object.fromEntries(this.graph.outputs.map(({ name }, i) => [name, new Tensor(nodes[i]!)]))
  }

  private named(inputs: Readonly<Values> | readonly Tensor[]): Map<string, Tensor> {
    const required = this.graph.inputs.filter(v => !v.optional).map(v => v.name)
    const all = this.graph.inputs.map(v => v.name)
    const list = `Its inputs are ${all.length === 0 ? 'none' : all.map(quote).join(', ')}.`
    if (Array.isArray(inputs)) {
      if (inputs.length !== required.length) {
        throw new ArgumentError(`run: got ${inputs.length} inputs; the model takes ${required.length}. ${list}`)
      }
      return new Map(required.map((name, i) => [name, inputs[i] as Tensor]))
    }
    const given = new Map(Object.entries(inputs))
    const unknown = [...given.keys()].find(name => !all.includes(name))
    if (unknown !== undefined) throw new ArgumentError(`run: the model has no input ${quote(unknown)}. ${list}`)
    const missing = required.find(name => !given.has(name))
    if (missing !== undefined) throw new ArgumentError(`run: the input ${quote(missing)} is missing. ${list}`)
    return given
  }
}

/** Weights are finite; what holds −∞, or the lowest number there is in its place, hides something and is not trained. */
const isMask = (array: Float32Array): boolean => array.some(v => !(Math.abs(v) < 1e30))

/** Throws unless the tensor is what the model declares; sizes of one name must be equal. */
const checkInput = (info: OnnxValue, x: Tensor, sizes: Map<string, number>): void => {
  const where = `run: the input ${quote(info.name)}`
  if (info.dtype !== null && x.dtype !== info.dtype) {
    throw new DTypeError(
      `${where} is ${x.dtype}; the model declares ${info.dtype}. Convert with x.to('${info.dtype}').`,
      { dtype: x.dtype },
    )
  }
  const { shape } = info
  if (shape === null) return
  const declared = `[${shape.map(n => n ?? '?').join(', ')}]`
  const wrong =
    x.shape.length !== shape.length || x.shape.some((n, i) => typeof shape[i] === 'number' && shape[i] !== n)
  if (wrong) {
    throw new ShapeError(`${where} is ${show(x.shape)}. The model declares ${declared}.`, {
      shape: x.shape,
      declared: shape,
    })
  }
  for (const [i, name] of shape.entries()) {
    if (typeof name !== 'string') continue
    const n = x.shape[i]!
    const before = sizes.get(name) ?? n
    sizes.set(name, n)
    if (before === n) continue
    throw new ShapeError(
      `${where} is ${show(x.shape)}, declared as ${declared}; another input has ${quote(name)} ${before}. Sizes of one name must be equal.`,
      { shape: x.shape },
    )
  }
}

const describe = (tracer: Tracer): OnnxGraph => {
  const { graph, opsets, producer } = tracer.model
  const valued = new Set(graph.initializers.map(t => t.name))
  const value = ({ name, kind, elemType, shape }: ValueInfo): OnnxValue => ({
    name,
    dtype: kind === 'tensor' ? (dtypeOfCode(elemType) ?? null) : null,
    shape: kind === 'tensor' ? shape : null,
    optional: valued.has(name),
  })
  return {
    name: graph.name,
    producer,
    opsets: Object.fromEntries(opsets),
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    nodes: tracer.nodes.map(describeNode),
  }
}

const describeNode = ({ name, opType, domain, inputs, outputs, attributes }: NodeProto): OnnxNodeInfo => ({
  name,
  operator: opType,
  domain,
  inputs,
  outputs,
  attributes: Object.fromEntries([...attributes].map(([key, a]) => [key, describeAttribute(a)])),
})

const describeAttribute = (a: Attribute): number | string | readonly number[] | readonly string[] => {
  switch (a.kind) {
    case 'tensor':
      return `${typeName(a.value.dataType)} ${show(a.value.dims as Shape)}`
    case 'graph':
      return `a graph of ${a.value.nodes.length} nodes`
    case 'tensors':
    case 'graphs':
      return `${a.value.length} ${a.kind}`
    case 'reference':
      return `the call's ${a.value}`
    case 'unsupported':
      return `a ${a.value}`
    default:
      return a.value
  }
}

const limit = (name: string, value: number | undefined, fallback: number): number => {
  if (value === undefined) return fallback
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new ArgumentError(`importOnnx: ${name} must be a whole number of at least 1; got ${value}.`, { [name]: value })
}

/**
 * The model in the bytes of an ONNX file. A file from anywhere is safe to read: what is wrong with it is an error, and no more memory is
 * taken than its bytes justify.
 *
 * Supported are the operators of ONNX (opsets 1 to 27) that are about numbers, those of `ai.onnx.ml` for trees, support vectors, linear
 * models and scaling, and functions in the file. Strings, sequences, optional values and types below 16-bit floats and 8-bit integers are
 * not; docs/onnx-import.md lists what passes.
 *
 * Each `run` builds the graph anew: wrap it in `compile` to do that once for each shape of the inputs. Loops are unrolled.
 *
 * @throws FormatError when the file is damaged, hostile, or uses what is not supported.
 * @example
 * const bytes = await exportOnnx((x: Tensor) => x.mul(2).sum(), { x: tensor([1, 2]) }) // or readFile('model.onnx')
 * const { output } = importOnnx(bytes).run({ x: tensor([3, 4]) })
 * await output!.item() // 14
 * Source: onnx.proto of ONNX 1.22, IR version 13; operators as in docs/Operators.md of that release.
 */
export const importOnnx = (bytes: Uint8Array, options: OnnxOptions = {}): OnnxModel => {
  const limits = {
    maxElements: limit('maxElements', options.maxElements, 2 ** 28),
    maxNodes: limit('maxNodes', options.maxNodes, 100_000),
  }
  return new OnnxModel(new Tracer(parseModel(bytes), options.folder), limits)
}

/**
 * The model in an ONNX file, with data in other files of the same folder.
 *
 * @throws DataError when the file cannot be read; FormatError as `importOnnx`.
 */
export const importOnnxFile = async (path: string, options: OnnxOptions = {}): Promise<OnnxModel> => {
  const bytes = await readFile(path).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  })
  return importOnnx(bytes, { folder: dirname(path), ...options })
}
