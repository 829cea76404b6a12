// npm run bench -- NAME [--rounds 9] [--steps 20] [--json], or -- all --json, and then npm run docs:bench
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { contest, sidesOf } from './contest.mjs'
import { contests } from './contests.mjs'
import { findPython } from './process.mjs'
import { caseText, machineText, versionsText } from './result.mjs'

// Gradus alone. Each exports `summary`, `options` and `run`.
const alone = ['csv', 'generate', 'learn', 'memory', 'scan', 'small', 'studio', 'tokenizers', 'weights', 'word2vec']
const load = name => import(`./${name}.mjs`)

const contestOptions = {
  rounds: { help: 'rounds, in each of which everybody has a turn' },
  steps: { help: 'steps in a turn' },
  warmup: { help: 'untimed steps before the first round' },
  limit: { help: 'ms after which a turn begins no further step' },
  threads: { default: '1,2', help: "PyTorch's numbers of threads; Gradus's is GRADUS_THREADS" },
}
const common = {
  json: { type: 'boolean', help: 'write the numbers to bench/results, for npm run docs:bench' },
  help: { type: 'boolean', short: 'h', help: 'show this' },
}

const usage = async () => {
  const optionLines = options =>
    Object.entries(options).map(([name, o]) => `    --${name.padEnd(9)} ${o.help}${o.default ? ` (${o.default})` : ''}`)
  const settings = s =>
    Object.entries(s)
      .map(([k, v]) => `${k} ${v}`)
      .join(', ')
  const lines = ['usage: npm run bench -- WORKLOAD [OPTIONS]', '']
  for (const name of contests) {
    const { workload } = await load(name)
    lines.push(`  ${name}: ${workload.summary} (${settings(workload.settings)})`)
  }
  lines.push('  all: each of these', ...optionLines(contestOptions), '')
  for (const name of alone) {
    const { summary, options } = await load(name)
    lines.push(`  ${name}: ${summary}`, ...optionLines(options), '')
  }
  lines.push('  for all:', ...optionLines(common), '')
  lines.push(
    '  GRADUS_PYTHON: a Python with PyTorch. GRADUS_BENCH_PEERS: a folder in which these are installed:',
    '  @tensorflow/tfjs @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-backend-webgpu @jax-js/jax @huggingface/transformers',
  )
  return lines.join('\n')
}

const refuse = message => {
  process.stderr.write(`bench: ${message}. See npm run bench -- --help.\n`)
  process.exit(2)
}

/** Options as numbers where they are; `1,2` is a list. */
const parse = (options, args) => {
  try {
    const { values } = parseArgs({ args, options: { ...types(options), ...types(common) } })
    const entries = Object.entries(values).map(([name, value]) => {
      if (name in common) return [name, value]
      if (options[name].words) return [name, value]
      if (!/^[1-9]\d*(,[1-9]\d*)*$/.test(value))
        throw new Error(`--${name} must be a whole number from 1; got "${value}"`)
      return [name, name === 'threads' ? value.split(',').map(Number) : Number(value)]
    })
    return Object.fromEntries(entries)
  } catch (error) {
    return refuse(error.message.split('. ')[0])
  }
}
const types = options =>
  Object.fromEntries(
    Object.entries(options).map(([name, { help: _, words: __, ...o }]) => [name, { type: 'string', ...o }]),
  )

const versions = (runtime = 'onnxruntime-node') => {
  const of = folder => JSON.parse(readFileSync(new URL(`${folder}package.json`, import.meta.url), 'utf8')).version
  return { node: process.versions.node, gradus: of('../'), [runtime]: of(`../node_modules/${runtime}/`) }
}

const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memory: totalmem(),
  platform: `${process.platform} ${process.arch}`,
  load: Number(loadavg()[0].toFixed(2)),
})
const footer = (machine, versions) => [`${machineText(machine)}; load before: ${machine.load}`, versionsText(versions)]

const note = line => process.stderr.write(`${line}\n`)
const print = (...lines) => process.stdout.write(`${lines.join('\n')}\n`)

const resultsFolder = fileURLToPath(new URL('results/', import.meta.url))
const save = (name, result) => {
  mkdirSync(resultsFolder, { recursive: true })
  writeFileSync(`${resultsFolder}${name}.json`, `${JSON.stringify(result)}\n`)
}

/** One workload beside others: its cases, each measured and printed. */
const runContest = async (name, options) => {
  const module = await load(name)
  const { workload } = module
  const obstacle = await module.obstacle?.()
  if (obstacle) return note(`${name}: skipped, for ${obstacle}`)
  const { python, why } = workload.torch === null ? {} : findPython()
  const { json, threads, ...given } = options
  const settings = { ...workload.settings, ...given }
  const before = machine()
  if (before.load > 0.3 * before.cores) note(`the machine is busy (load ${before.load}): the times will not be right`)
  print(`${name}: ${workload.summary}`, '')
  const cases = []
  for (const one of workload.cases) {
    const measured = module.measure
      ? await module.measure({ case: one, python }, settings, note)
      : await contest(sidesOf({ name, workload, size: one.size, python, threads }), settings, note)
    measured.leftOut.push(...(why ? [`torch: ${why}`] : []), ...(workload.absent ?? []))
    const { name: caseName = '', units = null, unit = workload.unit ?? null } = one
    const result = { name: caseName, units, unit, ...measured }
    cases.push(result)
    print(caseText(result), '')
  }
  if (workload.remark) print(workload.remark, '')
  const used = Object.assign(versions(workload.runtime), ...cases.map(c => c.versions))
  print(...footer(before, used), '')
  const { summary, remark } = workload
  const date = new Date().toISOString().slice(0, 10)
  if (json) save(name, { workload: name, summary, remark, settings, machine: before, versions: used, date, cases })
}

const runAlone = async (name, args) => {
  const { options, run } = await load(name)
  const { json, help: _, ...o } = parse(options, args)
  const { title, text, raw } = await run(o, note)
  print(title, '', text, '', ...footer(machine(), versions()))
  if (json)
    save(name, { workload: name, options: o, machine: machine(), ...raw, versions: { ...versions(), ...raw.versions } })
}

const main = async () => {
  const [name, ...args] = process.argv.slice(2)
  if (name === undefined || ['--help', '-h'].includes(name) || args.some(a => ['--help', '-h'].includes(a)))
    return print(await usage())
  if (alone.includes(name)) return runAlone(name, args)
  if (name !== 'all' && !contests.includes(name))
    refuse(`there is no workload "${name}"; there are ${['all', ...contests, ...alone].join(', ')}`)
  const options = parse(contestOptions, args)
  for (const one of name === 'all' ? contests : [name]) {
    try {
      await runContest(one, options)
    } catch (error) {
      note(`bench: ${one}: ${error.message}`) // the others are still worth measuring
      process.exitCode = 1
    }
  }
}
await main()
