import { type FileHandle, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '../core/errors.ts'
import { joinEvents, readEvents } from '../io/tensorboard-events.ts'
import { checkName, confined, openConfined, Refusal } from './confined.ts'

/** One run as the list shows it. */
export interface RunSummary {
  /** Its path below the runs folder: `bard`, `french/large`; `.` is the folder itself. */
  readonly name: string
  /** Its path as a command takes it. */
  readonly path: string
  /** The kind of its model, such as `gpt2` or `ridge`, where its files tell. */
  readonly what: string | null
  /** What it learned from, where its files tell. */
  readonly data: string | null
  readonly step: number | null
  readonly loss: number | null
  /** The best loss on held-out data. */
  readonly validation: number | null
  /** When a file of it last changed, in milliseconds since 1970. */
  readonly modified: number
  /** Whether that was in the last ten seconds. */
  readonly live: boolean
  readonly metrics: boolean
  readonly events: boolean
}

export interface MetricsPart {
  /** Whole lines of metrics.jsonl. */
  readonly lines: readonly string[]
  /** The byte to go on from. */
  readonly next: number
  /** Names the file: a run that is begun anew, or goes on from a checkpoint, writes another. */
  readonly stamp: string
  /** What was read before no longer holds: these lines are the first. */
  readonly reset: boolean
  /** Whether more is there already. */
  readonly more: boolean
}

export interface EventsPart {
  readonly stamp: string
  /** Null: nothing has changed since the stamp that was given. Values that are no finite numbers are null. */
  readonly scalars: Readonly<Record<string, { readonly steps: number[]; readonly values: (number | null)[] }>> | null
}

const maxDepth = 3
const maxRuns = 2000
const partBytes = 4 * 2 ** 20
const maxEventBytes = 64 * 2 ** 20
const liveMs = 10_000
const metricsFile = 'metrics.jsonl'
const isEvents = (name: string): boolean => /^events\.out\.tfevents\./.test(name)
/** Folders in which no run is. */
const passed = /^(\.|checkpoint-\d|report$|node_modules$)/

interface Found {
  readonly names: readonly string[]
  readonly files: readonly string[]
}

/** What has been read of a run's metrics so far. */
interface Scan {
  stamp: string
  next: number
  step: number | null
  loss: number | null
  validation: number | null
}

/** The runs below a folder, read and never written. Nothing outside the folder is read, whatever names and links say. */
export class RunsFolder {
  readonly path: string
  private readonly scans = new Map<string, Scan>()

  constructor(path: string) {
    this.path = path
  }

  /** All runs, those that changed last first. A folder that is missing has none. */
  async list(): Promise<RunSummary[]> {
    const found = await this.find([])
    const runs: RunSummary[] = []
    for (const run of found) {
      const summary = await this.summary(run).catch(() => null) // a run that is being removed
      if (summary) runs.push(summary)
    }
    const names = new Set(runs.map(({ name }) => name))
    for (const name of this.scans.keys()) if (!names.has(name)) this.scans.delete(name)
    return runs.sort((a, b) => b.modified - a.modified)
  }

  /** The lines of a run's metrics from a byte on, at most 4 MB of them. */
  async metrics(name: string, from = 0, stamp: string | null = null): Promise<MetricsPart> {
    const file = await openConfined(this.path, [...runNames(name), metricsFile])
    try {
      return await readPart(file, from, stamp)
    } finally {
      await file.close()
    }
  }

  /** What a run was told to do: its train.json, or null where it has none. */
  async settings(name: string): Promise<unknown> {
    const names = runNames(name)
    await confined(this.path, names)
    return this.json(names, 'train.json')
  }

  /** The curves in a run's TensorBoard files. */
  async events(name: string, stamp: string | null = null): Promise<EventsPart> {
    const names = runNames(name)
    const folder = await confined(this.path, names)
    const eventFiles = (await readdir(folder)).filter(isEvents).sort()
    if (eventFiles.length === 0) throw new Refusal(404, `${name}: has no TensorBoard files.`)
    const files = await Promise.all(eventFiles.map(file => openConfined(this.path, [...names, file])))
    try {
      const stats = await Promise.all(files.map(file => file.stat()))
      const now = stats.map(({ ino, size, mtimeMs }) => `${ino}-${size}-${Math.trunc(mtimeMs)}`).join('.')
      if (now === stamp) return { stamp: now, scalars: null }
      const total = stats.reduce((sum, { size }) => sum + size, 0)
      if (total > maxEventBytes) {
        throw new Refusal(
          413,
          `${name}: has ${Math.round(total / 1e6)} MB of TensorBoard files, and at most ${Math.round(maxEventBytes / 1e6)} are read here. Open it in TensorBoard.`,
        )
      }
      const read = []
      for (const [i, file] of files.entries()) {
        const bytes = new Uint8Array(await file.readFile())
        read.push(readEvents(bytes, { where: `${name}/${eventFiles[i]}`, unfinished: true }))
      }
      const scalars: Record<string, { steps: number[]; values: (number | null)[] }> = Object.create(null)
      for (const { tag, step, value } of joinEvents(read)) {
        scalars[tag] ??= { steps: [], values: [] }
        scalars[tag].steps.push(step)
        scalars[tag].values.push(Number.isFinite(value) ? value : null)
      }
      return { stamp: now, scalars }
    } catch (error) {
      throw error instanceof FormatError ? new Refusal(422, error.message) : error
    } finally {
      await Promise.all(files.map(file => file.close()))
    }
  }

  /** Folders that hold a run, without following links. */
  private async find(names: readonly string[]): Promise<Found[]> {
    const entries = await readdir(join(this.path, ...names), { withFileTypes: true }).catch(() => [])
    const files = entries.filter(entry => entry.isFile()).map(({ name }) => name)
    const found: Found[] = []
    if (files.some(name => name === metricsFile || name === 'train.json' || isEvents(name))) {
      found.push({ names, files })
    }
    for (const entry of entries) {
      if (!entry.isDirectory() || passed.test(entry.name) || names.length >= maxDepth) continue
      if (found.length < maxRuns) found.push(...(await this.find([...names, entry.name])))
    }
    return found.slice(0, maxRuns)
  }

  private async summary({ names, files }: Found): Promise<RunSummary> {
    const name = names.join('/') || '.'
    const shown = files.filter(file => file === metricsFile || file.endsWith('.json') || isEvents(file))
    const times = await Promise.all(
      shown.map(async file => {
        const handle = await openConfined(this.path, [...names, file])
        return (await handle.stat().finally(() => handle.close())).mtimeMs
      }),
    )
    const modified = Math.trunc(Math.max(...times))
    const has = files.includes(metricsFile)
    const scan = has ? await this.scan(name) : null
    const [train, config, estimator] = await Promise.all(
      ['train.json', 'config.json', 'estimator.json'].map(file =>
        files.includes(file) ? this.json(names, file).catch(() => null) : null,
      ),
    )
    const word = (document: unknown, key: string): string | null => {
      const value = (document as Record<string, unknown> | null)?.[key]
      const first = Array.isArray(value) && value.length === 1 ? value[0] : value
      return typeof first === 'string' ? first : Array.isArray(first) ? first.map(String).join(', ') : null
    }
    return {
      name,
      path: join(this.path, ...names),
      what: word(estimator, 'estimator') ?? word(config, 'model_type') ?? word(config, 'architectures'),
      data: word(train, 'data'),
      step: scan?.step ?? null,
      loss: scan?.loss ?? null,
      validation: scan?.validation ?? null,
      modified,
      live: Date.now() - modified < liveMs,
      metrics: has,
      events: files.some(isEvents),
    }
  }

  /** Reads on where the last look at a run's metrics ended. */
  private async scan(name: string): Promise<Scan> {
    const begun: Scan = { stamp: '', next: 0, step: null, loss: null, validation: null }
    let scan = this.scans.get(name) ?? begun
    for (let more = true; more; ) {
      const part = await this.metrics(name, scan.next, scan.stamp || null)
      if (part.reset) scan = { ...begun }
      for (const line of part.lines) take(scan, line)
      scan.next = part.next
      scan.stamp = part.stamp
      more = part.more
    }
    this.scans.set(name, scan)
    return scan
  }

  private async json(names: readonly string[], name: string): Promise<unknown> {
    const file = await openConfined(this.path, [...names, name]).catch(error => {
      if (error instanceof Refusal && error.status === 404) return null
      throw error
    })
    if (!file) return null
    try {
      const { size } = await file.stat()
      if (size > partBytes) throw new Refusal(413, `${names.join('/')}/${name}: is too large to be shown.`)
      return JSON.parse(await file.readFile('utf8'))
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw new Refusal(422, `${names.join('/')}/${name}: is not valid JSON.`)
    } finally {
      await file.close()
    }
  }
}

const runNames = (name: string): string[] => {
  if (name === '.') return []
  const names = name.split('/')
  names.forEach(checkName)
  if (names.length > maxDepth) throw new Refusal(404, `There is no run ${JSON.stringify(name.slice(0, 80))}.`)
  return names
}

const newline = 10

const readPart = async (file: FileHandle, from: number, stamp: string | null): Promise<MetricsPart> => {
  const { size, ino, birthtimeMs } = await file.stat()
  const own = `${ino}-${Math.trunc(birthtimeMs)}`
  const before = new Uint8Array(1)
  const follows =
    from === 0 || (from <= size && (await file.read(before, 0, 1, from - 1)).bytesRead === 1 && before[0] === newline)
  const reset = !follows || (stamp !== null && stamp !== own)
  const start = reset ? 0 : from
  const buffer = new Uint8Array(Math.min(partBytes, size - start))
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
  const end = buffer.subarray(0, bytesRead).lastIndexOf(newline) + 1
  if (end === 0 && bytesRead === partBytes) {
    throw new Refusal(422, `${metricsFile}: has a line longer than 4 MB at byte ${start}, which is no line of metrics.`)
  }
  const lines = new TextDecoder().decode(buffer.subarray(0, end)).split('\n').filter(Boolean)
  return { lines, next: start + end, stamp: own, reset, more: end > 0 && bytesRead === partBytes }
}

/** Takes one line into account; one that makes no sense is passed over. */
const take = (scan: Scan, line: string): void => {
  let found: { type?: unknown; step?: unknown; loss?: unknown } | null
  try {
    found = JSON.parse(line)
  } catch {
    return
  }
  const { type, step, loss } = found ?? {}
  if (typeof step === 'number') scan.step = step
  if (type === 'step') scan.loss = typeof loss === 'number' ? loss : null
  if (type === 'eval' && typeof loss === 'number') scan.validation = Math.min(scan.validation ?? loss, loss)
}
