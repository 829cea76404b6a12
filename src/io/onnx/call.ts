import type { DType } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import { show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { NdArray } from '../../graph/op.ts'
import { quote } from '../json.ts'
import type { StoredTensor } from '../safetensors.ts'
import { held, knownArray } from './known.ts'
import type { Attribute, GraphProto, NodeProto, ValueInfo } from './parse.ts'
import { decodeTensor, requireDTypeOfCode } from './tensor-proto.ts'

/** What an operator gives: its outputs in order; null for one that nobody asked for. */
export type Results = Node | readonly (Node | null)[]
/** The meaning of an ONNX operator in Gradus' operations. */
export type Operator = (call: Call) => Results
/** Operators of one family by name; those of other domains as `domain:Name`. */
export type Operators = Readonly<Record<string, Operator>>

/** What a call may ask of the graph around it. */
export interface Surroundings {
  /** Builds a subgraph, with values for its inputs, in the scope of the node. */
  readonly run: (graph: GraphProto, inputs: readonly Node[]) => readonly Node[]
  readonly folder: string | undefined
  /** Counts steps that are built one by one; throws when they are too many. */
  readonly spend: (steps: number) => void
  /** Throws when a value of so many elements is not allowed. */
  readonly claim: (elements: number) => void
}

/** How a node is called in a message. */
export const nodeLabel = ({ name, opType, outputs }: NodeProto): string =>
  `node ${quote(name === '' ? (outputs.find(o => o !== '') ?? '') : name)} (${opType})`

type Kind = Attribute['kind']
type ValueOf<K extends Kind> = Extract<Attribute, { readonly kind: K }>['value']

/** One node about to be built: its inputs, its attributes, the version of its operator. */
export class Call {
  readonly proto: NodeProto
  /** Version of the operator's domain in this model. */
  readonly version: number
  /** Null for an input left out; trailing ones may be missing altogether. */
  readonly inputs: readonly (Node | null)[]
  private readonly attributes: ReadonlyMap<string, Attribute>
  private readonly around: Surroundings

  constructor(
    proto: NodeProto,
    version: number,
    inputs: readonly (Node | null)[],
    attributes: ReadonlyMap<string, Attribute>,
    around: Surroundings,
  ) {
    this.proto = proto
    this.version = version
    this.inputs = inputs
    this.attributes = attributes
    this.around = around
  }

  get type(): string {
    return this.proto.opType
  }
  get label(): string {
    return nodeLabel(this.proto)
  }
  /** Whether output `index` is asked for. */
  wants(index: number): boolean {
    return (this.proto.outputs[index] ?? '') !== ''
  }

  // --- inputs ---------------------------------------------------------------------------------------------------------
  optional(index: number): Node | null {
    return this.inputs[index] ?? null
  }
  input(index: number): Node {
    return this.inputs[index] ?? this.fail(`has no input ${index}`, 'This operator cannot do without it.')
  }
  /** All inputs, none of them left out. */
  all(): Node[] {
    if (this.inputs.length === 0) this.fail('has no inputs', 'At least one was expected.')
    return this.inputs.map((_, i) => this.input(i))
  }
  /** The values of an input that shape the graph. */
  known(index: number): NdArray {
    const array = knownArray(this.input(index), this.label)
    if (array) return array
    const name = this.proto.inputs[index]
    return this.fail(
      `needs the values of its input ${quote(name)} while the graph is built, and they depend on something not known then`,
      'Pass what they depend on as a tensor that holds values (outside compile), or make it a constant of the model.',
    )
  }
  /** The values of an input, if they are known. */
  maybeKnown(index: number): readonly number[] | null {
    const node = this.optional(index)
    const array = node && knownArray(node, this.label)
    return array ? Array.from(array.data) : null
  }
  /** As numbers; of a left-out input, `fallback`. */
  values(index: number): number[]
  values<F>(index: number, fallback: F): number[] | F
  values(index: number, ...fallback: readonly unknown[]): unknown {
    if (fallback.length > 0 && this.optional(index) === null) return fallback[0]
    return Array.from(this.known(index).data)
  }
  /** The one number that an input holds. */
  number(index: number, fallback?: number): number {
    if (fallback !== undefined && this.optional(index) === null) return fallback
    const { data, shape } = this.known(index)
    if (data.length === 1) return data[0]!
    return this.fail(`has an input ${index} of shape ${show(shape)}`, 'A single number was expected.')
  }

  // --- attributes -----------------------------------------------------------------------------------------------------
  has(name: string): boolean {
    return this.attributes.has(name)
  }
  private attribute<K extends Kind>(name: string, kind: K, fallback: ValueOf<K> | undefined): ValueOf<K> {
    const found = this.attributes.get(name)
    if (found?.kind === kind) return found.value as ValueOf<K>
    if (found) this.fail(`has the attribute ${quote(name)} of kind ${found.kind}`, `Expected is ${kind}.`)
    if (fallback !== undefined) return fallback
    return this.fail(`has no attribute ${quote(name)}`, `This operator needs it, of kind ${kind}.`)
  }
  int(name: string, fallback?: number): number {
    return this.attribute(name, 'int', fallback)
  }
  flag(name: string, fallback = false): boolean {
    return this.int(name, fallback ? 1 : 0) !== 0
  }
  float(name: string, fallback?: number): number {
    return this.attribute(name, 'float', fallback)
  }
  text(name: string, fallback?: string): string {
    return this.attribute(name, 'string', fallback)
  }
  /** One of several words. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name, fallback)
    const found = choices.find(c => c === value)
    if (found !== undefined) return found
    return this.fail(`has ${name} ${quote(value)}`, `Expected is one of ${choices.join(', ')}.`)
  }
  ints(name: string, fallback?: readonly number[]): readonly number[] {
    return this.attribute(name, 'ints', fallback)
  }
  floats(name: string, fallback?: readonly number[]): readonly number[] {
    return this.attribute(name, 'floats', fallback)
  }
  texts(name: string, fallback?: readonly string[]): readonly string[] {
    return this.attribute(name, 'strings', fallback)
  }
  tensor(name: string): StoredTensor {
    const proto = this.attribute(name, 'tensor', undefined)
    return decodeTensor(proto, `the attribute ${quote(name)} of ${this.label}`, this.around.folder)
  }
  graph(name: string): GraphProto {
    return this.attribute(name, 'graph', undefined)
  }
  /** A dtype given as TensorProto.DataType. */
  dtype(name: string, fallback?: DType): DType {
    if (fallback !== undefined && !this.has(name)) return fallback
    return requireDTypeOfCode(`${quote(name)} of ${this.label}`, this.int(name))
  }

  /** Builds a subgraph in this node's scope. */
  run(graph: GraphProto, inputs: readonly Node[]): readonly Node[] {
    return this.around.run(graph, inputs)
  }

  /** An empty tensor along a new first axis, of the type that a graph declares; of an axis it does not say the size of, none. */
  emptyOf({ elemType, shape }: ValueInfo): Node {
    const dtype = elemType === 0 ? 'float32' : requireDTypeOfCode(`an output of ${this.label}`, elemType)
    return held([], [0, ...(shape ?? []).map(n => (typeof n === 'number' && n >= 0 ? n : 0))], dtype)
  }

  /** Announces work that grows with a size the file gives. */
  spend(steps: number): void {
    this.around.spend(steps)
  }

  /** Announces values that are made while the graph is built. */
  claim(elements: number): void {
    this.around.claim(elements)
  }

  /** Throws: what is wrong with this node, and what was expected. */
  fail(what: string, expected: string): never {
    throw new FormatError(`importOnnx: ${this.label} ${what}. ${expected}`, {
      node: this.proto.name,
      operator: this.type,
    })
  }
}
