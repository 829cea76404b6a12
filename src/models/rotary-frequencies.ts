/** How rotary positions are stretched beyond the context that a model was trained on, as transformers' `rope_scaling` says it. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContextLength: number
    }

/**
 * Angle per position of each pair of a head's numbers: `θ^(−2i/d)` for i below d/2. `linear` divides all by the factor (Chen et al. 2023);
 * `llama3` divides those whose wavelength is long against the original context, leaves the short ones, and blends between (Llama 3.1).
 *
 * Source: Su et al. 2021, equation 15.
 */
export const rotaryFrequencies = (headDim: number, theta: number, scaling?: RopeScaling): Float64Array => {
  const plain = Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim))
  if (!scaling) return plain
  if (scaling.type === 'linear') return plain.map(f => f / scaling.factor)
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength } = scaling
  return plain.map(f => {
    const turns = (originalContextLength * f) / (2 * Math.PI)
    if (turns < low) return f / factor
    if (turns > high) return f
    const share = (turns - low) / (high - low)
    return ((1 - share) * f) / factor + share * f
  })
}
