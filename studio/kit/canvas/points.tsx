import { signal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { type Camera, boundsOf, cameraMatrix, nearest, projected, startCamera } from './camera.ts'
import type { Size } from './box.ts'
import type { Spot } from './brush.ts'
import { Canvas } from './canvas.tsx'
import { drawLabels, drawPlain, withOpacity } from './points-2d.ts'
import { type PointsGl, pointsGl } from './points-gl.ts'
import { dots } from './shapes.ts'
import { css, rgb, type Theme } from './theme.ts'

export interface PointsProps {
  readonly label: string
  readonly describe: string
  /** Two or three numbers a point. A changed array is a new array, or comes with another `version`. */
  readonly positions: Float32Array
  readonly dimensions: 2 | 3
  /** Three or four bytes a point: red, green, blue, opacity. */
  readonly colours: Uint8Array
  readonly version?: number | undefined
  /** Diameter of a point in pixels. Default: smaller for more points, 3 to 8. */
  readonly size?: number | undefined
  /** Points drawn large and labelled; the others step back. */
  readonly highlight?: readonly number[] | undefined
  readonly selected?: number | null | undefined
  /** A name for each point; as many are written as do not touch. */
  readonly labels?: readonly string[] | undefined
  /** A point was chosen; null where none is near. */
  readonly onPick?: ((i: number | null) => void) | undefined
  readonly onHover?: ((i: number | null) => void) | undefined
  /** One sentence that should be read, as that there is no WebGL2. */
  readonly onNotice?: ((sentence: string) => void) | undefined
  readonly aspect?: number | undefined
  readonly height?: number | undefined
  readonly class?: string | undefined
}

const slow = 'This browser has no WebGL2: points are drawn more slowly.'

/** Many points in two or three dimensions, to be moved, turned, zoomed and chosen from. Arrow keys, +, − and 0 move; Enter chooses the middle one. */
export const Points = (props: PointsProps) => {
  const { label, describe, positions, dimensions, colours, version, aspect, height } = props
  const latest = useRef(props)
  latest.current = props
  const view = useMemo(() => pointView(() => latest.current), [])
  const bounds = useMemo(() => boundsOf(positions, dimensions), [positions, dimensions, version])
  const bytes = useMemo(
    () => withOpacity(colours, Math.floor(positions.length / dimensions)),
    [colours, positions.length, dimensions, version],
  )
  view.bounds = bounds
  view.bytes = bytes
  useEffect(() => view.start(), [view])
  useEffect(() => view.upload(), [view, positions, bytes, version])
  useEffect(() => {
    view.camera.value = startCamera
  }, [view, dimensions])
  return (
    <div class={`canvas-points ${props.class ?? ''}`}>
      <Canvas
        label={label}
        describe={describe}
        draw={view.draw}
        aspect={aspect}
        height={height}
        cursor="grab"
        onPoint={view.press}
        onDrag={view.drag}
        onEnd={view.release}
        onHover={view.hover}
        onKey={view.key}
        onWheel={(event, at) => view.zoom(1.0015 ** -event.deltaY, at)}
      />
      <div class="canvas-buttons">
        <button type="button" aria-label={`${label}: zoom in`} onClick={() => view.zoom(1.4)}>
          +
        </button>
        <button type="button" aria-label={`${label}: zoom out`} onClick={() => view.zoom(1 / 1.4)}>
          −
        </button>
        <button type="button" aria-label={`${label}: whole view`} onClick={view.reset}>
          ⤢
        </button>
      </div>
    </div>
  )
}

/** What stands behind the picture: the camera, the graphics card, and what pointing means. */
const pointView = (props: () => PointsProps) => {
  const camera = signal<Camera>(startCamera)
  const hovered = signal<number | null>(null)
  const tick = signal(0)
  let gl: PointsGl | null = null
  let size: Size = { width: 1, height: 1 }
  let matrix: Float32Array = new Float32Array(16)
  let last: { x: number; y: number; moved: number } | null = null

  const turn = (dx: number, dy: number): void => {
    const { yaw, pitch, panX, panY } = camera.value
    const small = Math.min(size.width, size.height)
    camera.value =
      props().dimensions === 2
        ? { ...camera.value, panX: panX + dx / small, panY: panY + dy / small }
        : { ...camera.value, yaw: yaw + dx * 0.008, pitch: Math.max(-1.57, Math.min(1.57, pitch + dy * 0.008)) }
  }
  // What is under `at` stays under it.
  const zoom = (by: number, at = { x: size.width / 2, y: size.height / 2 }): void => {
    const before = camera.value
    const after = Math.max(0.2, Math.min(200, before.zoom * by))
    const small = Math.min(size.width, size.height)
    const [x, y] = [(at.x - size.width / 2) / small, (at.y - size.height / 2) / small]
    const times = after / before.zoom
    const pan = { panX: x - (x - before.panX) * times, panY: y - (y - before.panY) * times }
    camera.value = { ...before, zoom: after, ...(props().dimensions === 2 ? pan : {}) }
  }
  const reset = (): void => {
    camera.value = startCamera
  }
  const near = (at: { readonly x: number; readonly y: number }, within?: number): number | null =>
    nearest(matrix, props().positions, props().dimensions, size, at, within)

  const view = {
    camera,
    bounds: boundsOf(new Float32Array(0), 2),
    bytes: new Uint8Array(0) as Uint8Array,
    zoom,
    reset,
    start: () => {
      gl = pointsGl(() => tick.value++)
      if (!gl) props().onNotice?.(slow)
      tick.value++
      return () => {
        gl?.stop()
        gl = null
      }
    },
    upload: () => {
      gl?.upload(props().positions, props().dimensions, view.bytes)
      tick.value++
    },
    draw: (ctx: CanvasRenderingContext2D, now: Size, theme: Theme) => {
      const { positions, dimensions, highlight = [], selected = null, labels } = props()
      const count = Math.floor(positions.length / dimensions)
      size = now
      matrix = cameraMatrix(camera.value, view.bounds, dimensions, now)
      const diameter = props().size ?? Math.max(3, Math.min(8, 90 / Math.sqrt(count + 1) + 2.5))
      const alpha = highlight.length ? 0.3 : 0.9
      const ratio = ctx.getTransform().a
      const [red, green, blue] = rgb(theme.panel)
      const fog = [red / 255, green / 255, blue / 255] as const
      const picture = tick.value >= 0 && gl?.draw(now, ratio, { matrix, dimensions, diameter, fog, alpha })
      if (picture) ctx.drawImage(picture, 0, 0, now.width, now.height)
      else if (!gl) drawPlain(ctx, now, { matrix, positions, dimensions, colours: view.bytes, diameter, alpha })
      const seen = [...highlight, ...[selected, hovered.value].filter(i => i !== null)].filter(i => i < count)
      const spots = seen.map(i => projected(matrix, positions, dimensions, i, now))
      const chosen = (i: number) => seen[i] === selected || seen[i] === hovered.value
      dots(
        ctx,
        spots.map(({ x, w }) => (w > 0 ? x : Number.NaN)),
        spots.map(({ y }) => y),
        {
          colour: i =>
            css([...view.bytes.subarray(seen[i]! * 4, seen[i]! * 4 + 3)] as unknown as [number, number, number]),
          radius: i => diameter / 2 + (chosen(i) ? 2.5 : 1.5),
          stroke: i => (chosen(i) ? theme.text : theme.panel),
        },
      )
      if (labels)
        drawLabels(ctx, now, theme, {
          matrix,
          positions,
          dimensions,
          labels,
          first: [...seen].reverse(),
          only: highlight.length > 0,
        })
    },
    press: ({ x, y }: Spot) => {
      last = { x, y, moved: 0 }
    },
    drag: ({ x, y }: Spot) => {
      if (!last) return
      const [dx, dy] = [x - last.x, y - last.y]
      last = { x, y, moved: last.moved + Math.hypot(dx, dy) }
      if (last.moved > 3) turn(dx, dy)
    },
    release: (spot: Spot) => {
      if (last && last.moved <= 3) props().onPick?.(near(spot))
      last = null
    },
    hover: (spot: Spot | null) => {
      const { labels, onHover, onPick } = props()
      if (!labels && !onHover && !onPick) return
      const found = spot && near(spot, 10)
      if (found === hovered.value) return
      hovered.value = found
      onHover?.(found)
    },
    key: (event: KeyboardEvent): boolean => {
      const { key } = event
      if (event.ctrlKey || event.metaKey || event.altKey) return false
      const arrows: Readonly<Record<string, readonly [number, number]>> = {
        ArrowLeft: [-24, 0],
        ArrowRight: [24, 0],
        ArrowUp: [0, -24],
        ArrowDown: [0, 24],
      }
      if (arrows[key]) turn(...arrows[key])
      else if (key === '+' || key === '=') zoom(1.25)
      else if (key === '-' || key === '−') zoom(1 / 1.25)
      else if (key === '0') reset()
      else if (key === 'Enter' || key === ' ')
        props().onPick?.(near({ x: size.width / 2, y: size.height / 2 }, Number.MAX_VALUE))
      else return false
      return true
    },
  }
  return view
}
