import { readdir, readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { ArgumentError, DataError, DivergedError, ShapeError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { type Declaration, defineOptions, type Options, type Rule, text } from '../core/options.ts'
import { setEngine } from '../engine/engine.ts'
import { fileCause } from '../io/atomic.ts'
import { type Command, type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'

// Labs of the studio, run here as its page runs them. They are built apart, against the built library (tsconfig.labs.json), so that what
// follows says which part of studio/kit/lab.ts and drive.ts is used.

const built = new URL('../studio/node/', import.meta.url)

interface About {
  readonly name: string
  readonly title: string
  readonly sentence: string
  readonly topic: string
  readonly order: number
  readonly options: Options
  readonly presets: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly data?: { readonly kind: 'table' | 'text'; readonly help: string }
  /** A run that grows without bound is an answer here, not an accident. */
  readonly divergence?: 'answer'
}

interface Report {
  readonly name: string
  readonly used: number
  readonly unit: string
  readonly dropped: readonly { readonly count: number; readonly why: string }[]
  readonly notes: readonly string[]
}

type Settings = Readonly<Record<string, unknown>>

interface Drive {
  readonly step: number
  readonly run: { shot(): Promise<{ readonly facts: Settings }>; readonly report?: Report }
  next(): Promise<{ readonly metrics: Readonly<Record<string, number>> | null; readonly stop: string | null }>
}

/** The module of a lab or of what labs share. */
const load = <T>(path: string): Promise<T> => import(new URL(path, built).href) as Promise<T>

/** Every lab that was built, in the order of the start page. */
const readAbouts = async (): Promise<About[]> => {
  const names = await readdir(new URL('labs/', built)).catch(() => [])
  const modules = await Promise.all(names.map(name => load<{ readonly about: About }>(`labs/${name}/about.js`)))
  return modules.map(({ about }) => about).sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1))
}

/** `lab` and a command for every lab: `lab mlp`. */
export const labCommands = async (): Promise<Command[]> => {
  const abouts = await readAbouts()
  return [labCommand(abouts), ...abouts.map(commandOf)]
}

/** Lists the labs; what it is given is no lab's name, as those have commands of their own. */
export const labCommand = (abouts: readonly About[] = []): Command =>
  defineCommand({
    name: 'lab',
    summary: 'list the labs of the studio, or run one as its page does: lab NAME',
    examples: ['gradus lab', ...(abouts.length > 0 ? abouts.map(lineOf) : ['gradus lab mlp --steps 200 --seed 3'])],
    options: defineOptions({ name: text({ placeholder: 'NAME', help: 'the lab to run; gradus lab lists them' }) }),
    positionals: ['name'],
    run: async ({ options, result }) => {
      if (abouts.length === 0) {
        throw new DataError('lab: this package was built without labs. Run npm run build in a checkout of Gradus.')
      }
      if (options.name !== undefined) throw unknownLab(options.name, abouts)
      const width = Math.max(...abouts.map(({ name }) => name.length))
      const lines = abouts.map(({ name, title, sentence }) => `${name.padEnd(width)}  ${title}: ${sentence}`)
      const labs = abouts.map(about => ({
        name: about.name,
        title: about.title,
        sentence: about.sentence,
        topic: about.topic,
        command: lineOf(about),
      }))
      result(
        { labs },
        [...lines, '', 'Run one with gradus lab NAME; gradus lab NAME --help shows its settings.'].join('\n'),
      )
    },
  })

const lineOf = ({ name }: About): string => `gradus lab ${name}`

const unknownLab = (name: string, abouts: readonly About[]): UsageError => {
  const names = abouts.map(about => about.name)
  const near = nearest(name, names)
  const hint = near === undefined ? `The labs are ${names.join(', ')}.` : `Did you mean gradus lab ${near}?`
  return new UsageError(`lab: there is no lab ${JSON.stringify(name)}.`, hint)
}

const commandOf = (about: About): Command => {
  const { name, options, data, presets } = about
  return defineCommand({
    name: `lab ${name}`,
    summary: `${about.title}: ${about.sentence}`.replace(/\.$/, ''),
    examples: [
      `gradus lab ${name}`,
      `gradus lab ${name} --seed 3 --json`,
      ...(data ? [`gradus lab ${name} --data mine.${data.kind === 'table' ? 'csv' : 'txt'}`] : []),
    ],
    options: defineOptions(declarationOf(about)),
    presets: Object.fromEntries(Object.entries(presets).map(([scene, values]) => [slug(scene), values])) as never,
    run: (context: Context<Settings>) => run(about, context, settingsOf(options, context.options, data !== undefined)),
  } as never)
}

/** A scene's name as it is typed: `XOR, 4 units` is `xor-4-units`. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')

/** The lab's settings, and the file of one's own where it takes one. A setting called `data` takes both its choices and a file. */
const declarationOf = ({ options, data }: About): Declaration => {
  const settings = Object.fromEntries(
    Object.entries(options.declaration).map(([key, rule]) => [key, 'kind' in rule ? emptied(rule) : rule]),
  )
  if (!data) return settings
  const own = options.declaration.data as Rule | undefined
  const file = own
    ? text({
        default: String(own.default),
        placeholder: 'NAME|FILE',
        help: `${own.help} (${own.expected}), or a file of your own: ${data.help}`,
      })
    : text({ placeholder: 'FILE', help: `your own data: ${data.help}` })
  return { ...settings, data: file }
}

/** A list that is given as nothing (`--hidden=`) has no items. */
const emptied = (rule: Rule): Rule =>
  rule.kind === 'list' ? { ...rule, fromText: word => (word === '' ? [] : rule.fromText(word)) } : rule

interface Given {
  readonly settings: Settings
  /** The path of one's own data. */
  readonly file: string | null
}

const settingsOf = (options: Options, values: Settings, takesData: boolean): Given => {
  if (!takesData || values.data === undefined) return { settings: values, file: null }
  const { data, ...settings } = values
  const own = options.declaration.data as Rule | undefined
  if (!own) return { settings, file: String(data) }
  if (own.accepts(data)) return { settings: values, file: null }
  return { settings: { ...values, data: own.default }, file: String(data) }
}

const run = async (about: About, context: Context<Settings>, { settings, file }: Given): Promise<void> => {
  const { note, event, result } = context
  // The page's engine, so that the same seed gives the same numbers.
  if (!context.io.env.GRADUS_ENGINE) setEngine('wasm')
  note(`seed ${settings.seed}`)
  const signal = context.stopSignal()
  const drive = await start(about, context, { settings, file })
  for (const line of reportLines(drive.run.report)) note(line)
  const line = context.progress({ total: Number(settings.steps) })
  let stop: string | null = null
  let breathedAt = performance.now()
  while (stop === null && !signal.aborted) {
    const { metrics, ...now } = await drive.next()
    stop = now.stop
    if (metrics) {
      line.update(drive.step, metrics)
      event({ type: 'step', step: drive.step, ...metrics })
    }
    if (performance.now() - breathedAt < 20) continue
    await setImmediate() // so that Ctrl-C is heard
    breathedAt = performance.now()
  }
  line.done()
  const { facts } = await drive.run.shot()
  note(reasons[stop ?? 'interrupted']?.(drive.step) ?? `stopped: ${stop}`)
  result({ type: 'done', step: drive.step, stop: stop ?? 'interrupted', facts }, factLines(facts).join('\n'))
  if (stop === 'diverged' && about.divergence !== 'answer') {
    throw new DivergedError(
      `lab ${about.name}: the loss is no finite number any more after step ${drive.step}. Lower the learning rate, or change another setting.`,
      { step: drive.step },
    )
  }
}

const reasons: Readonly<Record<string, (step: number) => string>> = {
  steps: step => `stopped after ${step} steps, as many as were asked for`,
  target: step => `stopped after step ${step}: the loss is no longer above the target`,
  patience: step => `stopped after step ${step}: the loss has not become smaller for as many steps as patience says`,
  ended: step => `ended after step ${step}: there is nothing left to do`,
  diverged: step => `diverged at step ${step}`,
  interrupted: step => `stopped after step ${step}`,
}

const start = async (about: About, { io }: Context<Settings>, { settings, file }: Given): Promise<Drive> => {
  const [{ core }, { Drive }, { readData }] = await Promise.all([
    load<{ readonly core: unknown }>(`labs/${about.name}/core.js`),
    load<{ readonly Drive: { start(core: unknown, settings: Settings, own: unknown): Promise<Drive> } }>(
      'kit/drive.js',
    ),
    load<{ readData(kind: string, raw: { readonly name: string; readonly bytes: Uint8Array }): Promise<unknown> }>(
      'kit/read-data.js',
    ),
  ])
  const own =
    file === null || !about.data
      ? null
      : await readData(about.data.kind, {
          name: file === '-' ? 'standard input' : basename(file),
          bytes: await bytesOf(file, about, io),
        })
  try {
    return await Drive.start(core, settings, own)
  } catch (error) {
    if (!(error instanceof ArgumentError || error instanceof ShapeError)) throw error
    throw file === null
      ? new UsageError(`lab ${about.name}: ${error.message}`)
      : new DataError(`${file}: ${error.message}`, error.details, error)
  }
}

const bytesOf = async (file: string, { options }: About, io: Context<Settings>['io']): Promise<Uint8Array> => {
  try {
    return new Uint8Array(file === '-' ? await buffer(io.stdin()) : await readFile(resolve(io.cwd, file)))
  } catch (error) {
    const { cause, remedy } = fileCause(error)
    const own = options.declaration.data as Rule | undefined
    const choices = own ? ` It is not ${own.expected} either.` : ''
    throw new DataError(`${file}: could not be read: ${cause}.${choices} ${remedy}`, { path: file }, error)
  }
}

const reportLines = (report: Report | undefined): string[] => {
  if (!report) return []
  const { name, used, unit, dropped, notes } = report
  return [
    `${name}: ${used.toLocaleString('en')} ${unit} used`,
    ...dropped.map(({ count, why }) => `${count.toLocaleString('en')} left out: ${why}`),
    ...notes,
  ]
}

/** What was found, a line each. */
const factLines = (facts: Settings): string[] =>
  Object.entries(facts).map(([name, value]) => `${name}: ${typeof value === 'string' ? value : shortened(value)}`)

const longest = 8

/** A value as JSON writes it, with the beginning of long arrays only. */
export const shortened = (value: unknown): string => {
  if (Array.isArray(value)) {
    const items = value.slice(0, longest).map(shortened)
    const rest = value.length > longest ? [`… ${value.length} in all`] : []
    return `[${[...items, ...rest].join(', ')}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value)
  const entries = Object.entries(value)
  const shown = entries.slice(0, longest).map(([key, inner]) => `${key}: ${shortened(inner)}`)
  const rest = entries.length > longest ? [`… ${entries.length} in all`] : []
  return `{ ${[...shown, ...rest].join(', ')} }`
}
