import { FormatError, GradusError } from '../../core/errors.ts'
import { type Shape, show, sizeOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import { quote } from '../json.ts'
import { Call, nodeLabel, type Operator } from './call.ts'
import { orderNodes, subgraphs } from './check-graph.ts'
import { heldArray } from './known.ts'
import { operators } from './operators.ts'
import type { Attribute, FunctionProto, GraphProto, ModelProto, NodeProto } from './parse.ts'
import { decodeTensor, tensorLabel } from './tensor-proto.ts'

export interface TraceLimits {
  /** Elements that one value may have. */
  readonly maxElements: number
  /** Nodes that may be built in one run, with the repetitions of loops. */
  readonly maxNodes: number
}

/** Functions that call functions that call …: deeper than any exporter goes. */
const maxCallDepth = 64

/** Values by name, and what else nodes see. */
interface Scope {
  readonly values: Map<string, Node | null>
  readonly outer: Scope | null
  readonly opsets: ReadonlyMap<string, number>
  /** Attributes of the function call that is being expanded. */
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly depth: number
}

const lookup = (scope: Scope, name: string): Node | null => {
  for (let s: Scope | null = scope; s; s = s.outer) {
    const found = s.values.get(name)
    if (found !== undefined) return found
  }
  return null
}

const functionKey = (domain: string, name: string, overload: string): string => `${domain}:${name}:${overload}`
const operatorKey = ({ domain, opType }: NodeProto): string => (domain === '' ? opType : `${domain}:${opType}`)
const operatorOf = (node: NodeProto): Operator | undefined =>
  Object.hasOwn(operators, operatorKey(node)) ? operators[operatorKey(node)] : undefined

/** A model checked and ready to be built, as often as there are inputs. */
export class Tracer {
  readonly model: ModelProto
  /** Nodes that the outputs of each graph need, in order. */
  private readonly orders = new WeakMap<GraphProto | FunctionProto, readonly NodeProto[]>()
  private readonly constants = new WeakMap<GraphProto, ReadonlyMap<string, Node>>()
  private readonly functions = new Map<string, FunctionProto>()
  private readonly folder: string | undefined

  /** @throws FormatError for a graph whose nodes do not go together, or operators that are not known here. */
  constructor(model: ModelProto, folder: string | undefined) {
    this.model = model
    this.folder = folder
    for (const f of model.functions) this.functions.set(functionKey(f.domain, f.name, f.overload), f)
    const unknown = new Set<string>()
    for (const f of model.functions) this.prepareFunction(f, unknown)
    this.prepare('the graph', model.graph, () => false, unknown)
    if (unknown.size > 0) {
      const names = [...unknown].sort()
      const listed = names.slice(0, 10).join(', ') + (names.length > 10 ? ` and ${names.length - 10} more` : '')
      throw new FormatError(
        `importOnnx: the model uses operators that are not supported: ${listed}. Export it without them, or run it with ONNX Runtime.`,
        { operators: names },
      )
    }
  }

  /** Nodes of the main graph that its outputs need, in order. */
  get nodes(): readonly NodeProto[] {
    return this.orders.get(this.model.graph)!
  }
  nodesOf(graph: GraphProto): readonly NodeProto[] {
    return this.orders.get(graph) ?? []
  }

  private prepareFunction(f: FunctionProto, unknown: Set<string>): void {
    const where = `the function ${quote(f.name)}`
    const order = orderNodes(where, f, f.outputs, new Set(f.inputs), () => false)
    this.orders.set(f, order)
    const names = new Set([...f.inputs, ...order.flatMap(n => n.outputs)])
    for (const node of order) this.prepareNode(node, name => names.has(name), unknown)
  }
  private prepare(where: string, graph: GraphProto, outer: (name: string) => boolean, unknown: Set<string>): void {
    if (graph.sparseInitializers.length > 0) {
      throw new FormatError(
        `importOnnx: ${where} has the sparse initializer ${quote(graph.sparseInitializers[0])}. Sparse tensors are not supported: export the model with dense ones.`,
        { names: graph.sparseInitializers },
      )
    }
    const given = new Set([...graph.inputs.map(v => v.name), ...graph.initializers.map(t => t.name)])
    const outputs = graph.outputs.map(v => v.name)
    const order = orderNodes(where, graph, outputs, given, outer)
    this.orders.set(graph, order)
    const made = new Set(order.flatMap(n => n.outputs))
    for (const node of order) this.prepareNode(node, name => given.has(name) || made.has(name) || outer(name), unknown)
  }
  private prepareNode(node: NodeProto, visible: (name: string) => boolean, unknown: Set<string>): void {
    if (!operatorOf(node) && !this.functionOf(node)) {
      unknown.add(`${node.domain === '' ? '' : `${node.domain}.`}${node.opType}`)
    }
    for (const graph of subgraphs(node)) this.prepare(`a subgraph of ${nodeLabel(node)}`, graph, visible, unknown)
  }
  private functionOf({ domain, opType, overload }: NodeProto): FunctionProto | undefined {
    return this.functions.get(functionKey(domain, opType, overload))
  }

  /** Initializers as leaves, decoded once. One of a dtype that is not supported is an error where it is used. */
  constantsOf(graph: GraphProto): ReadonlyMap<string, Node> {
    let constants = this.constants.get(graph)
    if (!constants) {
      const used = new Set([...this.nodesOf(graph).flatMap(n => needsOf(n)), ...graph.outputs.map(v => v.name)])
      constants = new Map(
        graph.initializers
          .filter(t => used.has(t.name))
          .map(proto => {
            const { data, shape, dtype } = decodeTensor(proto, tensorLabel(proto.name), this.folder)
            return [proto.name, heldArray(data, shape, dtype)]
          }),
      )
      this.constants.set(graph, constants)
    }
    return constants
  }

  /** The outputs of the main graph for the values of its inputs and initializers. */
  run(values: Map<string, Node | null>, limits: TraceLimits): Node[] {
    const scope: Scope = { values, outer: null, opsets: this.model.opsets, attributes: new Map(), depth: 0 }
    return new Run(this, this.functions, this.folder, limits).graph(this.model.graph, scope)
  }

  bodyOf(f: FunctionProto): readonly NodeProto[] {
    return this.orders.get(f)!
  }
}

const needsOf = (node: NodeProto): readonly string[] => [
  ...node.inputs,
  ...subgraphs(node).flatMap(g => [...g.nodes.flatMap(n => needsOf(n)), ...g.outputs.map(v => v.name)]),
]

/** One building of the graph. */
class Run {
  private readonly tracer: Tracer
  private readonly functions: ReadonlyMap<string, FunctionProto>
  private readonly folder: string | undefined
  private readonly limits: TraceLimits
  private readonly checked = new WeakSet<Node>()
  private spent = 0

  constructor(
    tracer: Tracer,
    functions: ReadonlyMap<string, FunctionProto>,
    folder: string | undefined,
    limits: TraceLimits,
  ) {
    this.tracer = tracer
    this.functions = functions
    this.folder = folder
    this.limits = limits
  }

  graph(graph: GraphProto, scope: Scope): Node[] {
    for (const node of this.tracer.nodesOf(graph)) this.node(node, scope)
    return graph.outputs.map(v => lookup(scope, v.name) ?? this.noValue(v.name))
  }
  private noValue(name: string): never {
    throw new FormatError(
      `importOnnx: the output ${quote(name)} has no value: what makes it leaves it out. Export the model again.`,
      { name },
    )
  }

  /** Counts work that a file may ask for without end, such as the steps of a loop. */
  private spend(steps: number, who: string): void {
    this.spent += steps
    if (this.spent <= this.limits.maxNodes) return
    throw new FormatError(
      `importOnnx: ${who} makes the graph larger than ${this.limits.maxNodes} nodes. Loops are unrolled: run the model with fewer steps, or pass { maxNodes }.`,
      { maxNodes: this.limits.maxNodes },
    )
  }

  private node(proto: NodeProto, scope: Scope): void {
    const label = nodeLabel(proto)
    this.spend(1, label)
    const inputs = proto.inputs.map(name => (name === '' ? null : lookup(scope, name)))
    const attributes = resolved(proto.attributes, scope)
    const f = this.functions.get(functionKey(proto.domain, proto.opType, proto.overload))
    const results = f
      ? this.function(f, inputs, attributes, scope.depth)
      : this.operator(proto, inputs, attributes, scope, label)
    for (const [i, name] of proto.outputs.entries()) if (name !== '') scope.values.set(name, results[i] ?? null)
  }

  private operator(
    proto: NodeProto,
    inputs: readonly (Node | null)[],
    attributes: ReadonlyMap<string, Attribute>,
    scope: Scope,
    label: string,
  ): readonly (Node | null)[] {
    const version = scope.opsets.get(proto.domain) ?? (proto.domain === '' ? 1 : 0)
    const call = new Call(proto, version, inputs, attributes, {
      folder: this.folder,
      run: (graph, given) => this.subgraph(graph, given, scope, call),
      spend: steps => this.spend(steps, label),
      claim: elements => this.claim([elements], label),
    })
    try {
      const given = operatorOf(proto)!(call)
      const results = Array.isArray(given) ? (given as readonly (Node | null)[]) : [given as Node]
      this.checkSizes(results, label)
      return results
    } catch (error) {
      if (error instanceof FormatError || !(error instanceof GradusError)) throw error
      throw new FormatError(`importOnnx: ${label}: ${error.message}`, error.details, error)
    }
  }

  private subgraph(graph: GraphProto, given: readonly Node[], outer: Scope, call: Call): Node[] {
    if (given.length > graph.inputs.length) {
      call.fail(`passes ${given.length} values to a graph of ${graph.inputs.length} inputs`, 'They must be as many.')
    }
    const values = new Map<string, Node | null>(this.tracer.constantsOf(graph))
    for (const [i, { name }] of graph.inputs.entries()) if (given[i]) values.set(name, given[i]!)
    return this.graph(graph, { ...outer, values, outer })
  }

  private function(
    f: FunctionProto,
    inputs: readonly (Node | null)[],
    attributes: ReadonlyMap<string, Attribute>,
    depth: number,
  ): readonly (Node | null)[] {
    if (depth >= maxCallDepth) {
      throw new FormatError(
        `importOnnx: functions call each other more than ${maxCallDepth} deep, last ${quote(f.name)}. A function must not call itself: export the model again.`,
        { function: f.name },
      )
    }
    const values = new Map<string, Node | null>(f.inputs.map((name, i) => [name, inputs[i] ?? null]))
    const given = new Map([...f.defaults, ...attributes])
    const scope: Scope = { values, outer: null, opsets: f.opsets, attributes: given, depth: depth + 1 }
    for (const node of this.tracer.bodyOf(f)) this.node(node, scope)
    return f.outputs.map(name => lookup(scope, name))
  }

  private claim(shape: Shape, label: string): void {
    const { maxElements } = this.limits
    if (shape.some(n => !Number.isInteger(n) || n < 0)) {
      throw new FormatError(
        `importOnnx: ${label} makes a value of shape ${show(shape)}. Sizes must be whole numbers of at least 0: check the model.`,
        { shape },
      )
    }
    if (sizeOf(shape) <= maxElements && shape.every(n => n <= maxElements)) return
    throw new FormatError(
      `importOnnx: ${label} makes a value of shape ${show(shape)}, ${sizeOf(shape)} elements. At most ${maxElements} are allowed: check the model, or pass { maxElements }.`,
      { shape },
    )
  }

  /** Throws where a value, or a step towards it, is larger than allowed: before anything of that size exists. */
  private checkSizes(results: readonly (Node | null)[], label: string): void {
    const stack = results.filter(node => node !== null)
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (this.checked.has(node)) continue
      this.checked.add(node)
      for (const { shape } of node.parts ?? [node]) this.claim(shape, label)
      for (const input of node.inputs) stack.push(input)
    }
  }
}

/** Attributes with references to those of the function call replaced; a reference to one that was not given vanishes. */
const resolved = (attributes: ReadonlyMap<string, Attribute>, scope: Scope): ReadonlyMap<string, Attribute> => {
  if (![...attributes.values()].some(a => a.kind === 'reference')) return attributes
  return new Map(
    [...attributes].flatMap(([name, a]): [string, Attribute][] => {
      const value = a.kind === 'reference' ? scope.attributes.get(a.value) : a
      return value ? [[name, value]] : []
    }),
  )
}
