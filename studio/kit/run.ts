import { batch, type ReadonlySignal, signal } from '@preact/signals'
import type { DataReport, Metrics, OutFile, Shot } from './lab.ts'
import type { Stop } from './drive.ts'
import type { FromWorker, Source, ToWorker } from './protocol.ts'

/** What a run is doing: `starting`, `playing`, standing still at someone's wish or its end, or `failed` with a sentence. */
export type RunState = 'starting' | 'playing' | Stop | 'paused' | 'failed'

/** The metrics of all steps; a column may begin late, and is NaN before. */
export interface Series {
  readonly length: number
  readonly columns: Readonly<Record<string, readonly number[]>>
}

export interface StartOptions {
  readonly lab: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly engine: string
  readonly source: Source | null
  readonly opening: number
  /** Goes on by itself, at `speed` steps a second; 0, the default: as fast as it goes. */
  readonly play?: boolean
  readonly speed?: number
}

let runs = 0
let workers = 0

/** A run in its worker, as the page sees it. One worker serves all runs of a page, one after the other; a dead one is replaced at the next start. */
export class Run<X extends Shot = Shot> {
  private worker: Worker | null = null
  private id = -1
  private sequence = -1
  private readonly columns: Record<string, number[]> = {}
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  private questions = 0
  private readonly idlers: (() => void)[] = []
  private awaited = false
  /** Whether it plays as soon as it is ready. */
  private plays = false

  private readonly states = signal<RunState>('starting')
  private readonly shots = signal<X | null>(null)
  private readonly serieses = signal<Series>({ length: 0, columns: {} })
  private readonly steps = signal(0)
  private readonly errors = signal<string | null>(null)
  private readonly reports = signal<DataReport | null>(null)
  private readonly notices = signal<readonly string[]>([])
  private readonly engines = signal('')

  get state(): ReadonlySignal<RunState> {
    return this.states
  }
  /** What was last seen. */
  get shot(): ReadonlySignal<X | null> {
    return this.shots
  }
  get series(): ReadonlySignal<Series> {
    return this.serieses
  }
  /** Steps done. */
  get step(): ReadonlySignal<number> {
    return this.steps
  }
  /** One sentence about what went wrong, or null. */
  get error(): ReadonlySignal<string | null> {
    return this.errors
  }
  get report(): ReadonlySignal<DataReport | null> {
    return this.reports
  }
  get notes(): ReadonlySignal<readonly string[]> {
    return this.notices
  }
  get engine(): ReadonlySignal<string> {
    return this.engines
  }

  /** Begins anew; what ran before is given up. */
  start({ lab, settings, engine, source, opening, play = false, speed = 0 }: StartOptions): void {
    this.forget('The run was started anew.')
    for (const name of Object.keys(this.columns)) delete this.columns[name]
    this.id = ++runs
    this.sequence = -1
    this.awaited = false
    this.plays = play
    batch(() => {
      this.states.value = 'starting'
      this.serieses.value = { length: 0, columns: {} }
      this.steps.value = 0
      this.errors.value = null
    })
    this.worker ??= this.open()
    this.say({ type: 'start', run: this.id, lab, settings, engine, source, opening, play, speed })
  }

  /** Something is about to start: until then it is not idle. */
  expect(): void {
    this.states.value = 'starting'
  }

  play(speed: number): void {
    this.states.value = 'playing'
    this.say({ type: 'resume', run: this.id, speed })
  }
  pause(): void {
    this.say({ type: 'pause', run: this.id })
  }
  advance(count: number): void {
    this.states.value = 'playing'
    this.say({ type: 'step', run: this.id, count })
  }
  set(settings: Readonly<Record<string, unknown>>): void {
    // Perhaps the condition that it stopped at has changed: it may be tried again.
    const state = this.states.peek()
    if (state === 'steps' || state === 'target' || state === 'patience') this.states.value = 'paused'
    this.awaited = true
    this.say({ type: 'set', run: this.id, settings })
  }
  /** Asks the model something. Rejects with the sentence that says why there is no answer. */
  ask<T>(question: unknown): Promise<T> {
    return this.request(id => ({ type: 'ask', run: this.id, id, question }))
  }
  files(): Promise<readonly OutFile[]> {
    return this.request(id => ({ type: 'save', run: this.id, id }))
  }
  load(files: readonly OutFile[]): Promise<void> {
    return this.request(id => ({ type: 'load', run: this.id, id, files }))
  }

