/** A colour for a number from 0 to 1. */
export type Ramp = (share: number) => readonly [red: number, green: number, blue: number]

const between =
  (anchors: readonly (readonly [number, number, number])[]): Ramp =>
  share => {
    const at = Math.min(Math.max(share, 0), 1) * (anchors.length - 1)
    const k = Math.min(Math.floor(at), anchors.length - 2)
    const [a, b] = [anchors[k]!, anchors[k + 1]!]
    const mix = (i: 0 | 1 | 2): number => Math.round(a[i] + (at - k) * (b[i] - a[i]))
    return [mix(0), mix(1), mix(2)]
  }

/** Black by violet and orange to pale yellow; as light as the number is large, also in print and to the colour-blind. Source: magma, van der Walt & Smith 2015. */
export const heat: Ramp = between([
  [0, 0, 4],
  [59, 15, 112],
  [140, 41, 129],
  [222, 73, 104],
  [254, 159, 109],
  [252, 253, 191],
])
/** White to dark blue, for counts on a page. */
export const ink: Ramp = between([
  [255, 255, 255],
  [198, 219, 239],
  [107, 174, 214],
  [33, 113, 181],
  [8, 48, 107],
])
/** Blue by white to red, for numbers around 0, which is at 0.5. */
export const signed: Ramp = between([
  [33, 102, 172],
  [146, 197, 222],
  [247, 247, 247],
  [244, 165, 130],
  [178, 24, 43],
])
export const grey: Ramp = between([
  [0, 0, 0],
  [255, 255, 255],
])

/** `#rrggbb`. */
export const hex = (color: readonly number[]): string => `#${color.map(c => c.toString(16).padStart(2, '0')).join('')}`
