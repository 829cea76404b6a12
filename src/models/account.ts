import { ArgumentError } from '../core/errors.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { leaf, type Node, topologicalOrder } from '../graph/node.ts'
import { observe } from '../nn/capture.ts'
import type { Module } from '../nn/module.ts'
import { Tensor } from '../tensor/tensor.ts'
import { flopsOf, isView, multiplyAddsOf } from './costs.ts'

/** What one layer outputs, holds and costs, for the whole batch. Sizes are in numbers: times {@link bytesPerNumber} they are bytes. */
export interface LayerAccount {
  /** Its path; of what a module does beside the modules in it, the module's own. `(model)` is the outermost. */
  readonly name: string
  /** What it computes, in the order of the graph: `convolution`, or `relu, add, relu`. */
  readonly operations: readonly string[]
  readonly output: Shape
  /** Trained numbers of its own, not those of modules in it. */
  readonly parameters: number
  readonly multiplyAdds: number
  /** A multiply-add counts as two. */
  readonly flops: number
  /** Numbers that it computes and that training keeps for the way back. */
  readonly activations: number
  /** Numbers that it takes from earlier layers. */
  readonly reads: number
  /** Numbers that it hands to later layers. */
  readonly writes: number
}

/** What a model outputs, holds and costs, forwards, in prediction. */
export interface ModelAccount {
  readonly input: Shape
  readonly output: Shape
  readonly layers: readonly LayerAccount[]
  readonly parameters: number
  readonly multiplyAdds: number
  readonly flops: number
  readonly activations: number
  /** The most numbers that one layer takes and hands on: without a way back no more need be kept, shortcuts apart. */
  readonly largest: number
}

export const bytesPerNumber = { float32: 4, float16: 2, int8: 1 } as const
export type Precision = keyof typeof bytesPerNumber

export interface AccountOptions {
  /** Of the input. Default float32; language models take int32. */
  readonly dtype?: 'float32' | 'int32'
}

/** A module's own share of the graph. */
interface Share {
  readonly name: string
  readonly nodes: Node[]
  output: Shape
}

/**
 * What each layer of a model outputs, holds and costs for a batch of `input`'s shape. The model runs forwards on shapes alone: nothing is
 * computed, so that models made within `shapesOnly` do as well.
 *
 * A dense layer of n inputs and h outputs has h·n weights and costs 2·h·n·b FLOPs in a batch of b; a convolution has co·ci·kh·kw and costs
 * 2·ci·kh·kw·ho·wo·co for each image, with ho and wo = ⌊(N + 2P − F)/S⌋ + 1. What is done for each element counts one, pooling its window,
 * batch normalisation two, layer normalisation eight, softmax five.
 *
 * @param model with a `forward` of one tensor that gives one
 * @param input with the batch: `[32, 3, 224, 224]`
 * @throws ArgumentError where the model gives no tensor
 * @example
 * accountOf(nn.shapesOnly(() => resnet18()), [1, 3, 224, 224]).multiplyAdds // 1814073344
 */
export const accountOf = (model: Module, input: Shape, { dtype = 'float32' }: AccountOptions = {}): ModelAccount => {
  const x = leaf({ shape: input, dtype }, { kind: 'argument', index: 0 })
  const { output, shares } = traced(model, x)
  const own = ownParameters(model)
  const users = usersOf(output)
  const layers = shares.flatMap(share => {
    const parameters = own.get(share.name) ?? 0
    own.delete(share.name)
    const layer = layerOf(share, { users, output, parameters })
    return layer.operations.length > 0 || parameters > 0 ? [layer] : []
  })
  const idle = [...own.values()].reduce((total, n) => total + n, 0)
  if (idle > 0) layers.push({ ...nothing, name: '(not called)', parameters: idle })
  const total = (key: 'parameters' | 'multiplyAdds' | 'flops' | 'activations'): number =>
    layers.reduce((sum, layer) => sum + layer[key], 0)
  return {
    input,
    output: output.shape,
    layers,
    parameters: total('parameters'),
    multiplyAdds: total('multiplyAdds'),
    flops: total('flops'),
    activations: total('activations'),
    largest: Math.max(0, ...layers.map(layer => layer.reads + layer.writes)),
  }
}

