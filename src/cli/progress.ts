import { green, type Output } from './io.ts'
import { type ProgressState, plainLine, terminalLine } from './progress-line.ts'

/** What the work tells of its progress. */
export interface ProgressSettings {
  /** How many steps there are. */
  readonly total: number
  /** What a step works through: `{ name: 'tok', perStep: 12 * 64 }` adds the speed in tokens per second. */
  readonly items?: { readonly name: string; readonly perStep: number }
}

/** Where and how the progress is written. */
export interface ProgressOutput {
  readonly out: Output
  /** Milliseconds of a clock that never goes back. */
  now(): number
  readonly color?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
}

/** The last known values by name; `undefined` leaves a value as it was. */
export type Metrics = Readonly<Record<string, number | undefined>>

const redrawEvery = 100
const lineEvery = 10_000
const timeOver = 10_000
const eraseLine = '\r\x1b[K'

/**
 * The progress of a long piece of work. On a terminal one line, redrawn at most ten times a second; elsewhere, and with `verbose`, plain
 * lines: at the first and the last step, at each evaluation, and every ten seconds (`verbose`: at every step). `quiet` writes nothing.
 */
export class Progress {
  readonly #settings: ProgressSettings
  readonly #output: ProgressOutput
  readonly #live: boolean
  readonly #metrics = new Map<string, number>()
  /** When recent steps ended, the oldest first: the speed is theirs, so that a slow first step is soon forgotten. */
  readonly #times: { step: number; time: number }[] = []
  #state: ProgressState | undefined
  #steppedAt = 0
  #writtenAt = -Infinity
  #written: ProgressState | undefined
  #done = false

  constructor(settings: ProgressSettings, output: ProgressOutput) {
    this.#settings = settings
    this.#output = output
    this.#live = output.out.isTTY === true && !output.verbose
  }

  /** A step has ended; steps count from 1. */
  update(step: number, metrics: Metrics = {}): void {
    const now = this.#output.now()
    const first = this.#state === undefined
    this.#steppedAt = now
    this.#time(step, now)
    this.#advance(step, metrics, now)
    if (this.#live) this.#redraw(now)
    else if (first || this.#output.verbose || now - this.#writtenAt >= lineEvery) this.#line(now)
  }

  /** An evaluation after this step has ended. Its time is not counted as a step's. */
  evaluated(step: number, metrics: Metrics): void {
    const now = this.#output.now()
    for (const entry of this.#times) entry.time += now - this.#steppedAt
    this.#steppedAt = now
    this.#advance(step, metrics, now)
    if (this.#live) this.#redraw(now)
    else this.#line(now)
  }

  /** Writes a message without disturbing the line. */
  note(message: string): void {
    if (this.#output.quiet) return
    const drawn = this.#live && this.#written !== undefined && !this.#done
    this.#output.out.write(`${drawn ? eraseLine : ''}${message}\n`)
    if (drawn) this.#draw(this.#writtenAt)
  }

  /** Shows the last step and ends the line. Further calls do nothing. */
  done(): void {
    if (this.#done) return
    if (this.#live && this.#state) {
      this.#draw(this.#output.now())
      this.#write('\n')
    } else if (this.#state && this.#written !== this.#state) this.#line(this.#output.now())
    this.#done = true
  }

  #time(step: number, now: number): void {
    const times = this.#times
    while (times.length > 1 && times[1]!.time <= now - timeOver) times.shift()
    const latest = times.at(-1)
    if (!latest || (step > latest.step && now - latest.time >= redrawEvery)) times.push({ step, time: now })
  }

  #advance(step: number, metrics: Metrics, now: number): void {
    for (const [name, value] of Object.entries(metrics)) if (value !== undefined) this.#metrics.set(name, value)
    const oldest = this.#times[0]
    this.#state = {
      step,
      total: this.#settings.total,
      msPerStep:
        oldest && step > oldest.step && now > oldest.time ? (now - oldest.time) / (step - oldest.step) : undefined,
      items: this.#settings.items,
      metrics: [...this.#metrics].sort(([a], [b]) => place(a) - place(b)),
    }
  }

  #redraw(now: number): void {
    if (now - this.#writtenAt >= redrawEvery) this.#draw(now)
  }

  #draw(now: number): void {
    const { out, color } = this.#output
    const paint = color ? (filled: string, open: string) => green(filled) + open : undefined
    this.#write(eraseLine + terminalLine(this.#state!, out.columns || 80, paint))
    this.#writtenAt = now
    this.#written = this.#state
  }

  #line(now: number): void {
    this.#write(`${plainLine(this.#state!)}\n`)
    this.#writtenAt = now
    this.#written = this.#state
  }

  #write(text: string): void {
    if (!this.#output.quiet && !this.#done) this.#output.out.write(text)
  }
}

/** The loss comes first, its value on held-out data second, the rest as they came. */
const place = (name: string): number => (name === 'loss' ? 0 : name === 'val' ? 1 : 2)
