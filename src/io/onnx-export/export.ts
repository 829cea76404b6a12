import { ArgumentError, EngineError } from '../../core/errors.ts'
import { show } from '../../core/shape.ts'
import { flatten, mapTree } from '../../core/tree.ts'
import {
  encodeModel,
  type Initializer,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from '../../engine/onnx/format.ts'
import { lowerProgram } from '../../engine/onnx/lower.ts'
import { newestOpset, oldestOpset } from '../../engine/onnx/opset.ts'
import { tracePlan } from '../../engine/run.ts'
import { refuseWrites, type Slot } from '../../engine/slot.ts'
import { leaf, type Node } from '../../graph/node.ts'
import { programOf } from '../../graph/program.ts'
import { Module } from '../../nn/module.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { evaluate } from '../../tensor/transforms.ts'
import { type DynamicAxis, withDynamicAxes } from './dynamic.ts'
import type { Sizes } from './polynomial.ts'

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor

/** A tree of example tensors for each argument, by the argument's name, in the order of the arguments. */
export type ExampleInputs = Readonly<Record<string, unknown>>

export interface ExportOptions {
  /**
   * Axes that may have any size when the model runs: for an input (a path such as `state.w` inside a tree) the names of its axes by
   * number. Axes of one name have one size.
   */
  readonly dynamicAxes?: Readonly<Record<string, Readonly<Record<number, string>>>>
  /** Whose parameters a function uses, for their names in the file. A module that is exported itself names its own. */
  readonly parameters?: Module
  /** The version of the operators, 17 or 21. Default 17, which older programs read too, and 21 where an operation needs it. */
  readonly opset?: 17 | 21
  /** Name of the graph. Default `gradus`. */
  readonly name?: string
}

/** What is exported: a module in its present mode, or a function of tensors. */
export type Exportable = Module | ((...args: never[]) => unknown)

/** Paths of the tensors of a tree: `x`, `state.w`, `layers.0`. */
const pathsOf = (tree: unknown, path: string): string[] => {
  if (isTensor(tree)) return [path]
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, part]) => pathsOf(part, path === '' ? key : `${path}.${key}`))
}

interface Traced {
  readonly model: OnnxModel
  /** Slots and buffers that became initialisers. */
  readonly initializers: readonly Initializer[]
}

/** What stands in a file for a leaf that is no input. */
const initializerOf = (node: Node, name: string): Initializer => {
  const { source, shape, dtype } = node
  if (source?.kind === 'buffer') return { name, shape, dtype, data: source.buffer.array }
  if (source?.kind === 'slot') return { name, shape, dtype, data: source.slot.buffer.array }
  throw new ArgumentError(
    `exportOnnx: ${show(shape)} is drawn at random each time, which a file cannot do. Call eval() on the model, or pass the numbers as an input.`,
  )
}

