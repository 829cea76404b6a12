import { ArgumentError, EngineError } from '../../core/errors.ts'
import type { Dim, Initializer, NamedType, OnnxGraph, OnnxModel, OnnxNode } from '../../engine/onnx/format.ts'
import { onnxType } from '../../engine/onnx/format.ts'
import { polynomialOf, type Polynomial, type Sizes, samplesOf, show } from './polynomial.ts'

// A graph is built for given sizes. To leave some of them open it is built several times: where the models differ, in constants
// only, each of these is a function of the open sizes, which is found from its values and computed in the model.

/** An axis of an input that a dynamic size can be read from. */
export interface DynamicAxis {
  readonly input: string
  readonly axis: number
  /** In the example inputs. */
  readonly size: number
}

const isGraph = (x: unknown): x is { readonly graph: OnnxGraph } => typeof x === 'object' && x !== null && 'graph' in x
const subgraphs = (graph: OnnxGraph): OnnxGraph[] =>
  graph.nodes.flatMap(n => Object.values(n.attrs).flatMap(a => (isGraph(a) ? [a.graph] : [])))

/** The structure of a graph as text: everything but the values and sizes of constants. */
const skeletonOf = (graph: OnnxGraph): string => {
  const nodes = graph.nodes.map(n => {
    const attrs = Object.entries(n.attrs).map(
      ([k, v]) => `${k}=${isGraph(v) ? skeletonOf(v.graph) : JSON.stringify(v)}`,
    )
    return `${n.type} ${n.inputs} -> ${n.outputs} ${attrs}`
  })
  const constants = graph.initializers.map(i => `${i.name}:${i.dtype}`)
  return [...nodes, ...constants, graph.inputs.map(i => i.name), graph.outputs.map(o => o.name)].join('\n')
}

const candidates = [7, 11, 13, 5, 17, 19, 3, 23, 29, 2, 31, 4, 6, 8, 9, 10, 12, 14, 15, 16]
const needed = 4

/** Sizes of an axis with which the graph can be built and has one structure. */
const choose = (
  name: string,
  own: number,
  build: (size: number) => OnnxModel,
  taken: ReadonlySet<number>,
): number[] => {
  const groups = new Map<string, number[]>()
  let cause: unknown
  const multiples = [2, 3, 4, 5].map(k => k * own)
  for (const size of new Set([...candidates, ...multiples, own, own + 1, own - 1, own - 2, own - 3])) {
    if (size < 2 || taken.has(size)) continue
    try {
      const skeleton = skeletonOf(build(size))
      const group = groups.get(skeleton) ?? []
      group.push(size)
      groups.set(skeleton, group)
      if (group.length >= needed + 2) break
    } catch (error) {
      // What an operator lacks it lacks for every size.
      if (error instanceof EngineError) throw error
      cause ??= error
    }
  }
  const best = [...groups.values()].sort((a, b) => b.length - a.length)[0] ?? []
  if (best.length >= needed) return best.slice(0, needed)
  const why = cause instanceof Error ? ` With another size: ${cause.message}` : ''
  throw new ArgumentError(
    `exportOnnx: axis "${name}" cannot be dynamic: the function builds one graph for too few of its sizes. Leave it out of dynamicAxes.${why}`,
    { axis: name },
  )
}

/** Values of one constant in all models. */
interface Differing {
  readonly base: Initializer
  readonly all: readonly Initializer[]
}
const differingOf = (graphs: readonly OnnxGraph[]): Differing[] => {
  const [base] = graphs
  const own = base!.initializers.flatMap((init, k): Differing[] => {
    const all = graphs.map(g => g.initializers[k]!)
    const same = all.every(
      other =>
        other.data.length === init.data.length &&
        init.data.every((v: number | bigint, i: number) => Object.is(v, other.data[i])),
    )
    return same && all.every(other => other.shape.join() === init.shape.join()) ? [] : [{ base: init, all }]
  })
  const inner = subgraphs(base!).flatMap((_, k) => differingOf(graphs.map(g => subgraphs(g)[k]!)))
  return [...own, ...inner]
}

