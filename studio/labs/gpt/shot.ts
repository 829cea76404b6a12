import type { Shot } from '../../kit/lab.ts'

/** What the model wrote after so many steps. */
export interface Sample {
  readonly step: number
  readonly text: string
}

export interface GptShot extends Shot {
  /** The latest last. */
  readonly samples: readonly Sample[]
}

/** The filters that probabilities go through, one after the other. */
export const stages = ['model', 'temperature', 'top-k', 'top-p', 'min-p'] as const

/** A token that may come next, with its probability after each of the {@link stages}; 0 where it was cut. */
export interface NextToken {
  readonly id: number
  readonly text: string
  readonly logit: number
  readonly probabilities: readonly number[]
}

/** A branch of what may come. */
export interface Branch {
  readonly id: number
  readonly text: string
  readonly probability: number
  readonly children: readonly Branch[]
}

/** What the model makes of a prompt. */
export interface Look {
  /** The prompt's tokens that the model sees. */
  readonly tokens: readonly string[]
  /** Tokens of the prompt before these, which do not fit into the context. */
  readonly unseen: number
  readonly next: readonly NextToken[]
  /** Sum of exp(logit) over all tokens, with the largest logit taken off first. */
  readonly total: { readonly largest: number; readonly sum: number }
  readonly branches: readonly Branch[]
  readonly beams: readonly { readonly text: string; readonly logprob: number }[]
  /** Weights of each head, `[layers, heads, T, T]`. */
  readonly attention: Float32Array
  readonly layers: number
  readonly heads: number
  /** With a head switched off: the probability of each of `next`. */
  readonly without?: readonly number[]
}

/** What the view asks. */
export type Question =
  | { readonly look: string; readonly without?: readonly [layer: number, head: number] }
  | {
      readonly write: string
      readonly tokens: number
      readonly seed?: number
      readonly temperature?: number
      readonly topK?: number
    }