/** The model of a function for inputs of given sizes. */
const traceModel = (
  target: Exportable,
  inputs: ExampleInputs,
  shapeOf: (path: string, t: Tensor) => readonly number[],
  slotNames: ReadonlyMap<Slot, string>,
  opset: number,
): Traced => {
  const paths = pathsOf(inputs, '')
  const placeholders: Node[] = []
  const { result } = tracePlan(() => {
    const args = Object.values(
      mapTree(inputs, isTensor, t => {
        const index = placeholders.length
        const node = leaf({ shape: shapeOf(paths[index]!, t), dtype: t.dtype }, { kind: 'argument', index })
        placeholders.push(node)
        return new Tensor(node)
      }) as ExampleInputs,
    )
    const value = refuseWrites('exportOnnx', (): unknown =>
      target instanceof Module
        ? (target as unknown as { forward(...args: unknown[]): unknown }).forward(...args)
        : (target as (...args: unknown[]) => unknown)(...args),
    )
    return { roots: [], result: value }
  })
  const outputs = flatten('exportOnnx', result, isTensor).leaves.map(t => t.node)
  const outputNames = isTensor(result) ? ['output'] : pathsOf(result, '').map(p => (/^\d/.test(p) ? `output.${p}` : p))
  if (outputs.length === 0)
    throw new ArgumentError(
      'exportOnnx: the function returned no tensor. Return one, or an array or object of tensors.',
    )
  const { program, leaves } = programOf(outputs, placeholders)
  const lowered = lowerProgram(program, { fixedSizes: false, opset })
  const initializers: Initializer[] = []
  const names = new Map<string, string>()
  let constants = 0
  for (const [i, node] of leaves.entries()) {
    const isInput = i < placeholders.length
    const slot = node.source?.kind === 'slot' ? (node.source.slot as Slot) : null
    const name = isInput
      ? paths[i]!
      : ((slot && slotNames.get(slot)) ?? `${slot ? 'parameter' : 'constant'}.${constants++}`)
    names.set(`x${i}`, name)
    if (!isInput) initializers.push(initializerOf(node, name))
  }
  for (const [i] of outputs.entries()) names.set(`y${i}`, unusedName(outputNames[i]!, names))
  return { model: renamed(lowered, names, placeholders.length), initializers }
}

const unusedName = (name: string, taken: ReadonlyMap<string, string>): string => {
  const used = new Set(taken.values())
  return used.has(name) ? `${name}.next` : name
}

/** The model with other names for its inputs and outputs; the first inputs stay inputs. */
const renamed = (model: OnnxModel, names: ReadonlyMap<string, string>, inputs: number): OnnxModel => {
  const of = (name: string): string => names.get(name) ?? name
  const rename = (graph: OnnxGraph): OnnxGraph => ({
    ...graph,
    nodes: graph.nodes.map(
      (n): OnnxNode => ({
        ...n,
        inputs: n.inputs.map(of),
        outputs: n.outputs.map(of),
        attrs: Object.fromEntries(
          Object.entries(n.attrs).map(([k, a]) => [
            k,
            typeof a === 'object' && 'graph' in a ? { graph: rename(a.graph as OnnxGraph) } : a,
          ]),
        ),
      }),
    ),
  })
  return {
    ...rename(model),
    opset: model.opset,
    inputs: model.inputs.slice(0, inputs).map(i => ({ ...i, name: of(i.name) })),
    outputs: model.outputs.map(o => ({ ...o, name: of(o.name) })),
  }
}

/** Constants that something reads. */
const usedOnly = (model: OnnxModel): OnnxModel => {
  const read = new Set<string>()
  const visit = (graph: OnnxGraph): void => {
    for (const n of graph.nodes) {
      for (const name of n.inputs) read.add(name)
      for (const a of Object.values(n.attrs)) if (typeof a === 'object' && 'graph' in a) visit(a.graph as OnnxGraph)
    }
  }
  visit(model)
  return { ...model, initializers: model.initializers.filter(i => read.has(i.name)) }
}

const axesOf = (inputs: ExampleInputs, dynamicAxes: ExportOptions['dynamicAxes'] = {}): Map<string, DynamicAxis> => {
  const paths = pathsOf(inputs, '')
  const tensors = flatten('exportOnnx', inputs, isTensor).leaves
  const axes = new Map<string, DynamicAxis>()
  for (const [input, named] of Object.entries(dynamicAxes)) {
    const tensor = tensors[paths.indexOf(input)]
    if (!tensor) {
      throw new ArgumentError(
        `exportOnnx: dynamicAxes names the input "${input}"; the inputs are ${paths.join(', ')}. Use one of these.`,
        { input },
      )
    }
    for (const [key, name] of Object.entries(named)) {
      const axis = Number(key)
      const size = tensor.shape[axis]
      if (size === undefined) {
        throw new ArgumentError(
          `exportOnnx: dynamicAxes names axis ${axis} of "${input}", which is ${show(tensor.shape)}. Count its axes from 0.`,
          { input, axis },
        )
      }
      const known = axes.get(name)
      if (known && known.size !== size) {
        throw new ArgumentError(
          `exportOnnx: axis "${name}" is ${known.size} in "${known.input}" and ${size} in "${input}". Axes of one name have one size.`,
          { name },
        )
      }
      if (!known) axes.set(name, { input, axis, size })
    }
  }
  return axes
}

