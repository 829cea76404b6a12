/** What the progress line tells. */
export interface ProgressState {
  readonly step: number
  readonly total: number
  /** Once two steps have been timed. */
  readonly msPerStep?: number | undefined
  /** What a step works through, such as tokens, for the speed in those. */
  readonly items?: { readonly name: string; readonly perStep: number } | undefined
  /** In the order to show them: `[['loss', 1.83], ['val', 1.91]]`. */
  readonly metrics: readonly (readonly [name: string, value: number])[]
}

/** The bar as two texts, so that the caller may colour the first. */
type PaintBar = (filled: string, open: string) => string

const shortestBar = 7
const longestBar = 30

/**
 * The line for a terminal so many columns wide: what matters least is left out until the rest fits, then the bar takes what is free.
 * Source: cli.md, point 4.
 */
export const terminalLine = (state: ProgressState, columns: number, paint: PaintBar = (a, b) => a + b): string => {
  const pieces = piecesOf(state)
  const room = columns - 1
  const lengthWith = (bar: boolean) => compose(pieces, bar ? '━'.repeat(shortestBar) : '').length
  let bar = true
  for (const piece of [...unneeded(pieces)]) {
    if (lengthWith(bar) <= room) break
    if (piece === 'bar') bar = false
    else pieces.splice(pieces.indexOf(piece), 1)
  }
  if (!bar) return compose(pieces, '').slice(0, Math.max(0, room))
  const width = Math.min(longestBar, shortestBar + room - lengthWith(true))
  const filled = Math.floor((width * Math.min(state.step, state.total)) / state.total)
  return compose(pieces, paint('━'.repeat(filled), '─'.repeat(width - filled)))
}

/** The line for a file or a pipe: everything, without the bar. */
export const plainLine = (state: ProgressState): string => compose(piecesOf(state), '')

interface Piece {
  readonly kind: 'step' | 'percent' | 'left' | 'speed' | 'items' | 'loss' | 'val' | 'metric'
  readonly text: string
}

const piecesOf = ({ step, total, msPerStep, items, metrics }: ProgressState): Piece[] => {
  const pieces: Piece[] = [
    { kind: 'step', text: `step ${step}/${total}` },
    { kind: 'percent', text: `${Math.floor((100 * step) / total)} %` },
  ]
  if (msPerStep !== undefined) {
    if (step < total) pieces.push({ kind: 'left', text: `${duration(msPerStep * (total - step))} left` })
    pieces.push({ kind: 'speed', text: `${milliseconds(msPerStep)}/step` })
    if (items) pieces.push({ kind: 'items', text: `${count((1000 * items.perStep) / msPerStep)} ${items.name}/s` })
  }
  for (const [name, value] of metrics) {
    const kind = name === 'loss' || name === 'val' ? name : 'metric'
    pieces.push({ kind, text: `${name} ${metric(value)}` })
  }
  return pieces
}

/** What a narrow terminal can do without, the least needed first. */
function* unneeded(pieces: readonly Piece[]): Generator<Piece | 'bar'> {
  const all = [...pieces]
  yield* all.filter(({ kind }) => kind === 'metric').reverse()
  yield* all.filter(({ kind }) => kind === 'items')
  yield 'bar'
  for (const wanted of ['speed', 'val', 'percent', 'left', 'loss']) yield* all.filter(({ kind }) => kind === wanted)
}

const compose = (pieces: readonly Piece[], bar: string): string => {
  const [step, ...rest] = pieces.map(piece => piece.text)
  const percent = pieces[1]?.kind === 'percent' ? rest.shift() : undefined
  const head = [step, bar, percent].filter(Boolean).join(bar ? ' ' : '  ')
  return [head, ...rest].join('  ')
}

/** `1:32`, or `2:03:04` from an hour on. */
export const duration = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

/** `0.35 ms`, `8.1 ms`, `120 ms`, `2.5 s`. */
const milliseconds = (ms: number): string => {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms < 1 ? ms.toPrecision(2) : ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
}

/** `850`, `12k`, `1.2M`. */
export const count = (n: number): string => {
  const [scaled, unit] = n >= 1e9 ? [n / 1e9, 'G'] : n >= 1e6 ? [n / 1e6, 'M'] : n >= 1e3 ? [n / 1e3, 'k'] : [n, '']
  return (scaled < 10 && unit ? scaled.toFixed(1) : scaled.toFixed(0)) + unit
}

/** Three digits, or two and an exponent where the value is small or large: `1.83`, `2.9e-4`. */
export const metric = (value: number): string => {
  const size = Math.abs(value)
  if (!Number.isFinite(value) || value === 0) return String(value)
  if (size < 0.01 || size >= 1e6) return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e')
  return size < 1000 ? value.toPrecision(3) : value.toFixed(0)
}
