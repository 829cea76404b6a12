import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Drive } from '../../studio/kit/drive.ts'
import type { About, Core } from '../../studio/kit/lab.ts'
import { describeStudio, labs } from './page.ts'

// One engine: a page on wasm, a page on the reference, the printed command, and the program that is handed out do the same.

const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = join(root, 'dist/cli/main.js')
const run = promisify(execFile)
const node = (args: readonly string[], env: Record<string, string> = {}) =>
  run(process.execPath, [...args], { cwd: root, maxBuffer: 1 << 28, env: { ...process.env, ...env } })

/** Settings that make a lab small enough for the reference engine to do a hundred steps. */
const small: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gpt: { embedDim: '8', numHeads: '2', numLayers: '1', contextLength: '8', batchSize: '2' },
  mlp: { hidden: '6,4', dropout: '0.1', norm: 'layer' },
  digits: { channels: '2', batchSize: '8', count: '100' },
}

const near = (got: readonly (number | null)[], wanted: readonly number[]): void => {
  expect(got.length).toBeGreaterThanOrEqual(wanted.length)
  for (const [i, value] of wanted.entries()) {
    const there = got[i] ?? Number.NaN
    // What is not known yet is not known there either.
    if (Number.isNaN(value)) expect(there, `step ${i + 1}`).toBeNaN()
    else expect(distance(there, value), `step ${i + 1}: ${there} for ${value}`).toBeLessThan(1e-4)
  }
}
const distance = (a: number, b: number): number => Math.abs(a - b) / Math.max(1, Math.abs(b))

/** The places where plain data differ, numbers by more than 1e-4. */
const differences = (a: unknown, b: unknown, place = ''): string[] => {
  if (typeof a === 'number' && typeof b === 'number')
    return distance(a, b) < 1e-4 || a === b ? [] : [`${place}: ${a} for ${b}`]
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? [] : [`${place}: ${JSON.stringify(a)} for ${JSON.stringify(b)}`]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].flatMap(key =>
    differences((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${place}.${key}`),
  )
}

interface Outcome {
  /** The main metric at each step, where there is one. */
  readonly values: number[]
  readonly facts: unknown
  readonly command: string
}

/** A lab's run on the command line. */
const onCommandLine = async (
  args: readonly string[],
  metric: string | undefined,
  env = {},
): Promise<Omit<Outcome, 'command'>> => {
  const { stdout } = await node([cli, ...args, '--json'], env)
  const lines = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const steps = lines.filter(({ type }) => type === 'step')
  return { values: metric === undefined ? [] : steps.map(line => line[metric]), facts: lines.at(-1).facts }
}

describe('labs', () => {
  test.skipIf(!existsSync(cli)).each(labs)(
    '%s: the program that is handed out takes the same way (skipped before a build)',
    { timeout: 120_000 },
    async name => {
      const { about } = (await import(`../../studio/labs/${name}/about.ts`)) as { about: About }
      const { core } = (await import(`../../studio/labs/${name}/core.ts`)) as { core: Core }
      if (!core.program) return expect.fail(`${name} hands out no program`)
      const settings = about.options.validate(name, {
        ...about.preview.settings,
        steps: Math.min(12, about.preview.steps),
      }) as Readonly<Record<string, unknown>>
      const path = join(folder, `${name}.mjs`)
      await writeFile(path, core.program(settings))
      const { stdout } = await node([path], { GRADUS_ENGINE: 'wasm' })
      const losses = stdout.split('\n').flatMap(line => {
        const [, , value] = /^(\d+) (-?[\d.e+-]+)$/.exec(line) ?? []
        return value === undefined ? [] : [Number(value)]
      })
      const drive = await Drive.start(core, settings)
      const expected: number[] = []
      for (;;) {
        const { metrics, stop } = await drive.next()
        if (metrics?.loss !== undefined) expected.push(metrics.loss)
        if (stop) break
      }
      expect(stdout.trim()).not.toBe('')
      if (expected.length > 0) {
        expect(losses.length).toBeGreaterThanOrEqual(expected.length)
        near(losses, expected)
      }
    },
  )

  let folder = ''
  beforeAll(async () => {
    // Within the project, where `gradus` is this package.
    folder = await mkdtemp(join(root, 'test/.studio-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
})

describeStudio('the same numbers', studio => {
  test.each(labs)(
    '%s: wasm and reference in the page, and native on the command line',
    { timeout: 180_000 },
    async name => {
      const { about } = (await import(`../../studio/labs/${name}/about.ts`)) as { about: About }
      const metric = about.curves?.of[0]
      const given = { ...small[name], seed: '5', steps: '100' }
      const query = new URLSearchParams(given)
      const inPage = async (engine: string): Promise<Outcome> => {
        const lab = await studio().open(`${name}&${query}&engine=${engine}`)
        if ((await lab.snapshot()).state === 'paused') await lab.play()
        const command = await lab.page.locator('[data-command]').innerText()
        const series = await lab.series()
        const { facts, engine: used } = await lab.snapshot()
        expect(used).toBe(engine)
        await lab.page.close()
        return { values: metric === undefined ? [] : series[metric]!.slice(0, 100), facts, command }
      }
      const wasm = await inPage('wasm')
      const reference = await inPage('reference')
      // The command as it is printed repeats the run.
      const [npx, gradus, ...args] = wasm.command.split(' ')
      expect([npx, gradus]).toEqual(['npx', 'gradus'])
      const printed = await onCommandLine(args, metric)
      const native = await onCommandLine(args, metric, { GRADUS_ENGINE: 'native' })
      if (metric === undefined) {
        // Without a curve the facts are what there is to compare.
        for (const other of [reference, printed, native]) expect(differences(other.facts, wasm.facts)).toEqual([])
        return
      }
      expect(wasm.values.length).toBeGreaterThan(0)
      for (const other of [reference, printed, native]) near(other.values, wasm.values)
    },
  )
})
