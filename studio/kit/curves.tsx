import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import './canvas/canvas.css'
import { type CurveLine, type Plot, plotCurves } from './canvas/curve-plot.ts'
import { shown } from './canvas/scale.ts'
import { onScheme } from './canvas/scheme.ts'
import { type Theme, themeOf } from './canvas/theme.ts'
import { bucketOf, smoothed, thinned, thinnedSteps } from './canvas/thin.ts'

/** Columns that grow in place: `length` says how much of them there is. */
export interface CurveSeries {
  readonly length: number
  readonly columns: Readonly<Record<string, ArrayLike<number>>>
}

export interface CurvesProps {
  readonly series: CurveSeries
  /** Which columns. */
  readonly of: readonly string[]
  /** What is measured. */
  readonly label: string
  readonly log?: boolean | undefined
  /** Names of columns, where theirs do not do. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** Earlier runs, dashed. */
  readonly pinned?: readonly { readonly name: string; readonly series: CurveSeries }[] | undefined
  /** CSS pixels. Default 180. */
  readonly height?: number | undefined
  /** Shows a slider for smoothing. Default true. */
  readonly smoothing?: boolean | undefined
}

const limit = 4000
const dashes = [
  [6, 4],
  [2, 3],
  [9, 3, 2, 3],
]

/** Metrics over steps, live. */
export const Curves = (props: CurvesProps) => {
  const { series, of, label, names = {}, pinned = [], height = 180 } = props
  const holder = useRef<HTMLDivElement>(null)
  const [weight, setWeight] = useState(0)
  const [pointed, setAt] = useState<number | null>(null)
  const [theme, setTheme] = useState<Theme | null>(null)
  const latest = useRef({ ...props, weight, theme })
  latest.current = { ...props, weight, theme }
  const ask = useRef<() => void>(() => {})
  const id = useId()
  useEffect(() => {
    const element = holder.current!
    const live = liveCurves(element, () => latest.current, setAt)
    ask.current = live.ask
    setTheme(themeOf(element))
    const stopScheme = onScheme(() => setTheme(themeOf(element)))
    return () => {
      stopScheme()
      live.stop()
    }
  }, [])
  useLayoutEffect(() => ask.current())
  const steps = longest(latest.current)
  const bucket = bucketOf(steps, limit)
  // A new run may be shorter than where the pointer still rests.
  const at = pointed !== null && pointed <= steps ? pointed : null
  const rows = [{ name: '', series }, ...pinned].flatMap((run, r) =>
    of
      .filter(column => run.series.columns[column])
      .map(column => ({
        key: `${r} ${column}`,
        pinned: r > 0,
        column,
        series: run.series,
        name: nameOf(run.name, names[column] ?? column),
      })),
  )
  const read = (run: CurveSeries, column: string, step: number | null): string => {
    const values = run.columns[column]
    const value = values?.[step === null ? run.length - 1 : step - 1]
    return value === undefined ? '–' : shown(value)
  }
  return (
    <figure class="canvas-curves">
      <figcaption>
        <span>
          {label}
          {steps > 0 && ` at step ${at ?? steps}`}
        </span>
        <ul class="canvas-legend">
          {rows.map(row => (
            <li key={row.key}>
              <span
                class={row.pinned ? 'canvas-swatch canvas-swatch-pinned' : 'canvas-swatch'}
                style={{ color: theme?.groups[of.indexOf(row.column) % 10] ?? 'currentColor' }}
              />
              {row.name}
              <b>{read(row.series, row.column, at)}</b>
            </li>
          ))}
        </ul>
        {props.smoothing !== false && (
          <label class="canvas-smoothing">
            smoothing
            <input
              type="range"
              min={0}
              max={0.99}
              step={0.01}
              value={weight}
              onInput={event => setWeight(Number(event.currentTarget.value))}
            />
          </label>
        )}
      </figcaption>
      <div
        ref={holder}
        class="canvas-plot"
        style={{ height: `${height}px` }}
        role="img"
        aria-label={`${label} over ${steps} steps`}
        aria-describedby={id}
      />
      {bucket > 1 && (
        <p class="canvas-curves-note">{`Drawn by the smallest and the largest of every ${bucket} steps.`}</p>
      )}
      <div class="unseen" id={id}>
        <table>
          <caption>{`${label}: last values`}</caption>
          <thead>
            <tr>
              <th scope="col">curve</th>
              <th scope="col">steps</th>
              <th scope="col">first</th>
              <th scope="col">last</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <tr key={row.key}>
                <th scope="row">{row.name}</th>
                <td>{row.series.length}</td>
                <td>{read(row.series, row.column, 1)}</td>
                <td>{read(row.series, row.column, null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}

type Latest = CurvesProps & { readonly weight: number; readonly theme: Theme | null }

const nameOf = (run: string, column: string): string => [run, column].filter(Boolean).join(' ')

const longest = ({ series, pinned = [] }: CurvesProps): number =>
  Math.max(series.length, ...pinned.map(run => run.series.length))

/** Data and lines of one drawing. */
const content = ({ series, of: metrics, pinned = [], weight }: Latest, colours: Theme) => {
  const length = Math.max(series.length, ...pinned.map(run => run.series.length))
  const bucket = bucketOf(length, limit)
  const lines: CurveLine[] = []
  const data: (readonly (number | null)[])[] = [thinnedSteps(length, bucket)]
  const add = (run: CurveSeries, column: string, dash: readonly number[]): void => {
    const colour = colours.groups[metrics.indexOf(column) % 10]!
    const raw = thinned(run.columns[column] ?? [], length, bucket)
    if (weight > 0) {
      data.push(raw, smoothed(raw, weight))
      lines.push({ colour, alpha: 0.25, width: 1, dash: [] }, { colour, alpha: 1, width: 2, dash })
    } else {
      data.push(raw)
      lines.push({ colour, alpha: dash.length ? 0.75 : 1, width: 1.5, dash })
    }
  }
  for (const [r, run] of pinned.entries())
    for (const column of metrics) if (run.series.columns[column]) add(run.series, column, dashes[r % 3]!)
  for (const column of metrics) add(series, column, [])
  return { data, lines }
}

/** Draws at most 15 times a second, in a frame; makes the plot anew only where its lines change. */
const liveCurves = (element: HTMLElement, props: () => Latest, onStep: (step: number | null) => void) => {
  let plot: Plot | null = null
  let made = ''
  let making = false
  let last = -Infinity
  let timer = 0
  let stopped = false
  const paint = async (): Promise<void> => {
    timer = 0
    last = performance.now()
    const now = props()
    if (stopped || making || !now.theme || element.clientWidth === 0) return
    const { theme } = now
    const { data, lines } = content(now, theme)
    const wanted = JSON.stringify([lines, theme, now.log, now.height])
    if (plot && wanted === made) return plot.update(data)
    making = true
    plot?.stop()
    plot = null
    const { log = false, label } = now
    plot = await plotCurves(element, { data, lines, theme, log, label, onStep })
    making = false
    made = wanted
    if (stopped) plot.stop()
    else ask()
  }
  const ask = (): void => {
    if (timer || stopped) return
    const wait = Math.max(0, last + 1000 / 15 - performance.now())
    timer = window.setTimeout(() => requestAnimationFrame(() => void paint()), wait)
  }
  const observer = new ResizeObserver(() => {
    plot?.resize()
    ask()
  })
  observer.observe(element)
  return {
    ask,
    stop: () => {
      stopped = true
      clearTimeout(timer)
      observer.disconnect()
      plot?.stop()
    },
  }
}
