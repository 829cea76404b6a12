import { ArgumentError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { Embedding } from '../nn/embedding.ts'
import type { Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'

/** A layer that multiplies by a matrix, with that matrix. */
export interface LinearLayer {
  readonly layer: Module
  readonly weight: Parameter<readonly [number, number]>
}

const matrixOf = (layer: Module): LinearLayer['weight'] | null => {
  const weight = 'weight' in layer ? layer.weight : null
  const isMatrix = weight instanceof Parameter && weight.inputAxis !== null && !(layer instanceof Embedding)
  return isMatrix ? (weight as Parameter<readonly [number, number]>) : null
}

/** The layers of a model that multiply by a matrix, by path: `transformer.h.0.attn.c_attn`. */
export const linearLayers = (model: Module): Map<string, LinearLayer> => {
  const found = new Map<string, LinearLayer>()
  for (const [path, layer] of model.namedModules()) {
    const weight = matrixOf(layer)
    if (weight) found.set(path, { layer, weight })
  }
  return found
}

/** Layers by the end of their path (`c_attn`, `attn.c_proj`) or a pattern of it. */
export type LayerNames = string | RegExp

/** The head of a language model, which `all` leaves out. */
const head = /(^|\.)(lm_head|head|classifier|score)$/

const chooses = (name: LayerNames, path: string): boolean =>
  typeof name === 'string' ? path === name || path.endsWith(`.${name}`) : name.test(path)

/**
 * The linear layers that names choose; `all` chooses every one but a language model's head.
 *
 * @throws ArgumentError for a name that chooses nothing
 */
export const chosenLayers = (
  where: string,
  model: Module,
  names: 'all' | readonly LayerNames[],
): Map<string, LinearLayer> => {
  const layers = linearLayers(model)
  if (layers.size === 0) throw new ArgumentError(`${where}: the model has no linear layers. Adapt another model.`)
  if (names === 'all') return new Map([...layers].filter(([path]) => layers.size === 1 || !head.test(path)))
  for (const name of names) {
    if ([...layers.keys()].some(path => chooses(name, path))) continue
    const ends = endsOf(layers.keys())
    const near = typeof name === 'string' ? nearest(name, ends) : undefined
    const hint = near ? `Did you mean ${JSON.stringify(near)}?` : `Its linear layers are ${ends.join(', ')}.`
    throw new ArgumentError(`${where}: no linear layer is named ${shown(name)}. ${hint}`, { name })
  }
  return new Map([...layers].filter(([path]) => names.some(name => chooses(name, path))))
}

const shown = (name: LayerNames): string => (typeof name === 'string' ? JSON.stringify(name) : String(name))

/** The last words of paths, each once. */
const endsOf = (paths: Iterable<string>): string[] => [...new Set([...paths].map(path => path.split('.').at(-1)!))]

/** The shortest names that choose these layers of a model and no others: the ends of their paths, else the paths. */
export const namesOf = (model: Module, paths: readonly string[]): string[] => {
  const ends = endsOf(paths)
  const all = [...model.namedModules().keys()].filter(path => ends.some(end => chooses(end, path)))
  return all.length === paths.length ? ends : [...paths]
}
