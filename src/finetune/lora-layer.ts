import { ModelError } from '../core/errors.ts'
import { fetchSlots } from '../engine/run.ts'
import { Dropout } from '../nn/dropout.ts'
import { constantInit, uniformInit } from '../nn/initializers.ts'
import { Module } from '../nn/module.ts'
import { type Adapter, Parameter } from '../nn/parameter.ts'
import type { Shape } from '../core/shape.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { LinearLayer } from './linear-layers.ts'

type Floats = Tensor<Shape, 'float32'>
type Matrix = Parameter<readonly [number, number]>

export interface LoraLayerOptions {
  readonly rank: number
  /** What the product is multiplied by. */
  readonly scale: number
  readonly dropout: number
  readonly generator?: Generator
}

/** The change of one matrix, scale · B A, with the names of PEFT. */
export class LoraLayer extends Module implements Adapter {
  /** `[rank, in]` */
  readonly lora_A: { readonly weight: Matrix }
  /** `[out, rank]`, zero at first. */
  readonly lora_B: { readonly weight: Matrix }
  readonly #base: LinearLayer
  readonly #scale: number
  readonly #dropout: Dropout
  /** The matrix's own values while the change is merged into it. */
  #unmerged: Float32Array | null = null

  constructor(base: LinearLayer, { rank, scale, dropout, generator }: LoraLayerOptions) {
    super()
    const { shape, inputAxis } = base.weight
    const [inFeatures, outFeatures] = inputAxis === 0 ? shape : [shape[1], shape[0]]
    const bound = 1 / Math.sqrt(inFeatures)
    this.lora_A = { weight: new Parameter([rank, inFeatures], uniformInit(-bound, bound), generator) }
    this.lora_B = { weight: new Parameter([outFeatures, rank], constantInit(0)) }
    for (const { weight } of [this.lora_A, this.lora_B]) weight.inputAxis = 1
    this.#base = base
    this.#scale = scale
    this.#dropout = new Dropout(dropout)
  }

  added(x: Floats): Floats {
    // Dropout is for a model that trains: that is said to the model.
    const seen = this.training && this.#base.layer.training ? this.#dropout.forward(x) : x
    const few = seen.matmul(this.lora_A.weight.value.transpose() as Floats) as Floats
    return few.matmul(this.lora_B.weight.value.transpose() as Floats).mul(this.#scale) as Floats
  }

  /** Puts the change beside the products of the layer, or takes it away. */
  attach(on: boolean): void {
    this.#base.weight.adapter = on ? this : null
  }
  get merged(): boolean {
    return this.#unmerged !== null
  }

  /** @throws ModelError where the matrix cannot take a change */
  checkMerge(path: string): void {
    const { storage } = this.#base.weight
    if (storage === 'float32') return
    throw new ModelError(
      `merge: ${path}.weight is kept in ${storage}, which rounds small changes away. Load the base in float32, or call model.to("float32") before.`,
      { path, storage },
    )
  }
  async merge(): Promise<void> {
    const { weight } = this.#base
    const [a, b] = [this.lora_A.weight.value as Floats, this.lora_B.weight.value as Floats]
    const change = (weight.inputAxis === 1 ? b.matmul(a) : a.transpose().matmul(b.transpose() as Floats)) as Floats
    const values = await change.mul(this.#scale).data()
    await fetchSlots([weight])
    const before = Float32Array.from(weight.buffer.array as Float32Array)
    weight.set({ dtype: 'float32', array: before.map((w, i) => w + (values[i] as number)) })
    this.#unmerged = before
    this.attach(false)
  }
  unmerge(): void {
    this.#base.weight.set({ dtype: 'float32', array: this.#unmerged! as Float32Array<ArrayBuffer> })
    this.#unmerged = null
    this.attach(true)
  }
}
