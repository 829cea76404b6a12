import { GradusError, setEngine } from 'gradus'
import { Drive, type Driven } from './drive.ts'
import type { About, Core, Metrics, OutFile } from './lab.ts'
import type { FromWorker, Source, Told, ToWorker } from './protocol.ts'
import { readData } from './read-data.ts'

// The worker of a run: it loads a lab's core, and does steps in slices short enough to hear what the page says between them.

const cores = import.meta.glob<{ readonly core: Core }>('../labs/*/core.ts')
const abouts = import.meta.glob<{ readonly about: About }>('../labs/*/about.ts')

/** Milliseconds of work between two looks at what has been said. */
const slice = 12
/** At most about thirty snapshots a second. */
const between = 33

let run = -1
let sequence = 0
let drive: Drive | null = null
/** What the run does, as a program. */
let program: (() => OutFile) | null = null
/** Steps still to do; 0 is a pause. */
let left = 0
/** Steps a second; 0: as fast as it goes. */
let speed = 0
/** Whether steps of `drive` are being done: there is one loop for each run. */
let working = false
/** What was said to a run before it was ready; null where none is being made. */
let early: Exclude<ToWorker, { type: 'start' }>[] | null = null
let seen = true
let shownAt = Number.NEGATIVE_INFINITY
let shownStep = -1

const tell = (told: Told): void => postMessage({ ...told, run, sequence: sequence++ } satisfies FromWorker)
const sentence = (error: unknown): string =>
  error instanceof GradusError
    ? error.message
    : `Something went wrong in this lab: ${(error as Error)?.message ?? error}`

/** Lets messages in. Timers would wait four milliseconds. */
const breathe = (): Promise<void> =>
  new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

const show = async (force: boolean): Promise<void> => {
  if (!drive || drive.step === shownStep) return
  const now = performance.now()
  if (!force && (!seen || now - shownAt < between)) return
  const { step } = drive
  const mine = run
  // Settings that change while the shot is made set it back: then there is something new to be seen.
  shownStep = step
  const shot = await drive.run.shot()
  if (mine !== run) return
  seen = false
  shownAt = now
  tell({ type: 'snapshot', step, shot })
}

/** One slice of steps. Returns why the run stands still for good, or null. */
const oneSlice = async (mover: Drive): Promise<Driven['stop']> => {
  const end = performance.now() + slice
  const from = mover.step
  const rows: Metrics[] = []
  let stop: Driven['stop'] = null
  do {
    const driven = await mover.next()
    if (driven.metrics) rows.push(driven.metrics)
    stop = driven.stop
    if (drive === mover) left -= 1
  } while (stop === null && left > 0 && speed === 0 && drive === mover && performance.now() < end)
  if (rows.length > 0 && drive === mover) tell({ type: 'metrics', from, rows })
  return stop
}

/** Does the steps that are left, until there are none. What is said meanwhile is heard between slices. */
const work = async (): Promise<void> => {
  const mover = drive!
  let stop: Driven['stop'] = null
  working = true
  try {
    do {
      while (stop === null && left > 0 && drive === mover) {
        const began = performance.now()
        stop = await oneSlice(mover)
        if (drive !== mover) return
        if (stop === null && left > 0) await show(false)
        if (speed > 0 && stop === null) await rest(began + 1000 / speed)
        else await breathe()
      }
      if (drive !== mover) return
      await show(true)
      if (drive !== mover) return
      // While it was drawn, more steps may have been asked for, or settings changed.
    } while ((stop === null && left > 0) || shownStep !== mover.step)
    tell({ type: 'done', step: mover.step, stop: stop ?? 'paused' })
  } catch (error) {
    if (drive === mover) tell({ type: 'error', message: sentence(error) })
  } finally {
    if (drive === mover) {
      working = false
      left = 0
    }
  }
}

/** Waits until a time, or until it is told to pause. */
const rest = async (until: number): Promise<void> => {
  do await new Promise(resolve => setTimeout(resolve, Math.min(50, Math.max(0, until - performance.now()))))
  while (left > 0 && performance.now() < until)
}

/** What of somebody's own data is for a lab. */
const ownData = async (lab: string, source: Source | null) => {
  if (!source) return null
  const about = await abouts[`../labs/${lab}/about.ts`]?.()
  const kind = about?.about.data?.kind
  if (!kind) throw new GradusError('argument', `${source.name}: this lab takes no data of one's own.`)
  const { name, content } = source
  const bytes =
    typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(await content.arrayBuffer())
  return readData(kind, { name, bytes })
}

