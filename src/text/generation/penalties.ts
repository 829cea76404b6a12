export interface PenaltyOptions {
  /**
   * Divides the positive logits, and multiplies the negative ones, of tokens that stand in the prompt or were written. 1, the default, changes
   * nothing. Source: Keskar et al. 2019 (CTRL), section 4.1.
   */
  readonly repetitionPenalty?: number
  /** Takes this off a logit for each time that its token was written. Default 0. Source: the parameter of that name in OpenAI's interface. */
  readonly frequencyPenalty?: number
  /** Takes this off the logits of tokens that were written, however often. Default 0. Source: as above. */
  readonly presencePenalty?: number
}

/** What a text has of each token, and what that takes off the logits. */
export class Penalties {
  private readonly options: Required<PenaltyOptions>
  private readonly given: Set<number>
  private readonly written = new Map<number, number>()

  constructor(
    prompt: ArrayLike<number>,
    { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 }: PenaltyOptions,
  ) {
    this.options = { repetitionPenalty, frequencyPenalty, presencePenalty }
    this.given = new Set(Array.from(prompt))
  }

  /** Another text that goes on from this one. */
  copy(): Penalties {
    const other = new Penalties([...this.given], this.options)
    for (const [id, count] of this.written) other.written.set(id, count)
    return other
  }

  add(id: number): void {
    this.written.set(id, (this.written.get(id) ?? 0) + 1)
  }

  /** The logits after the penalties: the same array where there are none. */
  apply(logits: Float32Array): Float32Array {
    const { repetitionPenalty, frequencyPenalty, presencePenalty } = this.options
    if (repetitionPenalty === 1 && frequencyPenalty === 0 && presencePenalty === 0) return logits
    const out = logits.slice()
    if (repetitionPenalty !== 1)
      for (const id of new Set([...this.given, ...this.written.keys()]))
        if (id < out.length) out[id] = out[id]! > 0 ? out[id]! / repetitionPenalty : out[id]! * repetitionPenalty
    for (const [id, count] of this.written) out[id]! -= frequencyPenalty * count + presencePenalty
    return out
  }
}
