/** The page's colours, for pictures. */
export interface Theme {
  readonly dark: boolean
  readonly background: string
  readonly panel: string
  readonly text: string
  readonly muted: string
  readonly grid: string
  readonly accent: string
  /** Ten colours that people who see fewer colours tell apart: Okabe and Ito (2008), then Tol's muted ones, made readable on the background. */
  readonly groups: readonly string[]
  readonly positive: string
  readonly negative: string
}

export type Rgb = readonly [red: number, green: number, blue: number]
/** 256 colours, from the least value to the greatest. */
export type Ramp = readonly Rgb[]

export const lightTheme: Theme = {
  dark: false,
  background: '#fbfaf7',
  panel: '#ffffff',
  text: '#1d2127',
  muted: '#646b76',
  grid: '#e4e2dc',
  accent: '#1f5fbf',
  groups: [
    '#0072b2',
    '#d55e00',
    '#009e73',
    '#b8578f',
    '#c98a00',
    '#3f9fdc',
    '#882255',
    '#4b3fa8',
    '#8a8a2b',
    '#747474',
  ],
  positive: '#d55e00',
  negative: '#0072b2',
}

export const darkTheme: Theme = {
  dark: true,
  background: '#14161a',
  panel: '#1c1f25',
  text: '#e8e6e1',
  muted: '#9aa1ac',
  grid: '#30343c',
  accent: '#74a8ff',
  groups: [
    '#4aa3df',
    '#f58a4b',
    '#2fc08f',
    '#e392c0',
    '#f2b632',
    '#9bd6f7',
    '#d9678f',
    '#a79bf5',
    '#cfcf6a',
    '#a9a9a9',
  ],
  positive: '#f58a4b',
  negative: '#4aa3df',
}

/** The colours that the style sheet gives this element: hex or rgb(); where it gives none, those that the studio was made with. */
export const themeOf = (element: Element): Theme => {
  const style = getComputedStyle(element)
  const read = (name: string): string => {
    const value = style.getPropertyValue(`--${name}`).trim()
    return parsed(value) ? value : ''
  }
  const background = read('background')
  const base = background && luminance(rgb(background)) < 0.2 ? darkTheme : lightTheme
  return {
    dark: base.dark,
    background: background || base.background,
    panel: read('panel') || base.panel,
    text: read('text') || base.text,
    muted: read('muted') || base.muted,
    grid: read('grid') || base.grid,
    accent: read('accent') || base.accent,
    groups: base.groups.map((colour, i) => read(`group-${i}`) || colour),
    positive: read('positive') || base.positive,
    negative: read('negative') || base.negative,
  }
}

const parsed = (colour: string): Rgb | null => {
  const hex = /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.exec(colour)?.[1]
  if (hex) {
    const wide = hex.length < 6 ? [...hex].map(digit => digit + digit).join('') : hex
    const at = (i: number) => Number.parseInt(wide.slice(i, i + 2), 16)
    return [at(0), at(2), at(4)]
  }
  const [red, green, blue] = /^rgba?\(/.test(colour) ? (colour.match(/[\d.]+/g) ?? []).map(Number) : []
  return blue === undefined ? null : [red!, green!, blue]
}

/** The numbers of a colour written as hex or rgb(); grey for any other writing. */
export const rgb = (colour: string): Rgb => parsed(colour) ?? [128, 128, 128]

export const css = ([red, green, blue]: Rgb, alpha = 1): string =>
  alpha === 1
    ? `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)})`
    : `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)} / ${alpha})`

/** The same colour, less opaque. */
export const faded = (colour: string, alpha: number): string => css(rgb(colour), alpha)

export const mix = (a: Rgb, b: Rgb, part: number): Rgb => [
  a[0] + (b[0] - a[0]) * part,
  a[1] + (b[1] - a[1]) * part,
  a[2] + (b[2] - a[2]) * part,
]

/** Relative luminance (WCAG 2), 0 to 1. */
export const luminance = (colour: Rgb): number => {
  const [red, green, blue] = colour.map(v => (v <= 10.3 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

/** Black or white, whichever is read better on this colour. */
export const inkOn = (colour: Rgb): string => (luminance(colour) > 0.179 ? '#16181c' : '#ffffff')

/** 256 colours through equally spaced stops. */
export const rampOf = (stops: readonly Rgb[]): Ramp =>
  Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1)
    const left = Math.min(Math.floor(at), stops.length - 2)
    return mix(stops[left]!, stops[left + 1]!, at - left)
  })

const cached = (make: (theme: Theme) => Ramp) => {
  const made = new WeakMap<Theme, Ramp>()
  return (theme: Theme): Ramp => {
    let ramp = made.get(theme)
    if (!ramp) {
      ramp = make(theme)
      made.set(theme, ramp)
    }
    return ramp
  }
}

// Matplotlib's magma at eighths, without its ends: the panel's colour stands for the least value instead.
const magma = ['#1d1147', '#51127c', '#822681', '#b73779', '#e75263', '#fc8961', '#fec488'].map(rgb)

/** Magma from near the panel's colour to its strong end: least is quiet in light and in dark. */
export const sequential = cached(theme =>
  theme.dark
    ? rampOf([rgb(theme.panel), rgb('#30195f'), ...magma.slice(1), rgb('#fcfdbf')])
    : rampOf([rgb(theme.panel), ...[...magma].reverse()]),
)

/** Blue for less, the panel's colour for the middle, orange for more. */
export const diverging = cached(theme => {
  const middle = mix(rgb(theme.panel), rgb(theme.grid), 0.25)
  const end: Rgb = theme.dark ? [255, 240, 225] : [40, 15, 10]
  const start: Rgb = theme.dark ? [225, 240, 255] : [5, 15, 45]
  const [less, more] = [rgb(theme.negative), rgb(theme.positive)]
  return rampOf([
    mix(less, start, 0.35),
    less,
    mix(middle, less, 0.5),
    middle,
    mix(middle, more, 0.5),
    more,
    mix(more, end, 0.35),
  ])
})
