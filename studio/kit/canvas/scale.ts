export type Interval = readonly [low: number, high: number]

/** From values to pixels, and back by `invert`. */
export interface Scale {
  (value: number): number
  readonly invert: (pixel: number) => number
}

const scaleBy = (
  apply: (v: number) => number,
  undo: (v: number) => number,
  [low, high]: Interval,
  [from, to]: Interval,
) => {
  const a = apply(low)
  const span = apply(high) - a || 1
  return Object.assign((value: number) => from + ((apply(value) - a) / span) * (to - from), {
    invert: (pixel: number) => undo(a + ((pixel - from) / (to - from || 1)) * span),
  })
}

const same = (value: number): number => value

export const linearScale = (domain: Interval, range: Interval): Scale => scaleBy(same, same, domain, range)

/** Values of 0 and below land where the smallest positive number does: far outside, never NaN. */
export const logScale = (domain: Interval, range: Interval): Scale =>
  scaleBy(
    v => Math.log10(Math.max(v, Number.MIN_VALUE)),
    v => 10 ** v,
    domain,
    range,
  )

/** About `count` round values between two ends, in steps of 1, 2 or 5 times a power of ten. */
export const ticks = (low: number, high: number, count = 5): number[] => {
  if (!Number.isFinite(low) || !Number.isFinite(high) || count < 1) return []
  if (low === high) return [low]
  if (low > high) return ticks(high, low, count).reverse()
  const rough = (high - low) / count
  const power = Math.floor(Math.log10(rough))
  const lead = rough / 10 ** power
  const times = lead < Math.SQRT2 ? 1 : lead < Math.sqrt(10) ? 2 : lead < Math.sqrt(50) ? 5 : 10
  // A division by a whole number keeps 0.3 from becoming 0.30000000000000004.
  const value = power < 0 ? (i: number) => (i * times) / 10 ** -power : (i: number) => i * times * 10 ** power
  const step = times * 10 ** power
  const out: number[] = []
  for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9; i++) out.push(i === 0 ? 0 : value(i))
  return out
}

/** Powers of ten between two ends; where those are fewer than two, 1, 2 and 5 of each; at most about `count`. */
export const logTicks = (low: number, high: number, count = 5): number[] => {
  if (!(low > 0) || !(high >= low)) return []
  const first = Math.floor(Math.log10(low) + 1e-9)
  const last = Math.ceil(Math.log10(high) - 1e-9)
  const every = Math.max(1, Math.ceil((last - first) / count))
  const leads = last - first <= 2 ? [1, 2, 5] : [1]
  const out: number[] = []
  for (let power = Math.ceil(first / every) * every; power <= last; power += every)
    for (const lead of leads) {
      const value = power < 0 ? lead / 10 ** -power : lead * 10 ** power
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) out.push(value)
    }
  return out
}

const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

/** A number in few letters: 0.1074, 1.2e−5, 12k, with a real minus sign. `digits` are those that count, 4 by default. */
export const shown = (value: number, digits = 4): string => {
  if (Number.isNaN(value)) return 'NaN'
  const size = Math.abs(value)
  const sign = value < 0 ? '−' : ''
  if (size === 0) return '0'
  if (size === Infinity) return `${sign}∞`
  const few = Math.min(3, digits)
  if (size < 1e-4 || size >= 9.995e8) {
    const [mantissa = '', power = ''] = size.toExponential(few - 1).split('e')
    return `${sign}${trimmed(mantissa)}e${power.replace('+', '').replace('-', '−')}`
  }
  if (size >= 9.995e5) return `${sign}${trimmed((size / 1e6).toPrecision(few))}M`
  if (size >= 9999.5) return `${sign}${thousands(size, few)}`
  if (size >= 10 ** digits) return `${sign}${Math.round(size)}`
  return `${sign}${trimmed(size.toPrecision(digits))}`
}

const thousands = (size: number, digits: number): string => {
  const whole = size / 1e3
  return `${whole >= 10 ** digits ? Math.round(whole) : trimmed(whole.toPrecision(digits))}k`
}

/** The smallest and largest finite value; [0, 1] where there is none. Equal ends are spread a little, so that a scale has a width. */
export const rangeOf = (values: ArrayLike<number>, { balanced = false, margin = 0 } = {}): [number, number] => {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < low && value > -Infinity) low = value
    if (value > high && value < Infinity) high = value
  }
  if (low > high) return balanced ? [-1, 1] : [0, 1]
  if (balanced) {
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1
    return [-most * (1 + margin), most * (1 + margin)]
  }
  if (low === high) return [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2]
  const extra = (high - low) * margin
  return [low - extra, high + extra]
}