const nothing: Omit<LayerAccount, 'name' | 'parameters'> = {
  operations: [],
  output: [],
  multiplyAdds: 0,
  flops: 0,
  activations: 0,
  reads: 0,
  writes: 0,
}

/** Runs the model on a leaf in prediction mode, and gives each new node to the innermost module that made it. */
const traced = (model: Module, x: Node): { output: Node; shares: Share[] } => {
  const modes = model.modules().map(module => [module, module.training] as const)
  const known = new Set<Node>([x])
  const shares: Share[] = []
  const open: Share[] = []
  const take = (share: Share | undefined, values: readonly unknown[]): void => {
    const roots = values.flatMap(value => (value instanceof Tensor ? [value.node] : []))
    for (const node of topologicalOrder(roots, known)) {
      if (known.has(node)) continue
      known.add(node)
      share?.nodes.push(node)
    }
  }
  const names = new Map([...model.namedModules()].map(([name, module]) => [name === '' ? '(model)' : name, module]))
  const observer = {
    before: ({ name, args }: { name: string; args: readonly unknown[] }) => {
      take(open.at(-1), args)
      open.push({ name, nodes: [], output: [] })
    },
    after: ({ output }: { output: unknown }) => {
      const share = open.pop()!
      take(
        share,
        typeof output === 'object' && output !== null && !(output instanceof Tensor) ? Object.values(output) : [output],
      )
      if (output instanceof Tensor) share.output = output.shape
      shares.push(share)
    },
  }
  try {
    model.eval()
    const { forward } = model as { forward?: unknown } & Module
    if (typeof forward !== 'function') throw noTensor(model)
    const run = () => (model as unknown as { forward(x: Tensor): unknown }).forward(new Tensor(x))
    const output = observe(names, observer, run)
    if (!(output instanceof Tensor)) throw noTensor(model)
    return { output: output.node, shares }
  } finally {
    // From the outside in, as train() sets all that is inside.
    for (const [module, training] of modes) module.train(training)
  }
}

const noTensor = (model: Module): ArgumentError =>
  new ArgumentError(
    `accountOf: ${model.constructor.name} has no forward from one tensor to one. Pass the part of the model that has.`,
  )

/** Numbers that are each module's own: of a parameter, the module with the longest path before it. */
const ownParameters = (model: Module): Map<string, number> => {
  const modules = model.namedModules()
  const own = new Map<string, number>()
  for (const [path, { shape }] of model.namedParameters()) {
    let name = path
    do name = name.slice(0, Math.max(name.lastIndexOf('.'), 0))
    while (!modules.has(name))
    const at = name === '' ? '(model)' : name
    own.set(at, (own.get(at) ?? 0) + sizeOf(shape))
  }
  return own
}

const usersOf = (output: Node): Map<Node, Node[]> => {
  const users = new Map<Node, Node[]>()
  for (const node of topologicalOrder([output])) {
    for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node])
  }
  return users
}

/** Weights are counted apart, and constants take no memory. */
const isData = ({ op, source }: Node): boolean => (op ? op.name !== 'constant' : source?.kind === 'argument')

interface Surroundings {
  readonly users: ReadonlyMap<Node, readonly Node[]>
  readonly output: Node
  readonly parameters: number
}

const layerOf = ({ name, nodes, output }: Share, around: Surroundings): LayerAccount => {
  const inside = new Set(nodes)
  const working = nodes.filter(node => node.op && !isView(node) && node.op.name !== 'constant')
  const read = new Set(nodes.flatMap(node => node.inputs.filter(input => !inside.has(input) && isData(input))))
  const written = nodes.filter(
    node =>
      isData(node) &&
      (node === around.output || (around.users.get(node) ?? []).some(user => !inside.has(user))) &&
      !isWeight(node),
  )
  const numbers = (list: Iterable<Node>): number => [...list].reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  return {
    name,
    operations: working.map(node => node.op!.name),
    output,
    parameters: around.parameters,
    multiplyAdds: working.reduce((sum, node) => sum + multiplyAddsOf(node), 0),
    flops: working.reduce((sum, node) => sum + flopsOf(node), 0),
    activations: numbers(working),
    reads: numbers(read),
    writes: numbers(written),
  }
}

/** A weight seen in another shape. */
const isWeight = (node: Node): boolean =>
  node.source?.kind === 'slot' ||
  (isView(node) && node.inputs.every(input => input.op === null && input.source?.kind === 'slot'))
