import type uPlot from 'uplot'
import { shown } from './scale.ts'
import { font } from './text.ts'
import { css, rgb, type Theme } from './theme.ts'

export interface CurveLine {
  readonly colour: string
  readonly alpha: number
  readonly width: number
  readonly dash: readonly number[]
}

export interface CurvePlotOptions {
  /** Steps, then a column for each line. */
  readonly data: readonly (readonly (number | null)[])[]
  readonly lines: readonly CurveLine[]
  readonly theme: Theme
  readonly log: boolean
  readonly label: string
  /** The step under the pointer, or null. */
  readonly onStep: (step: number | null) => void
}

export interface Plot {
  readonly update: (data: CurvePlotOptions['data']) => void
  readonly resize: () => void
  readonly stop: () => void
}

/** uPlot in this element, as large as it; loaded when first needed, to keep the shell small. */
export const plotCurves = async (element: HTMLElement, options: CurvePlotOptions): Promise<Plot> => {
  const [{ default: UPlot }] = await Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')])
  const { lines, theme, log, label, onStep } = options
  const axis = {
    stroke: theme.muted,
    font: font(11),
    grid: { stroke: theme.grid, width: 1 },
    ticks: { show: false },
    values: (_: uPlot, splits: (number | null)[]) => splits.map(value => (value === null ? '' : shown(value))),
  }
  const positive = (data: CurvePlotOptions['data']): uPlot.AlignedData =>
    data.map((column, i) =>
      log && i > 0 ? column.map(value => (value !== null && value > 0 ? value : null)) : column,
    ) as unknown as uPlot.AlignedData
  const size = () => ({ width: Math.max(60, element.clientWidth), height: Math.max(60, element.clientHeight) })
  const plot = new UPlot(
    {
      ...size(),
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
      series: [
        {},
        ...lines.map(({ colour, alpha, width, dash }) => ({
          stroke: css(rgb(colour), alpha),
          width,
          dash: [...dash],
          // What is measured now and then is a line too.
          spanGaps: true,
          // A single step is a dot: there is no line yet.
          points: { show: (_: uPlot, __: number, from: number, to: number) => to - from < 2, size: 6, fill: colour },
        })),
      ],
      scales: {
        x: { time: false, range: (_, low, high) => [low ?? 1, Math.max(high ?? 1, (low ?? 1) + 1)] },
        y: log
          ? { distr: 3, range: (_, low, high) => (low > 0 ? UPlot.rangeLog(low, high, 10, false) : [0.1, 1]) }
          : { range: (_, low, high) => (low === null ? [0, 1] : UPlot.rangeNum(low, high, 0.08, true)) },
      },
      axes: [
        { ...axis, size: 26, gap: 4, incrs: steps },
        { ...axis, size: 52, gap: 6 },
      ],
      hooks: {
        setCursor: [
          u => {
            const step = u.cursor.idx === null || u.cursor.idx === undefined ? undefined : u.data[0][u.cursor.idx]
            onStep((u.cursor.left ?? -1) < 0 ? null : (step ?? null))
          },
        ],
      },
    },
    positive(options.data),
    element,
  )
  const { canvas } = plot.ctx
  canvas.dataset.picture = label
  return {
    // Somebody who zoomed in stays there.
    update: data => {
      const { min, max } = plot.scales.x ?? {}
      if (min == null || max == null || !zoomed(plot)) plot.setData(positive(data))
      else
        plot.batch(() => {
          plot.setData(positive(data), false)
          plot.setScale('x', { min, max })
        })
    },
    resize: () => plot.setSize(size()),
    stop: () => plot.destroy(),
  }
}

// Steps are whole numbers.
const steps = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map(lead => lead * 10 ** power)).flat()

const zoomed = (plot: uPlot): boolean => {
  const { min, max } = plot.scales.x ?? {}
  const xs = plot.data[0]
  return min != null && max != null && xs.length > 2 && (min > xs[0]! || max < xs[xs.length - 1]!)
}
