import { batch, effect, type Signal, signal } from '@preact/signals'
import { readScene, writeScene } from './address.ts'
import type { About, Common, OutFile, Shot } from './lab.ts'
import type { Source } from './protocol.ts'
import { Run, type Series } from './run.ts'

type Settings = Readonly<Record<string, unknown>>

/** A run that is kept to compare others with. */
export interface Pinned {
  readonly name: string
  readonly settings: Settings
  readonly step: number
  readonly series: Series
  /** Of what was last seen, the numbers alone: pictures would hold much memory. */
  readonly facts: Shot['facts']
}

/** One visit to a lab: its settings, its data and its run. The address follows the settings. */
export class Session<S extends object = Settings, X extends Shot = Shot> {
  readonly about: About
  readonly run: Run<X>
  readonly settings: Signal<S>
  readonly source = signal<Source | null>(null)
  /** What was wrong with data or a model that was given, in a sentence. */
  readonly complaint = signal<string | null>(null)
  readonly complaints: readonly string[]
  readonly hide: ReadonlySet<string>
  readonly engine: string
  /** Steps that the address asks to be done first. */
  private readonly asked: number | null
  /** Steps a second; 0: as fast as it goes. */
  readonly speed = signal(0)
  readonly pinned = signal<readonly Pinned[]>([])
  private pins = 0
  private waiting = 0
  /** Whether the run that is being started is to play. */
  private plays = false
  private readonly stopWatching: () => void

  constructor(about: About, query: URLSearchParams) {
    const scene = readScene(about, query)
    this.about = about
    this.settings = signal(scene.settings as S)
    this.hide = scene.hide
    this.engine = scene.engine
    this.asked = scene.opening
    this.complaints = scene.complaints
    this.run = new Run<X>()
    this.begin(scene.play)
    this.stopWatching = effect(() => {
      // Data that cannot be used are told of and given up; the lab goes on with what it had.
      const source = this.source.peek()
      if (this.run.state.value !== 'failed' || this.run.step.peek() > 0) return
      if (source === null || source === this.accepted) return
      this.complaint.value = this.run.error.value
      this.source.value = this.accepted
      queueMicrotask(() => this.begin(false))
    })
    effect(() => {
      if (this.run.state.value !== 'starting' && this.run.state.value !== 'failed') this.accepted = this.source.peek()
    })
  }

  private accepted: Source | null = null

  get playing(): boolean {
    return this.run.state.value === 'playing'
  }

  /** Changes settings: those that a run takes while it goes on reach it, others start it anew. */
  change(patch: Partial<S>): void {
    const before = this.settings.peek()
    const after = { ...before, ...patch }
    if (JSON.stringify(before) === JSON.stringify(after)) return
    this.settings.value = after
    this.write()
    const live: readonly string[] = [...(this.about.live ?? []), 'steps', 'target', 'patience']
    const state = this.run.state.peek()
    const anew = state === 'failed' || Object.keys(patch).some(key => !live.includes(key))
    if (!anew) return this.run.set(after as Settings)
    // A slider on its way changes often: one start for each picture is enough. What played goes on playing.
    const plays = state === 'playing' || (state === 'starting' && this.plays)
    this.plays = plays
    cancelAnimationFrame(this.waiting)
    this.run.expect()
    this.waiting = requestAnimationFrame(() => this.begin(plays))
  }

  /** Goes to a named scene: every other setting is as it is at the start of the lab. */
  preset(name: string): void {
    const { name: lab, options, presets } = this.about
    const none = Object.fromEntries(options.fields.map(({ key }) => [key, undefined]))
    this.change({ ...none, ...options.validate(lab, {}), ...presets[name] } as unknown as Partial<S>)
  }

  /** Takes somebody's own data; null goes back to the lab's. */
  give(source: Source | null): void {
    batch(() => {
      this.complaint.value = null
      this.source.value = source
    })
    this.begin(false)
  }

  /** Takes a model's files. */
  async load(files: readonly OutFile[]): Promise<void> {
    this.complaint.value = null
    try {
      await this.run.load(files)
    } catch (error) {
      this.complaint.value = (error as Error).message
    }
  }

  reset(): void {
    this.begin(false)
  }
  toggle(): void {
    if (this.playing) this.run.pause()
    else this.run.play(this.speed.peek())
  }
  setSpeed(speed: number): void {
    this.speed.value = speed
    if (this.playing) this.run.play(speed)
  }

  /** Keeps the run as it is now. */
  pin(): void {
    const { series, shot, step } = this.run
    if (!shot.peek()) return
    const columns = Object.entries(series.peek().columns).map(([name, column]) => [name, [...column]])
    this.pinned.value = [
      ...this.pinned.peek(),
      {
        name: `run ${++this.pins}`,
        settings: this.settings.peek() as Settings,
        step: step.peek(),
        series: { length: series.peek().length, columns: Object.fromEntries(columns) },
        facts: shot.peek()!.facts,
      },
    ]
  }
  unpin(name: string): void {
    this.pinned.value = this.pinned.peek().filter(one => one.name !== name)
  }

  close(): void {
    cancelAnimationFrame(this.waiting)
    this.stopWatching()
    this.run.close()
  }

  /** The address of this scene, relative to the page. */
  get address(): string {
    const { about, hide, engine, asked: opening } = this
    return writeScene(about, { settings: this.settings.value as Settings, hide, engine, opening })
  }

  private write(): void {
    history.replaceState(null, '', this.address)
  }

  private begin(play: boolean): void {
    cancelAnimationFrame(this.waiting)
    this.plays = play
    this.run.start({
      lab: this.about.name,
      settings: this.settings.peek() as Settings,
      engine: this.engine,
      source: this.source.peek(),
      opening: this.asked ?? this.about.opening ?? 0,
      play,
      speed: this.speed.peek(),
    })
  }
}

/** The settings that stop a run. */
export const commonOf = (settings: object): Common => settings as Common