  /** Waits until it stands still and everything asked has been answered. */
  idle(): Promise<void> {
    return new Promise(resolve => {
      this.idlers.push(resolve)
      this.settle()
    })
  }

  /** Ends the worker. */
  close(): void {
    this.worker?.terminate()
    this.worker = null
    this.forget('The lab was closed.')
  }

  private say(message: ToWorker): void {
    this.worker?.postMessage(message)
  }

  private request<T>(make: (id: number) => ToWorker): Promise<T> {
    const id = ++this.questions
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.say(make(id))
    })
  }

  private open(): Worker {
    const name = `gradus-${Date.now().toString(36)}-${++workers}`
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name })
    worker.onmessage = ({ data }: MessageEvent<FromWorker | { readonly type: 'alive' }>) => {
      if (data.type === 'alive') this.watch(worker, name)
      else if (data.run === this.id && data.sequence > this.sequence) {
        this.sequence = data.sequence
        this.hear(data)
      }
    }
    worker.onerror = event => {
      event.preventDefault()
      this.died(worker, event.message)
    }
    return worker
  }

  /** The worker holds a lock while it lives; who gets it learns that it has died. */
  private watch(worker: Worker, name: string): void {
    void navigator.locks.request(name, () => this.died(worker))
  }

  private died(worker: Worker, why = ''): void {
    if (worker !== this.worker) return
    worker.terminate()
    this.worker = null
    const cause = why === '' ? 'has died, perhaps for want of memory' : `has failed: ${why}`
    this.fail(`The worker that computes this lab ${cause}. Press Reset to start anew.`)
  }

  private fail(sentence: string): void {
    batch(() => {
      this.errors.value = sentence
      this.states.value = 'failed'
    })
    this.awaited = false
    this.forget(sentence)
    this.settle()
  }

  private forget(why: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(why))
    this.waiting.clear()
  }

  private hear(told: FromWorker): void {
    switch (told.type) {
      case 'ready':
        batch(() => {
          this.engines.value = told.engine
          this.reports.value = told.report
          this.notices.value = told.notes
          if (this.plays && this.states.value === 'starting') this.states.value = 'playing'
        })
        return
      case 'metrics':
        return this.append(told.from, told.rows)
      case 'snapshot':
        this.awaited = false
        batch(() => {
          this.shots.value = told.shot as X
          this.steps.value = told.step
        })
        // The next one may come when this one is on the screen.
        requestAnimationFrame(() => this.say({ type: 'seen', run: told.run }))
        return this.settle()
      case 'done':
        batch(() => {
          this.states.value = told.stop
          this.steps.value = told.step
        })
        return this.settle()
      case 'answer':
        this.waiting.get(told.id)?.resolve(told.answer)
        this.waiting.delete(told.id)
        return this.settle()
      case 'error':
        if (told.id === undefined) return this.fail(told.message)
        this.waiting.get(told.id)?.reject(new Error(told.message))
        this.waiting.delete(told.id)
        return this.settle()
    }
  }

  private append(from: number, rows: readonly Metrics[]): void {
    for (const [i, row] of rows.entries()) {
      for (const [name, value] of Object.entries(row)) {
        this.columns[name] ??= []
        const column = this.columns[name]
        while (column.length < from + i) column.push(Number.NaN)
        column.push(value)
      }
    }
    this.serieses.value = { length: from + rows.length, columns: this.columns }
  }

  /** Whether it stands still and everything asked has been answered. */
  get settled(): boolean {
    const state = this.states.peek()
    return state !== 'starting' && state !== 'playing' && this.waiting.size === 0 && !this.awaited
  }

  private settle(): void {
    if (!this.settled) return
    for (const resolve of this.idlers.splice(0)) resolve()
  }
}
