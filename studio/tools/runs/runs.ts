import { batch, type ReadonlySignal, signal } from '@preact/signals'
import { addLine, addPoint, type Curves, readCurves, WrongFile } from './curves.ts'
import type { Shown } from './export.ts'

// What the tool knows, apart from the page: the runs of the server, those of dropped files, and what has been read of them so far.

/** A run in the list; the server's words for it are in src/serve/runs-folder.ts. */
export interface RunInfo {
  readonly name: string
  readonly what: string | null
  readonly data: string | null
  readonly step: number | null
  readonly loss: number | null
  readonly validation: number | null
  readonly modified: number
  readonly live: boolean
  readonly metrics: boolean
  readonly events: boolean
  /** From a file that was dropped here. */
  readonly dropped?: boolean
}

/** Asks the server: `/NAME/metrics?from=0`. Rejects with a {@link ServerError} where it says no, and with any other where there is none. */
export type Ask = (path: string) => Promise<unknown>

/** What the server says of a request that it does not carry out. */
export class ServerError extends Error {}

/** Asks the server that serves this page, with an address such as `api/runs`. */
export const askAt =
  (base: string): Ask =>
  async path => {
    const answer = await fetch(`${base}${path}`)
    const json = /^application\/json/.test(answer.headers.get('content-type') ?? '')
    const document = json ? await answer.json() : null
    if (answer.ok && json) return document
    const message = (document as { error?: { message?: unknown } } | null)?.error?.message
    if (typeof message === 'string') throw new ServerError(message)
    throw new Error(`${base}${path} gives no JSON.`)
  }

/** Whether there is a server to ask: `gone` is one that has answered before. */
export type Server = 'asking' | 'there' | 'absent' | 'gone'

/** How far a run has been read. */
interface Reading {
  readonly metrics: Curves
  events: Curves
  next: number
  stamp: string | null
  eventStamp: string | null
}

interface MetricsPart {
  readonly lines: readonly string[]
  readonly next: number
  readonly stamp: string
  readonly reset: boolean
  readonly more: boolean
}

interface EventsPart {
  readonly stamp: string
  readonly scalars: Readonly<Record<string, { steps: readonly number[]; values: readonly (number | null)[] }>> | null
}

/** Between two looks at the list, in looks at the runs. */
const listEvery = 3

export class RunsTool {
  private readonly ask: Ask
  private readonly readings = new Map<string, Reading>()
  private readonly known = new Map<string, unknown>()
  private readonly servers = signal<Server>('asking')
  private readonly infos = signal<readonly RunInfo[]>([])
  private readonly drops = signal<readonly RunInfo[]>([])
  private readonly chosen = signal<ReadonlySet<string>>(new Set())
  private readonly versions = signal(0)
  private readonly complaints = signal<readonly string[]>([])
  private readonly folders = signal<string | null>(null)
  private looks = 0
  private looking = false

  constructor(ask: Ask, chosen: Iterable<string> = []) {
    this.ask = ask
    this.chosen.value = new Set(chosen)
  }

  get server(): ReadonlySignal<Server> {
    return this.servers
  }
  /** The folder that the server shows. */
  get folder(): ReadonlySignal<string | null> {
    return this.folders
  }
  get selected(): ReadonlySignal<ReadonlySet<string>> {
    return this.chosen
  }
  /** Sentences on files that could not be read, and on what the server refused. */
  get notes(): ReadonlySignal<readonly string[]> {
    return this.complaints
  }
  /** Grows with every point and setting that is read. */
  get version(): ReadonlySignal<number> {
    return this.versions
  }

  /** All runs: dropped files first. */
  list(): readonly RunInfo[] {
    return [...this.drops.value, ...this.infos.value]
  }

  /** The runs whose name, model or data has these words. */
  filtered(words: string): readonly RunInfo[] {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
    return this.list().filter(({ name, what, data }) => {
      const text = `${name} ${what ?? ''} ${data ?? ''}`.toLowerCase()
      return wanted.every(word => text.includes(word))
    })
  }

  choose(name: string, on: boolean): void {
    const next = new Set(this.chosen.value)
    if (on) next.add(name)
    else next.delete(name)
    this.chosen.value = next
  }

  /** The selected runs with what has been read of them, in the order of the list. */
  shown(): Shown {
    return this.list()
      .filter(({ name }) => this.chosen.value.has(name))
      .map(({ name }) => [name, this.curves(name)])
  }

  /** The settings of the selected runs: null where a run has none. */
  settings(): readonly (readonly [name: string, settings: unknown])[] {
    return this.shown().map(([name]) => [name, this.known.get(name) ?? null])
  }

  /** Looks for what is new: the list at first and then at every third time, and what the selected runs have measured since. */
  async look(): Promise<void> {
    if (this.looking || this.servers.value === 'absent') return
    this.looking = true
    try {
      if (this.looks++ % listEvery === 0 || this.servers.value !== 'there') await this.readList()
      for (const run of this.infos.value) if (this.chosen.value.has(run.name)) await this.readRun(run)
    } catch {
      this.servers.value = this.servers.value === 'asking' ? 'absent' : 'gone'
    } finally {
      this.looking = false
    }
  }

