import { useEffect, useRef, useState } from 'preact/hooks'
import type { Size } from '../../kit/canvas/box.ts'
import type { Spot } from '../../kit/canvas/brush.ts'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { text } from '../../kit/canvas/text.ts'
import { faded, type Theme } from '../../kit/canvas/theme.ts'
import type { Session } from '../../kit/session.ts'
import { type Look, side, type Stroke } from './shot.ts'

/** Width of the line, in cells of the pad. */
const line = 2.5

/** A drawing, and what the network makes of it, asked anew as it grows. */
export const useDrawing = (session: Session) => {
  const [strokes, setStrokes] = useState<readonly Stroke[]>([])
  const [answer, setAnswer] = useState<{ readonly look: Look; readonly of: readonly Stroke[] } | null>(null)
  const asking = useRef<{ busy: boolean; next: readonly Stroke[] | null }>({ busy: false, next: null })
  const state = session.run.state.value
  const ready = state !== 'starting' && state !== 'failed'
  const ask = (draw: readonly Stroke[]): void => {
    const { current } = asking
    // One question at a time: what is drawn meanwhile is asked after it.
    if (current.busy) {
      current.next = draw
      return
    }
    current.busy = true
    session.run
      .ask<Look>({ draw })
      .then(
        look => setAnswer({ look, of: draw }),
        () => {},
      )
      .finally(() => {
        current.busy = false
        const { next } = current
        current.next = null
        if (next) ask(next)
      })
  }
  useEffect(() => {
    if (!ready) setAnswer(null)
    // A run that was started anew has not seen the drawing.
    else if (strokes.length > 0) ask(strokes)
  }, [ready, strokes])
  const clear = (): void => {
    const none: readonly Stroke[] = []
    setStrokes(none)
    ask(none)
  }
  return { strokes, setStrokes, look: answer?.look ?? null, settled: answer?.of === strokes, clear }
}

const draw = (
  ctx: CanvasRenderingContext2D,
  { width, height }: Size,
  theme: Theme,
  strokes: readonly Stroke[],
): void => {
  const cell = width / side
  ctx.fillStyle = theme.background
  ctx.fillRect(0, 0, width, height)
  ctx.strokeStyle = theme.grid
  ctx.lineWidth = 1
  ctx.setLineDash([3, 4])
  ctx.strokeRect(4 * cell, 4 * cell, 20 * cell, 20 * cell)
  ctx.setLineDash([])
  if (strokes.length === 0)
    text(ctx, 'draw here', width / 2, height / 2, { colour: theme.muted, size: 14, align: 'center' })
  ctx.lineCap = ctx.lineJoin = 'round'
  for (const [wide, colour] of [
    [line * cell * 1.25, faded(theme.text, 0.25)],
    [line * cell * 0.9, theme.text],
  ] as const) {
    ctx.lineWidth = wide
    ctx.strokeStyle = colour
    for (const stroke of strokes) {
      ctx.beginPath()
      for (let i = 0; i < stroke.length; i += 2)
        ctx[i === 0 ? 'moveTo' : 'lineTo']((stroke[i]! + 0.5) * cell, (stroke[i + 1]! + 0.5) * cell)
      if (stroke.length === 2) ctx.lineTo((stroke[0]! + 0.5) * cell + 0.1, (stroke[1]! + 0.5) * cell)
      ctx.stroke()
    }
  }
}

/** Where a digit is drawn: by pen, finger, mouse, or keys. */
export const Pad = ({
  strokes,
  change,
  begin,
}: {
  readonly strokes: readonly Stroke[]
  readonly change: (next: (before: readonly Stroke[]) => readonly Stroke[]) => void
  /** Called when a stroke begins. */
  readonly begin: () => void
}) => {
  const at = ({ x, y, width, height }: Spot): readonly [number, number] => [
    (x / width) * side - 0.5,
    (y / height) * side - 0.5,
  ]
  return (
    <Canvas
      class="digits-pad"
      label="Drawing pad"
      describe={
        strokes.length === 0
          ? 'Empty. Draw a digit; with keys: arrows move, Enter puts the pen down and lifts it.'
          : `A drawing of ${strokes.length} ${strokes.length === 1 ? 'stroke' : 'strokes'}.`
      }
      aspect={1}
      step={10}
      cursor="crosshair"
      onPoint={spot => {
        begin()
        change(before => [...before, at(spot)])
      }}
      onDrag={spot => {
        const [x, y] = at(spot)
        change(before => {
          const last = before.at(-1) ?? []
          const moved = Math.hypot(x - (last.at(-2) ?? -9), y - (last.at(-1) ?? -9))
          return moved < 0.4 ? before : [...before.slice(0, -1), [...last, x, y]]
        })
      }}
      draw={(ctx, size, theme) => draw(ctx, size, theme, strokes)}
    />
  )
}