const start = async (message: Extract<ToWorker, { type: 'start' }>): Promise<void> => {
  run = message.run
  drive = null
  left = 0
  speed = message.play ? message.speed : 0
  working = false
  early = []
  seen = true
  shownStep = -1
  shownAt = Number.NEGATIVE_INFINITY
  try {
    const { engine, notes } = chooseEngine(message.engine)
    const load = cores[`../labs/${message.lab}/core.ts`]
    if (!load) throw new GradusError('argument', `There is no lab ${JSON.stringify(message.lab)}.`)
    const { core } = await load()
    const own = await ownData(message.lab, message.source)
    const made = await Drive.start(core, message.settings, own)
    if (message.run !== run) return
    drive = made
    // Programs take a text of one's own as their argument; a table they would not know.
    program =
      core.program && !own?.table
        ? () => ({
            name: `${message.lab}.ts`,
            type: 'text/typescript',
            bytes: new TextEncoder().encode(core.program!(made.settings)),
          })
        : null
    tell({ type: 'ready', engine, report: made.run.report ?? null, notes })
    left = message.play ? Number.POSITIVE_INFINITY : message.opening
    // The one loop of this run is begun below.
    working = true
    const said = early
    early = null
    for (const one of said) hear(made, one)
    await show(true)
    if (message.run !== run) return
    await work()
  } catch (error) {
    if (message.run !== run) return
    early = null
    working = false
    tell({ type: 'error', message: sentence(error) })
  }
}

const chooseEngine = (wanted: string): { engine: string; notes: string[] } => {
  if (wanted === 'reference' || typeof WebAssembly === 'object') {
    setEngine(wanted)
    return { engine: wanted, notes: [] }
  }
  setEngine('reference')
  return {
    engine: 'reference',
    notes: ['This browser has no WebAssembly: everything is computed by the reference engine, which is slow.'],
  }
}

const answer = async (id: number, make: () => Promise<unknown>): Promise<void> => {
  const mine = run
  try {
    const found = await make()
    if (mine === run) tell({ type: 'answer', id, answer: found })
  } catch (error) {
    if (mine === run) tell({ type: 'error', id, message: sentence(error) })
  }
}

/** The model, where there is one, and the program that makes it. */
const save = async (): Promise<readonly OutFile[]> => {
  const files = (await drive!.run.files?.()) ?? []
  return program ? [...files, program()] : files
}

const unable = (what: string) => async (): Promise<never> => {
  throw new GradusError('argument', `This lab has nothing to ${what}.`)
}

const go = (count: number): void => {
  left = count
  if (!working) void work()
}

/** Takes changed settings, and shows what they make of the run. */
const change = async (mover: Drive, settings: Readonly<Record<string, unknown>>): Promise<void> => {
  const mine = run
  try {
    mover.set(settings)
    shownStep = -1
    if (!working) await show(true)
  } catch (error) {
    if (mine === run) tell({ type: 'error', message: sentence(error) })
  }
}

/** What is said to a run that is there. */
const hear = (mover: Drive, message: Exclude<ToWorker, { type: 'start' }>): void => {
  const { run: lab } = mover
  switch (message.type) {
    case 'resume':
      speed = message.speed
      return go(Number.POSITIVE_INFINITY)
    case 'pause':
      left = 0
      return
    case 'step':
      speed = 0
      return go(message.count)
    case 'set':
      void change(mover, message.settings)
      return
    case 'seen':
      seen = true
      return
    case 'ask':
      void answer(message.id, () => (lab.ask ? lab.ask(message.question) : unable('ask')()))
      return
    case 'save':
      void answer(message.id, save)
      return
    case 'load':
      void answer(message.id, async () => {
        await (lab.load ? lab.load(message.files) : unable('load')())
        shownStep = -1
        if (!working) await show(true)
      })
      return
  }
}

self.onmessage = ({ data: message }: MessageEvent<ToWorker>): void => {
  if (message.type === 'start') void start(message)
  else if (message.run !== run) return
  else if (drive) hear(drive, message)
  else if (early) early.push(message)
  else if ('id' in message) tell({ type: 'error', id: message.id, message: 'The run could not be started.' })
}

// Held as long as this worker lives: whoever waits for it learns of its end, whatever ended it.
if ('locks' in navigator)
  void navigator.locks.request(self.name, () => {
    postMessage({ type: 'alive' })
    return new Promise<never>(() => {})
  })
