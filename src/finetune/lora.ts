import { ArgumentError, ModelError } from '../core/errors.ts'
import { defineOptions, type Infer, integer, number, oneOf } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { Module } from '../nn/module.ts'
import type { Generator } from '../tensor/random.ts'
import { chosenLayers, type LayerNames, namesOf } from './linear-layers.ts'
import { LoraLayer } from './lora-layer.ts'

/** What adapters are like; names and meanings are PEFT's. */
export const loraRules = {
  rank: integer({ default: 8, min: 1, max: 100_000, help: 'rank of the change of each matrix' }),
  alpha: number({ above: 0, help: 'a change is multiplied by alpha / rank; twice the rank unless given' }),
  dropout: number({ default: 0, min: 0, below: 1, help: 'share of what adapters read that is dropped while training' }),
  scaling: oneOf(['rank', 'root'], {
    default: 'rank',
    help: 'whether a change is divided by the rank or, as rsLoRA does, by its root',
  }),
} as const
const rules = defineOptions(loraRules)

export interface LoraOptions extends Partial<Infer<typeof rules>> {
  /** Layers by the end of their path (`c_attn`) or a pattern of it. Default `all`: every linear layer but the head. */
  readonly targets?: 'all' | readonly LayerNames[]
  /** Draws A. Default: the default one. */
  readonly generator?: Generator
}

/** What adapters were made with. */
export interface LoraSettings {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  readonly scaling: 'rank' | 'root'
}

/**
 * Adapters on a model's linear layers. As a module it holds what is trained, under the names of PEFT; the model goes on being called as
 * before, and computes with them.
 */
export class Lora extends Module {
  /** Adapters by the path of their layer. The field's names are the beginning of PEFT's. */
  readonly base_model: { readonly model: Readonly<Record<string, LoraLayer>> }
  readonly settings: LoraSettings
  /** Names that choose the adapted layers and no others. */
  readonly targets: readonly string[]
  readonly #model: Module

  constructor(model: Module, options: LoraOptions = {}) {
    super()
    const { targets = 'all', generator, ...given } = options
    const o = rules.validate('lora', given)
    const settings: LoraSettings = { ...o, alpha: o.alpha ?? 2 * o.rank }
    const chosen = chosenLayers('lora', model, targets)
    for (const [path, { weight }] of chosen)
      if (weight.adapter)
        throw new ArgumentError(`lora: ${path} has an adapter already. Merge or detach that one first.`, { path })
    const { rank, alpha, dropout, scaling } = settings
    const scale = alpha / (scaling === 'root' ? Math.sqrt(rank) : rank)
    const layers = [...chosen].map(([path, base]): [string, LoraLayer] => [
      path,
      new LoraLayer(base, { rank, scale, dropout, ...(generator && { generator }) }),
    ])
    this.base_model = { model: Object.fromEntries(layers) }
    this.settings = settings
    this.targets = namesOf(model, [...chosen.keys()])
    this.#model = model
    model.freeze()
    this.attach()
  }

  /** What is adapted. */
  get model(): Module {
    return this.#model
  }
  private get layers(): [string, LoraLayer][] {
    return Object.entries(this.base_model.model)
  }

  /** Lets the model compute with the adapters, as it does from the start. */
  attach(): this {
    this.requireApart('attach')
    for (const [, layer] of this.layers) layer.attach(true)
    return this
  }
  /** Lets the model compute without the adapters: it is the base again. */
  detach(): this {
    this.requireApart('detach')
    for (const [, layer] of this.layers) layer.attach(false)
    return this
  }

  /** Whether the changes are in the matrices. */
  get merged(): boolean {
    return this.layers.some(([, layer]) => layer.merged)
  }
  /**
   * Adds the changes to the matrices: the model computes the same without adapters, as fast as its base, and can be saved as any other.
   *
   * @throws ModelError where matrices are not kept in float32, or the changes are merged already
   */
  async merge(): Promise<this> {
    this.requireApart('merge')
    for (const [path, layer] of this.layers) layer.checkMerge(path)
    for (const [, layer] of this.layers) await layer.merge()
    return this
  }
  /** Gives the matrices the values back that they had before `merge`, bit for bit. @throws ModelError where nothing is merged */
  unmerge(): this {
    if (!this.merged) throw new ModelError('unmerge: the adapters are not merged. Call merge() first.')
    for (const [, layer] of this.layers) layer.unmerge()
    return this
  }

  private requireApart(where: string): void {
    if (this.merged)
      throw new ModelError(`${where}: the adapters are merged into their matrices. Call unmerge() first.`)
  }

  /** Trained numbers, and what share they are of all. */
  get share(): { readonly trained: number; readonly all: number; readonly part: number } {
    const trained = this.parameters().reduce((sum, { shape }) => sum + sizeOf(shape), 0)
    const all = trained + this.#model.parameterCount()
    return { trained, all, part: trained / all }
  }
}

/**
 * Low-rank adaptation: `y = x Wᵀ + b + (alpha / rank) · x Aᵀ Bᵀ` in the chosen linear layers, with W and b frozen, A `[rank, in]` and
 * B `[out, rank]` trained. B begins at zero, so that nothing changes at first; A begins uniform within ±1/√in, as PEFT's does. The base may be
 * kept in float16, int8 or int4 (`model.to('int8')`), as in QLoRA.
 *
 * @returns the adapters, to give to an optimizer; call the model as before
 * @throws ArgumentError for a layer that is not there, is adapted already, or an option out of range
 * @example
 * const adapters = lora(model, { rank: 4, targets: ['c_attn'] })
 * const tuner = optim.adamw(adapters, { learningRate: 1e-3 })
 * await tuner.minimize(model.loss(tensor([[1, 2, 3]], 'int32'), tensor([[2, 3, 4]], 'int32')))
 * await adapters.merge() // the model is an ordinary one again
 *
 * Source: Hu et al. 2021, equation 3; Dettmers et al. 2023 (every linear layer, few bits); Kalajdzievski 2023 (the root).
 */
export const lora = (model: Module, options?: LoraOptions): Lora => new Lora(model, options)
