import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Initializer } from './initializers.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'

type Floats = Tensor<readonly number[], 'float32'>

/** What a router says of each token: all are `[..., experts]`. */
export interface Routing {
  /** Softmax of the router's scores. */
  readonly probabilities: Floats
  /** 1 of the experts that were chosen, else 0. */
  readonly chosen: Floats
  /** What each expert's result counts: the probabilities of those that were chosen, over their sum. */
  readonly weights: Floats
}

export interface MixtureOptions {
  /** How many there are. */
  readonly experts: number
  /** How many compute for each token. Default 2. */
  readonly perToken?: number
  readonly init?: Initializer
}

/** `w2 (silu(w1 x) · w3 x)`: SwiGLU, Shazeer 2020, equation 6. */
class Expert extends Module {
  readonly w1: Linear
  readonly w2: Linear
  readonly w3: Linear

  constructor(embedDim: number, hiddenDim: number, init: Initializer | undefined) {
    super()
    const options = { bias: false, ...(init && { init }) }
    this.w1 = new Linear(embedDim, hiddenDim, options)
    this.w2 = new Linear(hiddenDim, embedDim, options)
    this.w3 = new Linear(embedDim, hiddenDim, options)
  }
  forward(x: Floats): Floats {
    const gate = (this.w1.forward(x) as Floats).silu() as Floats
    return this.w2.forward(gate.mul(this.w3.forward(x) as Floats) as Floats) as Floats
  }
}

/**
 * Several gated MLPs of which a router chooses a few for each token: `y = Σ_e w_e(x) · expert_e(x)`, where w is the softmax of `gate x` on the
 * `perToken` largest and 0 elsewhere, over its sum.
 *
 * **Shape** x: `[..., embedDim]` → `[..., embedDim]`.
 *
 * Every expert is computed for every token and counts by its weight: graphs have fixed sizes, and experts are as few as a course needs. The
 * parameters are those of all experts; the cost is that of all of them too.
 *
 * @example
 * const layer = nn.mixtureOfExperts(8, 16, { experts: 4, perToken: 2 })
 * layer.forward(randn([2, 3, 8])).shape // [2, 3, 8]
 * Source: Shazeer et al. 2017, section 2; Jiang et al. 2024 (Mixtral), section 2.1, whose names the parameters have.
 */
export class MixtureOfExperts extends Module {
  readonly gate: Linear
  readonly experts: readonly Expert[]
  private readonly perToken: number

  constructor(embedDim: number, hiddenDim: number, { experts, perToken = 2, init }: MixtureOptions) {
    super()
    for (const [name, value, most] of [
      ['experts', experts, Number.MAX_SAFE_INTEGER],
      ['perToken', perToken, experts],
    ] as const)
      if (!Number.isSafeInteger(value) || value < 1 || value > most)
        throw new ArgumentError(
          `mixtureOfExperts: ${name} must be a whole number from 1${name === 'perToken' ? ` to the ${most} experts` : ''}; got ${value}.`,
          { [name]: value },
        )
    this.gate = new Linear(embedDim, experts, { bias: false, ...(init && { init }) })
    this.experts = Array.from({ length: experts }, () => new Expert(embedDim, hiddenDim, init))
    this.perToken = perToken
  }

  /** Which experts each token goes to. */
  route(x: Floats): Routing {
    const probabilities = (this.gate.forward(x) as Floats).softmax() as Floats
    const { indices } = probabilities.topK(this.perToken)
    const chosen = indices.oneHot(this.experts.length).sum(-2) as Floats
    const kept = probabilities.mul(chosen) as Floats
    return { probabilities, chosen, weights: kept.div(kept.sum(-1, { keepDims: true }) as Floats) as Floats }
  }

  /** The result, and where each token went. */
  forwardRouted(x: Floats): { readonly y: Floats; readonly routing: Routing } {
    const routing = this.route(x)
    const parts = this.experts.map((expert, e) => {
      const weight = routing.weights.slice(...x.shape.slice(0, -1).map(() => null), { start: e, end: e + 1 }) as Floats
      return expert.forward(x).mul(weight) as Floats
    })
    return { y: parts.reduce((sum, part) => sum.add(part) as Floats), routing }
  }

  forward(x: Floats): Floats {
    return this.forwardRouted(x).y
  }
}

/** A layer of several gated MLPs, of which a router chooses a few for each token. */
export const mixtureOfExperts = (embedDim: number, hiddenDim: number, options: MixtureOptions): MixtureOfExperts =>
  new MixtureOfExperts(embedDim, hiddenDim, options)

/**
 * How unevenly tokens are spread over experts: `E · Σ_e f_e P_e`, where f_e is the share of tokens that expert e was chosen for and P_e its mean
 * probability, over all tokens of all layers. It is as small as it can be, the number of experts per token, where all are used alike; added to a
 * model's loss with a small weight it keeps the router from always choosing the same.
 *
 * Source: Fedus, Zoph & Shazeer 2022 (Switch Transformer), equations 4 to 6; for several experts per token as in transformers.
 */
export const balanceLoss = (routings: readonly Routing[]): Tensor<readonly [], 'float32'> => {
  if (routings.length === 0) throw new ArgumentError('balanceLoss: there are no routings. Give one of each layer.')
  const means = (all: (routing: Routing) => Floats): Floats => {
    const each = routings.map(routing => {
      const x = all(routing)
      return x.reshape([-1, x.shape.at(-1)!]).mean(0) as Floats
    })
    return each.reduce((sum, one) => sum.add(one) as Floats).div(routings.length) as Floats
  }
  const share = means(({ chosen }) => chosen)
  const probability = means(({ probabilities }) => probabilities)
  return share.mul(probability).sum().mul(share.shape[0]!) as Tensor<readonly [], 'float32'>
}
