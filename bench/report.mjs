// npm run docs:bench: writes docs/benchmarks.json, and from it docs/benchmarks.md, from what npm run bench -- … --json has measured.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { contests } from './contests.mjs'
import { bestOf, caseNotes, caseTable, digits, machineText, versionsText } from './result.mjs'

const at = path => new URL(path, import.meta.url)
const read = url => JSON.parse(readFileSync(url, 'utf8'))
const rounded = x => (typeof x === 'number' ? Number(x.toPrecision(4)) : x)

/** Without single steps, which bench/results keeps. */
const compactContestant = ({ rounds: _, roundMedians, ...numbers }) => ({
  ...Object.fromEntries(Object.entries(numbers).map(([k, v]) => [k, rounded(v)])),
  roundMedians: roundMedians.map(rounded),
})
const compact = result => ({
  ...result,
  cases: result.cases.map(({ versions: _, ...c }) => ({
    ...c,
    disturbed: rounded(c.disturbed),
    contestants: c.contestants.map(compactContestant),
  })),
})

const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
/** Estimators beside scikit-learn: medians only. */
const compactLearn = ({ workload, machine, versions, date, rounds, workloads }) => ({
  workload,
  machine,
  versions,
  date,
  rounds,
  workloads: Object.values(workloads).map(({ summary, times, target }) => ({
    summary,
    target,
    gradus: rounded(median(times.gradus)),
    sklearn: times.sklearn ? rounded(median(times.sklearn)) : null,
  })),
})
const learnSection = ({ machine, versions, date, rounds, workloads }) => {
  const rows = workloads.map(({ summary, gradus, sklearn, target }) => [
    summary,
    digits(gradus),
    sklearn === null ? '' : digits(sklearn),
    sklearn === null ? '' : (gradus / sklearn).toFixed(2),
    target.toFixed(1),
  ])
  return [
    '## learn',
    'Estimators with their default options unless said otherwise, beside scikit-learn with all threads (`n_jobs=-1`), fits in milliseconds: medians of rounds in turns. Quick ones are done again and again within a turn.',
    markdown(['', 'Gradus', 'scikit-learn', 'Gradus ÷ it', 'aim'], rows),
    `${rounds} rounds; load before: ${machine.load}; ${date}. ${machineText(machine)}. ${versionsText(versions)}.`,
  ].join('\n\n')
}

/** What was measured before, with what has been measured since in its place. */
const collect = () => {
  const known = existsSync(at('../docs/benchmarks.json')) ? read(at('../docs/benchmarks.json')) : []
  const files = existsSync(at('results/')) ? readdirSync(at('results/')) : []
  const fresh = files
    .map(file => read(at(`results/${file}`)))
    .filter(({ workload }) => [...contests, 'learn'].includes(workload))
  const shortened = fresh.map(result => (result.workload === 'learn' ? compactLearn(result) : compact(result)))
  const all = new Map([...known, ...shortened].map(result => [result.workload, result]))
  return [...contests, 'learn'].flatMap(name => all.get(name) ?? [])
}

const markdown = (head, rows) => {
  const line = cells => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join('\n')
}

const nodeColumns = {
  'best PyTorch': 'torch',
  'tfjs-wasm': 'tfjs',
  'jax-js': 'jax',
  'transformers.js': 'transformers',
}
const browserColumns = { tfjs: 'tfjs', 'jax-js': 'jax' }

/** A row for each of the named cases. */
const overview = (named, columns) => {
  const cell = (own, other) => (other ? `${digits(other.median)} (${(own.median / other.median).toFixed(2)})` : '')
  const rows = named.map(([name, c]) => {
    const own = bestOf(c, 'gradus')
    return [name, digits(own.median), ...Object.values(columns).map(group => cell(own, bestOf(c, group)))]
  })
  return markdown(['ms', 'Gradus', ...Object.keys(columns)], rows)
}
const namedCases = ({ workload, cases }) => cases.map(c => [[workload, c.name].filter(Boolean).join(', '), c])
const inBrowser = ({ workload }) => workload.startsWith('browser')
/** Pages have an overview of their own: they are not to be compared with processes. */
const browserOverview = ({ cases }) => [
  'In brackets: Gradus ÷ it.',
  overview(
    cases.map(c => [c.name, c]),
    browserColumns,
  ),
]

const caseSection = c => {
  const { head, rows } = caseTable(c)
  const notes = caseNotes(c).map(note => `- ${note}`)
  return [markdown([c.name || head[0], ...head.slice(1)], rows), notes.join('\n')].filter(Boolean).join('\n\n')
}

const section = result => {
  const { workload, summary, remark, settings, machine, versions, date, cases } = result
  const { rounds, steps } = settings
  const turns = `${rounds} rounds of ${steps} steps at most; load before: ${machine.load}; ${date}`
  const made = `${machineText(machine)}. ${versionsText(versions)}`
  const [first] = summary
  return [
    `## ${workload}`,
    `${first.toUpperCase()}${summary.slice(1)}.${remark ? ` ${remark}` : ''}`,
    ...(inBrowser(result) ? browserOverview(result) : []),
    ...cases.map(caseSection),
    `${turns}. ${made}.`,
  ].join('\n\n')
}

const results = collect()
if (results.length === 0) {
  process.stderr.write('docs:bench: nothing has been measured yet. Run npm run bench -- all --json first.\n')
  process.exit(1)
}
const introduction = `# Benchmarks

Written by \`npm run docs:bench\` from \`benchmarks.json\`, which holds what \`npm run bench -- all --json\` has measured.

Every side is a process of its own, in [the browser](#browser) a Chromium of its own. Sides take turns, a different one first in each round, and a turn begins when the others' threads are asleep. All begin from the
same numbers: the run ends with an error where a side's number of parameters or the value of its first step differ from Gradus's. Times are medians of all steps in milliseconds, and
the time that 90 % of them stay below; a training step is forward, backward, update and reading the loss. PyTorch runs with each number of
threads, and the best counts. *Gradus ÷ it* below 1 means that Gradus is faster.

To repeat it: \`GRADUS_PYTHON\` names a Python with PyTorch (and a C++ compiler is there for \`torch.compile\`), \`GRADUS_BENCH_PEERS\` a folder in which
\`npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-backend-webgpu @jax-js/jax @huggingface/transformers\` was run; Chromium is
\`/usr/bin/chromium\`. Who is absent is left out.`
const contested = results.filter(({ workload }) => workload !== 'learn')
const inProcesses = overview(contested.filter(result => !inBrowser(result)).flatMap(namedCases), nodeColumns)
const text = [
  introduction,
  '## Overview',
  'In brackets: Gradus ÷ it.',
  inProcesses,
  ...contested.map(section),
  ...results.filter(({ workload }) => workload === 'learn').map(learnSection),
]
writeFileSync(at('../docs/benchmarks.json'), `${JSON.stringify(results)}\n`)
writeFileSync(at('../docs/benchmarks.md'), `${text.join('\n\n')}\n`)
