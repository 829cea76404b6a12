import { useRef, useState } from 'preact/hooks'
import type { Axes } from '../../kit/canvas/axes.ts'
import type { Spot } from '../../kit/canvas/brush.ts'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { shown } from '../../kit/canvas/scale.ts'
import { Panel } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { dragged, handles } from './line.ts'
import { drawPlane } from './picture.ts'
import { type LinearShot, reach } from './shot.ts'

interface Point {
  readonly x: number
  readonly y: number
  readonly k: number
}
type Held = { readonly point: number } | { readonly handle: 'middle' | 'first' | 'second' } | null

const near = 16
const round = (value: number): number => Math.max(-reach, Math.min(reach, Math.round(value * 100) / 100))
const written = (points: readonly Point[]): string => points.map(({ x, y, k }) => `${x},${y},${k}`).join(';')
const pointsIn = (shot: LinearShot): Point[] =>
  Array.from(shot.y, (k, i) => ({ x: round(shot.x[2 * i]!), y: round(shot.x[2 * i + 1]!), k }))

/** The plane with its points, which can be moved, added and taken away, and the line, which can be moved and turned. */
export const PlanePanel = ({
  session,
  shot,
  lit,
  light,
}: {
  readonly session: Session
  readonly shot: LinearShot
  readonly lit: number | null
  readonly light: (point: number | null) => void
}) => {
  const settings = session.settings.value as Settings
  const [mode, setMode] = useState<'move' | 'remove' | number>('move')
  const drawn = useRef<Axes | null>(null)
  const held = useRef<Held>(null)
  const line = useRef<readonly [number, number, number]>([0, 0, 0])
  const points = useRef<Point[]>([])
  const write = (next: Point[]): void => {
    points.current = next
    session.change({ points: written(next) })
  }
  const nearest = ({ x, y }: Spot): number | null => {
    const at = drawn.current
    if (!at) return null
    let best: number | null = null
    let least = near
    for (let i = 0; i < shot.y.length; i++) {
      const away = Math.hypot(at.xAt(shot.x[2 * i]!) - x, at.yAt(shot.x[2 * i + 1]!) - y)
      if (away < least) [best, least] = [i, away]
    }
    return best
  }
  const grip = ({ x, y }: Spot): Held => {
    const at = drawn.current
    const grips = shot.outputs === 1 ? handles(shot.weights[0]!) : null
    if (!at || !grips) return null
    for (const [handle, [hx, hy]] of Object.entries(grips))
      if (Math.hypot(at.xAt(hx) - x, at.yAt(hy) - y) < near) return { handle: handle as 'middle' }
    return null
  }
  const press = (spot: Spot): void => {
    const at = drawn.current
    if (!at) return
    const point = nearest(spot)
    points.current = pointsIn(shot)
    held.current = null
    if ((mode === 'remove' || spot.second) && !shot.table) {
      if (point !== null && shot.y.length > 1) write(points.current.filter((_, i) => i !== point))
    } else if (mode === 'move' || shot.table) {
      const grabbed = grip(spot)
      line.current = shot.weights[0]!
      held.current = grabbed ?? (point !== null && !shot.table ? { point } : null)
      light(point)
    } else if (typeof mode === 'number') {
      write([...points.current, { x: round(at.xOf(spot.x)), y: round(at.yOf(spot.y)), k: mode }])
      held.current = { point: points.current.length - 1 }
    }
  }
  const drag = (spot: Spot): void => {
    const [at, what] = [drawn.current, held.current]
    if (!at || !what) return
    const place = [at.xOf(spot.x), at.yOf(spot.y)] as const
    if ('handle' in what) session.change(dragged(line.current, what.handle, place))
    else
      write(
        points.current.map((one, i) => (i === what.point ? { ...one, x: round(place[0]), y: round(place[1]) } : one)),
      )
  }
  const { accuracy, loss } = shot.facts as { readonly accuracy: number; readonly loss: number }
  const [w1, w2, b] = shot.weights[0]!
  const between = shot.outputs === 1 ? `The line is ${shown(w1)} x + ${shown(w2)} y + ${shown(b)} = 0. ` : ''
  const colours = Array.from(
    { length: settings.loss === 'softmax' ? Math.max(3, shot.classes.length) : 2 },
    (_, k) => k,
  )
  return (
    <Panel
      title="Points and line"
      note={shot.outputs === 1 ? 'dashed: the margins, where the score is ±1' : 'larger point: larger loss'}
    >
      {!shot.table && (
        <div class="row" role="toolbar" aria-label="What pressing does">
          <button type="button" aria-pressed={mode === 'move'} onClick={() => setMode('move')}>
            Move
          </button>
          {colours.map(k => (
            <button key={k} type="button" aria-pressed={mode === k} onClick={() => setMode(k)}>
              <span class={`linear-key linear-key-${k}`} aria-hidden="true" />
              Add {shot.classes[k] ?? `class ${k}`}
            </button>
          ))}
          <button type="button" aria-pressed={mode === 'remove'} onClick={() => setMode('remove')}>
            Remove
          </button>
          {settings.points !== '' && (
            <button type="button" class="plain" onClick={() => session.change({ points: '' })}>
              Points of the data set
            </button>
          )}
        </div>
      )}
      <Canvas
        label="Points and line"
        describe={`${shot.y.length} points in ${shot.classes.length} classes. ${between}Loss ${shown(loss)}, accuracy ${shown(100 * accuracy)} %.`}
        aspect={1.04}
        cursor={mode === 'move' ? 'grab' : 'crosshair'}
        draw={(ctx, size, theme) => {
          drawn.current = drawPlane(ctx, size, shot, theme, { handles: true, point: lit })
        }}
        onPoint={press}
        onDrag={drag}
        onEnd={() => {
          held.current = null
        }}
      />
    </Panel>
  )
}