/** Writes the operators that compute sizes, each once. */
class SizeGraph {
  readonly nodes: OnnxNode[] = []
  readonly initializers: Initializer[] = []
  private readonly known = new Map<string, string>()
  private readonly axes: ReadonlyMap<string, DynamicAxis>

  constructor(axes: ReadonlyMap<string, DynamicAxis>) {
    this.axes = axes
  }
  private once(key: string, make: (name: string) => void): string {
    const name = this.known.get(key) ?? `size_${this.known.size}`
    if (!this.known.has(key)) {
      this.known.set(key, name)
      make(name)
    }
    return name
  }
  op(type: string, inputs: readonly string[], attrs: OnnxNode['attrs'] = {}, name?: string): string {
    const key = `${type} ${inputs} ${JSON.stringify(attrs)}`
    if (name === undefined) return this.once(key, made => this.push(type, inputs, attrs, made))
    this.push(type, inputs, attrs, name)
    return name
  }
  private push(type: string, inputs: readonly string[], attrs: OnnxNode['attrs'], name: string): void {
    this.nodes.push({ type, domain: '', name, inputs, outputs: [name], attrs })
  }
  ints(values: readonly number[]): string {
    return this.once(`ints ${values}`, name =>
      this.initializers.push({
        name,
        shape: [values.length],
        dtype: 'int64',
        data: BigInt64Array.from(values, BigInt),
      }),
    )
  }
  /** The size of a dynamic axis, as a vector of one. */
  axis(name: string): string {
    const { input, axis } = this.axes.get(name)!
    return this.op('Shape', [input], { start: axis, end: axis + 1 })
  }
  polynomial({ terms, divisor }: Polynomial): string {
    const parts = terms.map(({ coefficient, monomial }) => {
      const factors = monomial.map(axis => this.axis(axis))
      if (coefficient !== 1 || factors.length === 0) factors.push(this.ints([coefficient]))
      return factors.reduce((a, b) => this.op('Mul', [a, b]))
    })
    const sum = parts.length === 0 ? this.ints([0]) : parts.reduce((a, b) => this.op('Add', [a, b]))
    return divisor === 1 ? sum : this.op('Div', [sum, this.ints([divisor])])
  }
  vector(elements: readonly Polynomial[]): string {
    const parts = elements.map(p => this.polynomial(p))
    return parts.length === 1 ? parts[0]! : this.op('Concat', parts, { axis: 0 })
  }
}

const refuse = (axes: readonly string[], what: string): never => {
  throw new ArgumentError(
    `exportOnnx: ${what} depends on the sizes of ${axes.map(a => `"${a}"`).join(', ')} in a way that ONNX cannot be told. Leave an axis out of dynamicAxes, or compute it with tensor operations.`,
    { axes },
  )
}

/** The constant as operators on the sizes, under its own name. */
const compute = (
  sizes: SizeGraph,
  { base, all }: Differing,
  axes: readonly string[],
  samples: readonly Sizes[],
): void => {
  const values = all.map(init => Array.from<number | bigint, number>(init.data as Float64Array, Number))
  const what = `a constant of ${base.dtype} [${base.shape.join(', ')}]`
  const polynomial = (of: readonly number[]): Polynomial => polynomialOf(axes, samples, of) ?? refuse(axes, what)
  const type = onnxType[base.dtype]
  if (all.every(init => init.shape.join() === base.shape.join())) {
    const flat = sizes.vector(values[0]!.map((_, i) => polynomial(values.map(v => v[i]!))))
    const shaped = sizes.op('Reshape', [flat, sizes.ints(base.shape)])
    sizes.op('Cast', [shaped], { to: type }, base.name)
    return
  }
  // Of one value in every place: the value, repeated.
  const first = values.find(v => v.length > 0)?.[0]
  if (first === undefined || !all.every(init => init.shape.length === base.shape.length)) refuse(axes, what)
  if (!values.every(v => v.every(x => x === first))) refuse(axes, what)
  const shape = sizes.vector(base.shape.map((_, k) => polynomial(all.map(init => init.shape[k]!))))
  const scalar = `${base.name}_value`
  sizes.initializers.push({
    name: scalar,
    shape: [],
    dtype: base.dtype,
    data: base.data.slice(0, 1) as Initializer['data'],
  })
  sizes.op('Expand', [scalar, shape], {}, base.name)
}

