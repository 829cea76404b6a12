import { effect } from '@preact/signals'
import type { Theme } from '../kit/canvas/theme.ts'
import type { About, Shot } from '../kit/lab.ts'
import { Run } from '../kit/run.ts'

/** What a lab's `picture.ts` exports: draws a shot, on the start page and in the lab. */
export type Draw = (
  ctx: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number },
  shot: Shot,
  theme: Theme,
) => void

/** A moment of a preview, ready to be drawn. */
export interface Picture {
  readonly steps: number
  readonly draw: (
    ctx: CanvasRenderingContext2D,
    size: { readonly width: number; readonly height: number },
    theme: Theme,
  ) => void
}

const pictures = import.meta.glob<{ readonly picture: Draw }>('../labs/*/picture.ts')

/** Runs the labs' previews one after the other in one worker, and again when somebody points at one. */
export class Previews {
  private readonly run = new Run()
  private readonly labs: readonly About[]
  private readonly show: (name: string, picture: Picture) => void
  private queue: Promise<void> = Promise.resolve()
  private closed = false
  private replaying = false

  constructor(labs: readonly About[], show: (name: string, picture: Picture) => void) {
    this.labs = labs
    this.show = show
  }

  /** All of them, once; after the page has been painted. */
  all(): Promise<void> {
    this.queue = this.queue.then(() => new Promise(resolve => setTimeout(resolve, 50)))
    for (const lab of this.labs) this.queue = this.queue.then(() => this.play(lab, 0)).catch(() => {})
    return this.queue
  }

  /** One again, slowly enough to be seen. */
  replay(name: string): void {
    if (this.replaying || matchMedia('(prefers-reduced-motion: reduce)').matches) return
    this.replaying = true
    const lab = this.labs.find(one => one.name === name)!
    this.queue = this.queue
      .then(() => this.play(lab, lab.preview.steps / 2))
      .catch(() => {})
      .finally(() => {
        this.replaying = false
      })
  }

  close(): void {
    this.closed = true
    this.run.close()
  }

  private async play(lab: About, speed: number): Promise<void> {
    const load = pictures[`../labs/${lab.name}/picture.ts`]
    if (!load) return
    const { picture } = await load()
    if (this.closed) return
    const own = { ...lab.preview.settings, steps: lab.preview.steps }
    // Until it has one of its own, the run still has the shot of the lab before.
    const before = this.run.shot.peek()
    const stop = effect(() => {
      const shot = this.run.shot.value
      const steps = this.run.step.value
      if (shot && shot !== before)
        this.show(lab.name, { steps, draw: (ctx, size, theme) => picture(ctx, size, shot, theme) })
    })
    try {
      this.run.start({
        lab: lab.name,
        settings: lab.options.validate(lab.name, own) as Readonly<Record<string, unknown>>,
        engine: 'wasm',
        source: null,
        opening: 0,
      })
      await this.run.idle()
      if (this.closed || this.run.state.value === 'failed') return
      this.run.play(speed)
      await this.run.idle()
    } finally {
      stop()
    }
  }
}