/** The model as data. */
export const onnxModelOf = async (
  target: Exportable,
  inputs: ExampleInputs,
  options: ExportOptions = {},
): Promise<OnnxModel> => {
  if (options.opset !== undefined) return modelIn(options.opset, target, inputs, options)
  return modelIn(oldestOpset, target, inputs, options).catch(error => {
    if (error instanceof EngineError && error.details.opset) return modelIn(newestOpset, target, inputs, options)
    throw error
  })
}

const modelIn = async (
  opset: number,
  target: Exportable,
  inputs: ExampleInputs,
  options: ExportOptions,
): Promise<OnnxModel> => {
  // What was written to slots and not computed yet is part of what they hold.
  await evaluate()
  const module = target instanceof Module ? target : options.parameters
  const slotNames = new Map([...(module?.state() ?? [])].map(([name, slot]) => [slot, name] as const))
  const dynamic = options.dynamicAxes ?? {}
  const axes = axesOf(inputs, dynamic)
  const build = (sizes: Sizes): Traced =>
    traceModel(
      target,
      inputs,
      (path, t) => t.shape.map((n, axis) => sizes[dynamic[path]?.[axis] ?? ''] ?? n),
      slotNames,
      opset,
    )
  let parts: Traced | null = null
  const modelFor = (sizes: Sizes): OnnxModel => {
    const traced = build(sizes)
    parts ??= traced
    return traced.model
  }
  const model = axes.size === 0 ? modelFor({}) : withDynamicAxes(axes, modelFor)
  const initializers = [...parts!.initializers, ...model.initializers]
  return usedOnly({ ...model, name: options.name ?? 'gradus', initializers })
}

/** Bytes that a protobuf file can hold. */
const fileLimit = 2 ** 31 - 1

/**
 * A function of tensors, or a module, as a standard ONNX file (opset 21): weights as raw initialisers under their paths, inputs and
 * outputs under their names. The function is traced for the shapes of the example inputs; axes named in `dynamicAxes` may have any
 * size when the model runs. Also a whole training step is a function (see `optim.trainingStep`).
 *
 * @param inputs example tensors by argument name, in the order of the arguments; only their shapes and dtypes count. A tree of tensors
 *   becomes one input for each, `state.w`.
 * @returns the bytes of the file; outputs are called `output`, or by the keys of what the function returns
 * @throws ArgumentError where the graph's structure depends on a dynamic size, or it draws random numbers
 * @throws EngineError for an operation that is computed on the host and has no ONNX operator, and for more than 2 GiB: use `writeOnnx`
 * @example
 * const bytes = await exportOnnx((x: Tensor) => x.mul(2).tanh(), { x: zeros([1, 3]) }, { dynamicAxes: { x: { 0: 'batch' } } })
 */
export const exportOnnx = async (
  target: Exportable,
  inputs: ExampleInputs,
  options: ExportOptions = {},
): Promise<Uint8Array> => {
  const model = await onnxModelOf(target, inputs, options)
  const size = weightBytes(model)
  if (size >= fileLimit) {
    throw new EngineError(
      `exportOnnx: the weights are ${size} bytes, and one ONNX file holds less than 2 GiB. Use writeOnnx, which puts them into a second file.`,
      { size },
    )
  }
  return encodeModel(model)
}

/** Bytes of all constants. */
export const weightBytes = (model: OnnxModel): number =>
  model.initializers.reduce((total, i) => total + i.data.byteLength, 0)