  /** Takes files that were dropped: each is a run of its own, selected at once. Wrong ones are told, and nothing else changes. */
  async drop(files: readonly { readonly name: string; readonly bytes: () => Promise<Uint8Array> }[]): Promise<void> {
    const notes: string[] = []
    for (const { name, bytes } of files) {
      try {
        const { curves, note } = await readCurves(name, await bytes())
        if (note !== null) notes.push(note)
        this.add(name, curves)
      } catch (error) {
        notes.push(error instanceof WrongFile ? error.message : `${name}: could not be read. Drop it again.`)
      }
    }
    this.complaints.value = notes
  }

  private add(file: string, curves: Curves): void {
    const taken = new Set(this.list().map(run => run.name))
    let name = file
    for (let i = 2; taken.has(name); i++) name = `${file} (${i})`
    this.readings.set(name, { metrics: curves, events: new Map(), next: 0, stamp: null, eventStamp: null })
    const ends = [...curves.values()].map(({ steps }) => steps.at(-1)!)
    const validation = curves.get('val/loss')?.values.filter(Number.isFinite) ?? []
    const info: RunInfo = {
      name,
      what: null,
      data: null,
      step: ends.reduce((a, b) => Math.max(a, b), 0),
      loss: (curves.get('train/loss') ?? curves.get('loss'))?.values.at(-1) ?? null,
      validation: validation.length === 0 ? null : validation.reduce((a, b) => Math.min(a, b)),
      modified: Date.now(),
      live: false,
      metrics: true,
      events: false,
      dropped: true,
    }
    batch(() => {
      this.drops.value = [...this.drops.value, info]
      this.choose(name, true)
      this.versions.value += 1
    })
  }

  private curves(name: string): Curves {
    const reading = this.readings.get(name)
    if (!reading) return new Map()
    // A run that writes both says the same in both.
    return reading.events.size === 0 ? reading.metrics : new Map([...reading.events, ...reading.metrics])
  }

  private async readList(): Promise<void> {
    const { runs, folder } = (await this.ask('')) as { readonly runs: readonly RunInfo[]; readonly folder: string }
    const names = new Set([...runs, ...this.drops.value].map(({ name }) => name))
    for (const name of this.readings.keys()) if (!names.has(name)) this.readings.delete(name)
    for (const name of this.known.keys()) if (!names.has(name)) this.known.delete(name)
    const first = this.servers.value === 'asking'
    const dropped = new Set(this.drops.value.map(({ name }) => name))
    batch(() => {
      this.infos.value = runs.filter(({ name }) => !dropped.has(name))
      this.folders.value = folder
      this.servers.value = 'there'
      // The page begins with something to see: what is going on, or what was last.
      if (first && this.chosen.value.size === 0) {
        const measured = runs.filter(({ metrics, events }) => metrics || events)
        const live = measured.filter(run => run.live)
        this.chosen.value = new Set((live.length > 0 ? live : measured.slice(0, 1)).map(({ name }) => name))
      }
    })
  }

  private async readRun({ name, metrics, events }: RunInfo): Promise<void> {
    let reading = this.readings.get(name)
    if (!reading) {
      reading = { metrics: new Map(), events: new Map(), next: 0, stamp: null, eventStamp: null }
      this.readings.set(name, reading)
    }
    const at = name === '.' ? '/.' : `/${name.split('/').map(encodeURIComponent).join('/')}`
    try {
      if (!this.known.has(name)) {
        const { settings } = (await this.ask(`${at}/settings`)) as { readonly settings: unknown }
        this.known.set(name, settings)
        this.versions.value += 1
      }
      if (metrics) await this.readMetrics(at, name, reading)
      if (events) await this.readEvents(at, reading)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (!this.known.has(name)) this.known.set(name, null)
      if (!this.complaints.value.includes(error.message)) {
        this.complaints.value = [...this.complaints.value, error.message].slice(-5)
      }
    }
  }

  private async readMetrics(at: string, name: string, reading: Reading): Promise<void> {
    for (let more = true; more; ) {
      const stamp = reading.stamp === null ? '' : `&stamp=${encodeURIComponent(reading.stamp)}`
      const part = (await this.ask(`${at}/metrics?from=${reading.next}${stamp}`)) as MetricsPart
      if (part.reset) {
        reading.metrics.clear()
        this.known.delete(name) // it may have been begun anew with other settings
      }
      for (const line of part.lines) addLine(reading.metrics, line)
      reading.next = part.next
      reading.stamp = part.stamp
      more = part.more
      if (part.lines.length > 0 || part.reset) this.versions.value += 1
    }
  }

  private async readEvents(at: string, reading: Reading): Promise<void> {
    const stamp = reading.eventStamp === null ? '' : `?stamp=${encodeURIComponent(reading.eventStamp)}`
    const part = (await this.ask(`${at}/events${stamp}`)) as EventsPart
    reading.eventStamp = part.stamp
    if (!part.scalars) return
    reading.events = new Map()
    for (const [tag, { steps, values }] of Object.entries(part.scalars)) {
      for (const [i, step] of steps.entries()) addPoint(reading.events, tag, step, values[i] ?? Number.NaN)
    }
    this.versions.value += 1
  }
}
