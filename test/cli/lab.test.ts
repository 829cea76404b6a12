import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineName, setEngine } from '../../src/index.ts'
import { commandOf } from '../../studio/kit/address.ts'
import { Drive } from '../../studio/kit/drive.ts'
import type { About, Core } from '../../studio/kit/lab.ts'
import { gradus, isBuilt } from './gradus.ts'

const labsFolder = fileURLToPath(new URL('../../studio/labs', import.meta.url))
const labs = readdirSync(labsFolder).filter(name => existsSync(join(labsFolder, name, 'core.ts')))
const folder = mkdtempSync(join(tmpdir(), 'gradus-labs-'))
beforeAll(() => {
  if (!isBuilt) throw new Error('dist is missing: run npm run build first (npm test does).')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const aboutOf = async (name: string): Promise<About> =>
  ((await import(join(labsFolder, name, 'about.ts'))) as { about: About }).about
const coreOf = async (name: string): Promise<Core> =>
  ((await import(join(labsFolder, name, 'core.ts'))) as { core: Core }).core

type Line = Readonly<Record<string, unknown>> & { readonly type: string; readonly step: number }
const lines = (stdout: string): Line[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)

/** The words of a printed command, as a shell takes it apart, without `npx gradus`. */
const words = (command: string): string[] => {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
  return stdout.split('\0').slice(2, -1)
}

/** What a run tells, from the sources and in this process, as the page's worker does it. */
const driven = async (name: string, given: Readonly<Record<string, unknown>>): Promise<unknown[]> => {
  const about = await aboutOf(name)
  const settings = about.options.validate(name, given) as Readonly<Record<string, unknown>>
  const before = engineName()
  setEngine('wasm')
  try {
    const drive = await Drive.start(await coreOf(name), settings)
    const told: unknown[] = []
    for (;;) {
      const { metrics, stop } = await drive.next()
      if (metrics) told.push({ type: 'step', step: drive.step, ...metrics })
      if (stop !== null)
        return [...told, { type: 'done', step: drive.step, stop, facts: (await drive.run.shot()).facts }]
    }
  } finally {
    setEngine(before)
  }
}

describe('gradus lab', () => {
  test('lists every lab, in words and as JSON', async () => {
    const { code, stdout, stderr } = await gradus(['lab'])
    expect([code, stderr]).toEqual([0, ''])
    for (const name of labs) expect(stdout).toMatch(new RegExp(`^${name} +\\S`, 'm'))
    const document = JSON.parse((await gradus(['lab', '--json'])).stdout) as {
      labs: { name: string; command: string }[]
    }
    expect(document.labs.map(({ name }) => name).sort()).toEqual(labs.toSorted())
    expect(document.labs.map(({ command }) => command)).toContain('gradus lab mlp')
  })

  test('helps: among the verbs, with its labs, and with the settings of one', async () => {
    expect((await gradus(['--help'])).stdout).toMatch(/^ {2}lab +list the labs of the studio, or run one/m)
    const all = await gradus(['lab', '--help'])
    for (const name of labs) expect(all.stdout).toContain(`  gradus lab ${name}\n`)
    for (const args of [
      ['lab', 'mlp', '--help'],
      ['help', 'lab', 'mlp'],
    ]) {
      const { code, stdout } = await gradus(args)
      expect(code).toBe(0)
      expect(stdout).toContain('--learning-rate N')
      expect(stdout).toContain('--data FILE')
    }
  })

  test('a name that is no lab suggests one', async () => {
    const { code, stderr } = await gradus(['lab', 'mpl'])
    expect([code, stderr]).toEqual([2, 'error: lab: there is no lab "mpl". Did you mean gradus lab mlp?\n'])
  })

  test.each(labs)('%s tells in the command what its core tells in the page', async name => {
    const about = await aboutOf(name)
    const settings = { ...about.preview.settings, steps: 3, seed: 7 }
    const filled = about.options.validate(name, settings) as Readonly<Record<string, unknown>>
    const command = commandOf(about, filled, { data: null })
    const told = await gradus([...words(command), '--json'])
    expect([told.code, told.stderr.split('\n')[0]]).toEqual([0, 'seed 7'])
    expect(lines(told.stdout)).toEqual(JSON.parse(JSON.stringify(await driven(name, settings))))
  })

  test('the same seed gives the same run, another one another, and settings reach it', async () => {
    const run = (...more: string[]) => gradus(['lab', 'mlp', '--steps', '5', '--json', '--quiet', ...more])
    const [one, again, other, linear] = [
      await run('--seed', '3', '--hidden=4,4'),
      await run('--seed=3', '--hidden', '4,4'),
      await run('--seed', '4', '--hidden=4,4'),
      await run('--seed', '3', '--hidden='),
    ]
    expect([one.code, one.stderr]).toEqual([0, ''])
    expect(again.stdout).toBe(one.stdout)
    expect(other.stdout).not.toBe(one.stdout)
    const parameters = (stdout: string) => (lines(stdout).at(-1)!.facts as { parameters: number }).parameters
    expect([parameters(one.stdout), parameters(linear.stdout)]).toEqual([42, 6])
  })

  test('without --json the facts are on standard output, the rest beside it', async () => {
    const { code, stdout, stderr } = await gradus(['lab', 'mlp', '--steps', '4'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^testAccuracy: 0\.\d+$/m)
    expect(stdout).toMatch(/^confusion: \[\[\d+, \d+\], \[\d+, \d+\]\]$/m)
    expect(stderr).toMatch(
      /^seed 1\nstep 1\/4 {2}25 % {2}loss .*\nstep 4\/4 .*\nstopped after 4 steps, as many as were asked for\n$/,
    )
    for (const control of ['\r', '\u001b']) expect(stderr).not.toContain(control)
  })

  test('a scene is chosen by its name', async () => {
    const [scene, values] = Object.entries((await aboutOf('mlp')).presets)[0]!
    const name = scene
      .toLowerCase()
      .match(/[a-z0-9]+/g)!
      .join('-')
    const { stdout } = await gradus(['lab', 'mlp', '--preset', name, '--print-config'])
    expect(JSON.parse(stdout)).toMatchObject(values)
  })

  test('stops at a target, and says so', async () => {
    const { stdout, stderr, code } = await gradus(['lab', 'mlp', '--target', '100', '--json'])
    expect(lines(stdout).map(({ type, step, stop }) => [type, step, stop])).toEqual([
      ['step', 1, undefined],
      ['done', 1, 'target'],
    ])
    expect([code, stderr.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      'stopped after step 1: the loss is no longer above the target',
    ])
  })

  test('a run that diverges prints what there is, and exits with 5', async () => {
    const wild = [
      '--init=large',
      '--activation=identity',
      '--hidden=32,32,32,32',
      '--optimizer=sgd',
      '--learning-rate=3',
    ]
    const { code, stdout, stderr } = await gradus(['lab', 'mlp', ...wild, '--json'])
    expect(lines(stdout).at(-1)).toMatchObject({ type: 'done', stop: 'diverged' })
    expect(code).toBe(5)
    expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!).error).toMatchObject({
      code: 'diverged',
      message: expect.stringMatching(
        /^lab mlp: the loss is no finite number any more after step \d+\. Lower the learning rate, or change another setting\.$/,
      ),
    })
  })

  test('takes data of one’s own from a file or standard input, and says what became of them', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i / 40},${(i * 7) % 40},${i < 20 ? 'left' : 'right'}`)
    const csv = `x,y,class\n${rows.join('\n')}\n,3,left\n`
    writeFileSync(join(folder, 'mine.csv'), csv)
    const file = await gradus(['lab', 'mlp', '--steps', '2', '--data=mine.csv', '--json'], { cwd: folder })
    expect(file.code).toBe(0)
    expect(file.stderr).toContain('mine.csv: 40 rows used\n1 left out: ')
    expect(lines(file.stdout).at(-1)).toMatchObject({ facts: { classes: ['left', 'right'] } })
    const piped = await gradus(['lab', 'mlp', '--steps', '2', '--data', '-', '--json'], { stdin: csv })
    expect(piped.stdout).toBe(file.stdout)
  })

  test('data that cannot be had or used are told in one line', async () => {
    writeFileSync(join(folder, 'narrow.csv'), 'x\n1\n2\n')
    writeFileSync(join(folder, 'picture.png'), Uint8Array.of(0x89, 0x50))
    for (const name of ['none.csv', 'narrow.csv', 'picture.png']) {
      const { code, stdout, stderr } = await gradus(['lab', 'mlp', '--data', name, '--quiet'], { cwd: folder })
      expect([code, stdout]).toEqual([3, ''])
      expect(stderr).toMatch(new RegExp(`^error: ${name.replace('.', '\\.')}: .+\\.\n$`))
    }
  })

  test('a setting that cannot be is a mistake of the call', async () => {
    const { code, stderr } = await gradus(['lab', 'mlp', '--seed=-1'])
    expect([code, stderr]).toEqual([2, 'error: lab mlp: --seed must be an integer from 0 to 1000000; got -1.\n'])
  })

  test('Ctrl-C ends it well, with what there is', async () => {
    const { code, stdout, stderr } = await gradus(['lab', 'mlp', '--steps', '1000000', '--json'], {
      kill: { when: /step 1\//, signal: 'SIGINT' },
    })
    expect(code).toBe(130)
    const last = lines(stdout).at(-1)!
    expect(last).toMatchObject({ type: 'done', stop: 'interrupted' })
    expect(stderr).toContain(`stopped after step ${last.step}\n`)
  })
})
