import { effect } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks'
import type { Size } from './box.ts'
import { brush, type BrushOptions, type Spot } from './brush.ts'
import './canvas.css'
import { onScheme } from './scheme.ts'
import { font } from './text.ts'
import { type Theme, themeOf } from './theme.ts'

export type Draw = (ctx: CanvasRenderingContext2D, size: Size, theme: Theme) => void

export interface CanvasProps extends Omit<BrushOptions, 'onCursor'> {
  /** What the picture is, in a few words: its name for readers and for exports. */
  readonly label: string
  /** What it shows now, in words and numbers. */
  readonly describe: string
  /** In CSS pixels, on an empty canvas. Called again when props, signals read in it, size or colour scheme change. */
  readonly draw: Draw
  /** Width over height. Default 1.5, unless `height` is given. */
  readonly aspect?: number | undefined
  /** CSS pixels. */
  readonly height?: number | undefined
  /** Shape of the mouse pointer. */
  readonly cursor?: string | undefined
  readonly class?: string | undefined
  readonly refTo?: RefObject<HTMLCanvasElement> | undefined
  /** Called before the keys that {@link brush} knows; true where it took the key. */
  readonly onKey?: ((event: KeyboardEvent) => boolean) | undefined
  readonly onWheel?: ((event: WheelEvent, spot: { readonly x: number; readonly y: number }) => void) | undefined
}

/** A picture drawn by a function. Sharp on every display; can be read, and pointed at by keys as well where it can be pointed at at all. */
export const Canvas = (props: CanvasProps) => {
  const { label, describe, aspect, height, cursor, refTo } = props
  const own = useRef<HTMLCanvasElement>(null)
  const canvas = refTo ?? own
  const latest = useRef(props)
  const redraw = useRef<() => void>(() => {})
  const id = useId()
  latest.current = props
  useEffect(() => {
    const painter = paints(canvas.current!, () => latest.current)
    redraw.current = painter.ask
    painter.ask()
    return painter.stop
  }, [])
  useLayoutEffect(() => redraw.current())
  const pointed = Boolean(props.onPoint || props.onDrag || props.onEnd || props.onHover || props.onKey)
  const size = height === undefined ? { aspectRatio: String(aspect ?? 1.5) } : { height: `${height}px` }
  return (
    <div class={`canvas-frame ${props.class ?? ''}`} style={size}>
      <canvas
        ref={canvas}
        class={props.onDrag || props.onWheel ? 'canvas-picture canvas-held' : 'canvas-picture'}
        style={cursor === undefined ? {} : { cursor }}
        role={pointed ? 'application' : 'img'}
        tabIndex={pointed ? 0 : undefined}
        aria-label={label}
        aria-describedby={id}
        data-picture={label}
      />
      <span class="unseen" id={id}>
        {describe}
      </span>
    </div>
  )
}

/** Draws at most once a frame; listens to everything that a picture depends on. */
const paints = (canvas: HTMLCanvasElement, props: () => CanvasProps) => {
  const ctx = canvas.getContext('2d')
  let frame = 0
  let theme: Theme | null = null
  let ring: { readonly x: number; readonly y: number; readonly pressed: boolean } | null = null
  let forget = (): void => {}
  const ask = (): void => {
    if (frame === 0) frame = requestAnimationFrame(paint)
  }
  const paint = (): void => {
    frame = 0
    const { clientWidth: width, clientHeight: height } = canvas
    if (!ctx || width === 0 || height === 0) return
    const ratio = window.devicePixelRatio || 1
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (canvas.width !== wide) canvas.width = wide
    if (canvas.height !== high) canvas.height = high
    theme ??= themeOf(canvas)
    const colours = theme
    ctx.reset?.()
    ctx.setTransform(wide / width, 0, 0, high / height, 0, 0)
    ctx.clearRect(0, 0, width, height)
    ctx.font = font()
    forget()
    // Signals that are read while drawing ask for the next drawing.
    let first = true
    forget = effect(() => {
      if (first) props().draw(ctx, { width, height }, colours)
      else ask()
      first = false
    })
    if (ring) cursor(ctx, ring, colours)
  }
  const resized = new ResizeObserver(ask)
  resized.observe(canvas)
  const ends = new AbortController()
  const { signal } = ends
  canvas.addEventListener(
    'keydown',
    event => {
      if (props().onKey?.(event)) event.preventDefault()
    },
    { signal },
  )
  const rolled = (event: WheelEvent): void => {
    const { onWheel } = props()
    if (!onWheel) return
    event.preventDefault()
    const box = canvas.getBoundingClientRect()
    onWheel(event, { x: event.clientX - box.left, y: event.clientY - box.top })
  }
  canvas.addEventListener('wheel', rolled, { signal, passive: false })
  const stopBrush = brush(canvas, () => ({
    ...props(),
    onCursor: at => {
      ring = at
      ask()
    },
  }))
  const stopScheme = onScheme(() => {
    theme = null
    ask()
  })
  const stop = (): void => {
    cancelAnimationFrame(frame)
    frame = -1
    forget()
    resized.disconnect()
    ends.abort()
    stopBrush()
    stopScheme()
  }
  return { ask, stop }
}

/** The keyboard's cursor: dark and light, to be seen on anything. */
const cursor = (
  ctx: CanvasRenderingContext2D,
  { x, y, pressed }: { readonly x: number; readonly y: number; readonly pressed: boolean },
  theme: Theme,
): void => {
  ctx.save()
  for (const [width, colour] of [
    [4, theme.background],
    [2, pressed ? theme.positive : theme.text],
  ] as const) {
    ctx.strokeStyle = colour
    ctx.lineWidth = width
    ctx.beginPath()
    ctx.arc(x, y, 6, 0, 2 * Math.PI)
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      ctx.moveTo(x + dx * 6, y + dy * 6)
      ctx.lineTo(x + dx * 11, y + dy * 11)
    }
    ctx.stroke()
  }
  ctx.restore()
}

export type { Spot }
