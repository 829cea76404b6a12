// npm run bench -- gpt [--rounds 9] [--steps 20] [--json --out FILE]
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { megabytes } from './table.mjs'

// Each is a file of this folder that exports `summary`, `options` and `run`.
const workloads = {
  gpt: () => import('./gpt.mjs'),
  generate: () => import('./generate.mjs'),
  memory: () => import('./memory.mjs'),
  scan: () => import('./scan.mjs'),
}
const common = {
  json: { type: 'boolean', help: 'write the raw numbers to --out' },
  out: { help: 'the file for --json' },
  help: { type: 'boolean', short: 'h', help: 'show this' },
}

const usage = async () => {
  const lines = ['usage: npm run bench -- WORKLOAD [OPTIONS]', '']
  const optionLines = options =>
    Object.entries(options).map(([name, o]) => `    --${name.padEnd(9)} ${o.help}${o.default ? ` (${o.default})` : ''}`)
  for (const [name, load] of Object.entries(workloads)) {
    const { summary, options } = await load()
    lines.push(`  ${name}: ${summary}`, ...optionLines(options), '')
  }
  return [...lines, '  for all:', ...optionLines(common)].join('\n')
}

const refuse = message => {
  process.stderr.write(`bench: ${message}. See npm run bench -- --help.\n`)
  process.exit(2)
}

/** Options as numbers where they are; `1,2` stays text. */
const parse = (workload, args) => {
  try {
    const { values } = parseArgs({ args, options: { ...types(workload.options), ...types(common) } })
    for (const [name, value] of Object.entries(values)) {
      if (name in common) continue
      if (!/^\d+(\.\d+)?(,\d+)*$/.test(value)) throw new Error(`--${name} must be a number; got "${value}"`)
    }
    if (Boolean(values.json) !== Boolean(values.out)) throw new Error('--json and --out FILE go together')
    const { rounds = '1', steps } = values
    for (const count of [rounds, steps])
      if (!/^[1-9]\d*$/.test(count)) throw new Error('--rounds and --steps begin at 1')
    const number = ([name, value]) => [name, name === 'threads' || name in common ? value : Number(value)]
    return Object.fromEntries(Object.entries(values).map(number))
  } catch (error) {
    return refuse(error.message.split('. ')[0])
  }
}
const types = options =>
  Object.fromEntries(Object.entries(options).map(([name, { help: _, ...o }]) => [name, { type: 'string', ...o }]))

const versions = () => {
  const require = createRequire(import.meta.url)
  const of = name => JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version
  return { node: process.versions.node, gradus: of('gradus'), 'onnxruntime-node': of('onnxruntime-node') }
}

const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memory: totalmem(),
  platform: `${process.platform} ${process.arch}`,
  load: loadavg()[0],
})

const main = async () => {
  const [name, ...rest] = process.argv.slice(2)
  if (name === undefined || name === '--help' || name === '-h') return process.stdout.write(`${await usage()}\n`)
  if (!Object.hasOwn(workloads, name))
    refuse(`there is no workload "${name}"; there are ${Object.keys(workloads).join(', ')}`)
  const workload = await workloads[name]()
  const options = parse(workload, rest)
  if (options.help) return process.stdout.write(`${await usage()}\n`)
  const before = machine()
  const note = line => process.stderr.write(`${line}\n`)
  if (before.load > 0.3 * before.cores)
    note(`the machine is busy (load ${before.load.toFixed(2)}): the times will not be right`)
  const { title, text, versions: more, raw } = await workload.run(options, note)
  const used = { ...versions(), ...more }
  const { cpu, cores, memory, platform, load } = before
  const lines = [
    title,
    '',
    text,
    '',
    `${cpu}, ${cores} cores, ${megabytes(memory)}, ${platform}; load before: ${load.toFixed(2)}`,
    Object.entries(used)
      .map(([k, v]) => `${k} ${v}`)
      .join(', '),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  if (options.json) {
    writeFileSync(
      options.out,
      `${JSON.stringify({ workload: name, options, machine: before, versions: used, ...raw }, null, 1)}\n`,
    )
  }
}
await main()