/** The graph without the constants that are computed, and without sizes that are not fixed. */
const without = (graph: OnnxGraph, names: ReadonlySet<string>, others: readonly OnnxGraph[]): OnnxGraph => {
  let k = 0
  const nodes = graph.nodes.map(n => ({
    ...n,
    attrs: Object.fromEntries(
      Object.entries(n.attrs).map(([key, a]) => {
        if (!isGraph(a)) return [key, a]
        const at = k++
        return [
          key,
          {
            graph: without(
              a.graph,
              names,
              others.map(g => subgraphs(g)[at]!),
            ),
          },
        ]
      }),
    ),
  }))
  const open = (types: readonly NamedType[], of: (g: OnnxGraph) => readonly NamedType[]): NamedType[] =>
    types.map((type, i) => {
      const fixed = others.every(g => of(g)[i]!.shape!.join() === type.shape!.join())
      return fixed ? type : { name: type.name, dtype: type.dtype }
    })
  return {
    ...graph,
    nodes,
    initializers: graph.initializers.filter(i => !names.has(i.name)),
    inputs: open(graph.inputs, g => g.inputs),
    outputs: open(graph.outputs, g => g.outputs),
  }
}

/**
 * One model for every size of the named axes. `build` gives the model for given sizes; it fails where a size cannot be.
 *
 * @throws ArgumentError where the graph's structure, or a constant that is no polynomial, depends on a size
 */
export const withDynamicAxes = (
  axes: ReadonlyMap<string, DynamicAxis>,
  build: (sizes: Sizes) => OnnxModel,
): OnnxModel => {
  const names = [...axes.keys()]
  // What fails for the example itself is no matter of sizes.
  build(Object.fromEntries([...axes].map(([name, { size }]) => [name, size])))
  const choices = new Map<string, number[]>()
  const taken = new Set<number>()
  for (const [name, { size }] of axes) {
    const others = (axis: string): number => choices.get(axis)?.[0] ?? axes.get(axis)!.size
    const at = (n: number): Sizes => Object.fromEntries(names.map(axis => [axis, axis === name ? n : others(axis)]))
    const sizes = choose(name, size, n => build(at(n)), taken)
    choices.set(name, sizes)
    for (const n of sizes) taken.add(n)
  }
  const samples = samplesOf(choices)
  const models = samples.map(build)
  const skeletons = models.map(skeletonOf)
  if (skeletons.some(s => s !== skeletons[0])) {
    const lines = skeletons[0]!.split('\n')
    const other = skeletons.find(s => s !== skeletons[0])!.split('\n')
    const line = lines.find((text, i) => text !== other[i])
    refuse(names, `the operator ${line?.split(' -> ')[0]}`)
  }
  const [base] = models
  const differing = differingOf(models)
  const sizes = new SizeGraph(axes)
  for (const constant of differing) compute(sizes, constant, names, samples)
  const graph = without(base!, new Set(differing.map(d => d.base.name)), models)
  const dims = (types: readonly NamedType[], of: (m: OnnxModel) => readonly NamedType[]): NamedType[] =>
    types.map((type, i) => {
      const shape = of(base!)[i]!.shape!.map((_, k): Dim => {
        const p =
          polynomialOf(
            names,
            samples,
            models.map(m => of(m)[i]!.shape![k] as number),
          ) ?? refuse(names, `output ${type.name}`)
        const constant = p.terms.length === 0 || (p.terms.length === 1 && p.terms[0]!.monomial.length === 0)
        return constant ? of(base!)[i]!.shape![k]! : show(p)
      })
      return { name: type.name, dtype: type.dtype, shape }
    })
  return {
    ...graph,
    opset: base!.opset,
    nodes: [...sizes.nodes, ...graph.nodes],
    initializers: [...graph.initializers, ...sizes.initializers],
    inputs: dims(base!.inputs, m => m.inputs),
    outputs: dims(base!.outputs, m => m.outputs),
  }
}
