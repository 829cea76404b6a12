/** Where somebody points, in CSS pixels of the picture. */
export interface Spot {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly shift: boolean
  /** Right button, or Alt with the keyboard: to take away, for example. */
  readonly second: boolean
  readonly by: 'pointer' | 'keys'
}

export interface BrushOptions {
  /** Pressed. */
  readonly onPoint?: ((spot: Spot) => void) | undefined
  /** Moved while pressed; every sample that the device gave, so that quick strokes stay round. */
  readonly onDrag?: ((spot: Spot) => void) | undefined
  /** Let go. */
  readonly onEnd?: ((spot: Spot) => void) | undefined
  /** Moved while not pressed; null when it leaves. */
  readonly onHover?: ((spot: Spot | null) => void) | undefined
  /** Where the keyboard's cursor stands, to be drawn; null when there is none. */
  readonly onCursor?:
    | ((at: { readonly x: number; readonly y: number; readonly pressed: boolean } | null) => void)
    | undefined
  /** Pixels of one arrow key; a fourth of it with Shift. Default 12. */
  readonly step?: number | undefined
}

/**
 * Pointing by mouse, pen, finger and keys. Arrow keys move a cursor, Enter or Space presses. Where dragging means something, the press holds until the
 * next Enter, so that a line is drawn by keys too; Escape lets go. `options` is asked anew at each event. Returns how to stop.
 */
export const brush = (canvas: HTMLCanvasElement, options: () => BrushOptions): (() => void) => {
  let pressed: number | null = null
  const stopPointer = new AbortController()
  const { signal } = stopPointer
  const spot = (event: PointerEvent): Spot => {
    const box = canvas.getBoundingClientRect()
    return {
      x: event.clientX - box.left,
      y: event.clientY - box.top,
      width: box.width,
      height: box.height,
      shift: event.shiftKey,
      second: (event.buttons & 2) !== 0 || event.button === 2,
      by: 'pointer',
    }
  }
  const end = (event: PointerEvent): void => {
    if (event.pointerId !== pressed) return
    pressed = null
    options().onEnd?.(spot(event))
  }
  canvas.addEventListener(
    'pointerdown',
    event => {
      const { onPoint, onDrag, onEnd } = options()
      if (pressed !== null || event.button === 1 || !(onPoint || onDrag || onEnd)) return
      pressed = event.pointerId
      canvas.setPointerCapture(event.pointerId)
      onPoint?.(spot(event))
    },
    { signal },
  )
  canvas.addEventListener(
    'pointermove',
    event => {
      const { onDrag, onHover } = options()
      if (event.pointerId !== pressed) onHover?.(spot(event))
      else if (onDrag) for (const each of event.getCoalescedEvents?.() ?? [event]) onDrag(spot(each))
    },
    { signal },
  )
  canvas.addEventListener('pointerup', end, { signal })
  canvas.addEventListener('pointercancel', end, { signal })
  canvas.addEventListener('pointerleave', () => options().onHover?.(null), { signal })
  canvas.addEventListener('contextmenu', event => options().onPoint && event.preventDefault(), { signal })
  keys(canvas, options, signal)
  return () => stopPointer.abort()
}

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

const keys = (canvas: HTMLCanvasElement, options: () => BrushOptions, signal: AbortSignal): void => {
  let at: { x: number; y: number } | null = null
  let pressed = false
  const size = () => ({ width: canvas.clientWidth, height: canvas.clientHeight })
  const here = (event: KeyboardEvent | null): Spot => {
    at ??= { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 }
    return { ...at, ...size(), shift: event?.shiftKey ?? false, second: event?.altKey ?? false, by: 'keys' }
  }
  const release = (event: KeyboardEvent | null): void => {
    if (pressed) {
      pressed = false
      options().onEnd?.(here(event))
    }
  }
  const show = (): void => options().onCursor?.(at && { ...at, pressed })
  const move = (event: KeyboardEvent, [dx, dy]: readonly [number, number]): void => {
    const { onDrag, onHover, step = 12 } = options()
    const { x, y, width, height } = here(event)
    const by = event.shiftKey ? step / 4 : step
    at = { x: Math.max(0, Math.min(width, x + dx * by)), y: Math.max(0, Math.min(height, y + dy * by)) }
    if (pressed) onDrag?.(here(event))
    else onHover?.(here(event))
  }
  const press = (event: KeyboardEvent): void => {
    const { onPoint, onDrag, onEnd } = options()
    if (pressed) release(event)
    else {
      onPoint?.(here(event))
      if (onDrag) pressed = true
      else onEnd?.(here(event))
    }
  }
  const heard = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey) return
    const direction = directions[event.key]
    if (direction) move(event, direction)
    else if (event.key === 'Enter' || event.key === ' ') press(event)
    else if (event.key === 'Escape' && pressed) release(event)
    else return
    event.preventDefault()
    show()
  }
  const left = (): void => {
    release(null)
    at = null
    options().onHover?.(null)
    show()
  }
  canvas.addEventListener('keydown', heard, { signal })
  canvas.addEventListener('blur', left, { signal })
}
