import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EventWriter } from '../../src/io/tensorboard.ts'
import { RunsFolder } from '../../src/serve/runs-folder.ts'
import { type Studio, startStudio } from '../../src/serve/studio.ts'
import { request } from './request.ts'

let folder = ''
let runs = ''
let studio: Studio
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gradus-runs-'))
  runs = join(folder, 'runs')
  mkdirSync(join(folder, 'app'))
  writeFileSync(join(folder, 'app', 'index.html'), '')
  mkdirSync(runs)
  studio = await startStudio({ app: join(folder, 'app'), runs, port: 0 })
})
afterEach(async () => {
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
})

const get = (path: string) => request(studio.port, `/api/runs${path}`)
const step = (n: number, loss: number | null = 1 / n): string => `${JSON.stringify({ type: 'step', step: n, loss })}\n`
const held = (n: number, loss: number): string => `${JSON.stringify({ type: 'eval', step: n, loss })}\n`
const make = (name: string, files: Readonly<Record<string, unknown>>): void => {
  mkdirSync(join(runs, name), { recursive: true })
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(runs, name, file), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

describe('the list', () => {
  test('tells of each run, the latest first, and of runs within runs', async () => {
    make('bard', {
      'metrics.jsonl': step(1) + held(1, 0.9) + step(2) + held(2, 0.7) + step(3) + held(3, 0.8),
      'train.json': { data: ['a.txt', 'b.txt'], steps: 3 },
      'config.json': { model_type: 'gpt2' },
    })
    make('houses', { 'train.json': { data: 'table.csv' }, 'estimator.json': { estimator: 'ridge' } })
    make('french/large', { 'metrics.jsonl': step(7, null) })
    make('a/b/c', { 'metrics.jsonl': '' })
    make('a/b/c/d', { 'metrics.jsonl': step(1) })
    make('bard/checkpoint-3', { 'train.json': {} })
    make('notes', { 'readme.txt': 'no run' })
    const old = Math.trunc(Date.now() / 1000) - 3600
    for (const file of ['metrics.jsonl', 'train.json', 'config.json']) utimesSync(join(runs, 'bard', file), old, old)
    const { folder, runs: found } = (await get('')).json()
    expect(folder).toBe(runs)
    expect(found.map((run: { name: string }) => run.name).sort()).toEqual(['a/b/c', 'bard', 'french/large', 'houses'])
    expect(found.at(-1)).toEqual({
      name: 'bard',
      path: join(runs, 'bard'),
      what: 'gpt2',
      data: 'a.txt, b.txt',
      step: 3,
      loss: 1 / 3,
      validation: 0.7,
      modified: old * 1000,
      live: false,
      metrics: true,
      events: false,
    })
    const by = (name: string) => found.find((run: { name: string }) => run.name === name)
    expect(by('houses')).toMatchObject({ what: 'ridge', data: 'table.csv', step: null, metrics: false, live: true })
    expect(by('french/large')).toMatchObject({ step: 7, loss: null, validation: null, live: true, what: null })
    expect(by('a/b/c')).toMatchObject({ step: null, loss: null })
  })

  test('follows a run that grows, begins anew, or goes', async () => {
    make('a', { 'metrics.jsonl': step(1) })
    const first = async () => (await get('')).json().runs[0]
    expect(await first()).toMatchObject({ step: 1, loss: 1, validation: null })
    appendFileSync(join(runs, 'a', 'metrics.jsonl'), step(2) + held(2, 0.5) + step(3).slice(0, 9))
    expect(await first()).toMatchObject({ step: 2, loss: 0.5, validation: 0.5 })
    writeFileSync(join(runs, 'a', 'metrics.jsonl'), step(1, 9))
    expect(await first()).toMatchObject({ step: 1, loss: 9, validation: null })
    rmSync(join(runs, 'a'), { recursive: true })
    expect((await get('')).json().runs).toEqual([])
  })

  test('is empty where the folder is missing, and stays of use beside damaged files', async () => {
    expect((await new RunsFolder(join(folder, 'none')).list()).length).toBe(0)
    make('a', { 'metrics.jsonl': `no json\n[]\nnull\n"x"\n${step(4)}`, 'train.json': '{', 'config.json': '[1' })
    expect((await get('')).json().runs).toMatchObject([{ name: 'a', step: 4, what: null, data: null }])
  })

  test('the folder may itself be a run', async () => {
    writeFileSync(join(runs, 'metrics.jsonl'), step(1))
    expect((await get('')).json().runs).toMatchObject([{ name: '.', step: 1 }])
    expect((await get('/./metrics')).json().lines).toEqual([step(1).trim()])
    expect((await get('/./settings')).json()).toEqual({ settings: null })
  })
})

describe('metrics', () => {
  test('are given from a byte on, in whole lines', async () => {
    make('a', { 'metrics.jsonl': step(1) + step(2) })
    const whole = (await get('/a/metrics')).json()
    expect(whole).toMatchObject({ lines: [step(1).trim(), step(2).trim()], reset: false, more: false })
    expect(whole.next).toBe((step(1) + step(2)).length)
    appendFileSync(join(runs, 'a', 'metrics.jsonl'), `${step(3)}{"type":"st`)
    const stamp = encodeURIComponent(whole.stamp)
    const more = (await get(`/a/metrics?from=${whole.next}&stamp=${stamp}`)).json()
    expect(more).toMatchObject({ lines: [step(3).trim()], reset: false })
    appendFileSync(join(runs, 'a', 'metrics.jsonl'), 'ep"}\n')
    const rest = (await get(`/a/metrics?from=${more.next}&stamp=${stamp}`)).json()
    expect(rest).toMatchObject({ lines: ['{"type":"step"}'], reset: false })
    const none = (await get(`/a/metrics?from=${rest.next}&stamp=${stamp}`)).json()
    expect(none).toEqual({ ...rest, lines: [] })
  })

  test('begin anew, and say so, when the file shrinks or is another', async () => {
    make('a', { 'metrics.jsonl': step(1) + step(2) })
    const path = join(runs, 'a', 'metrics.jsonl')
    const { next, stamp } = (await get('/a/metrics')).json()
    const on = `/a/metrics?from=${next}&stamp=${encodeURIComponent(stamp)}`
    truncateSync(path, step(1).length)
    expect((await get(on)).json()).toMatchObject({ lines: [step(1).trim()], reset: true, next: step(1).length })
    writeFileSync(`${path}.new`, step(1) + step(2) + step(3))
    renameSync(`${path}.new`, path)
    expect((await get(on)).json()).toMatchObject({ reset: true, next: (step(1) + step(2) + step(3)).length })
    expect((await get('/a/metrics?from=3')).json()).toMatchObject({ reset: true })
  })

  test('come in parts of at most 4 MB', async () => {
    const line = `${JSON.stringify({ type: 'step', step: 1, note: 'é'.repeat(500) })}\n`
    const count = 9000
    make('a', { 'metrics.jsonl': line.repeat(count) })
    let [lines, next, parts] = [0, 0, 0]
    for (let more = true; more; parts++) {
      const part = (await get(`/a/metrics?from=${next}`)).json()
      expect(part.next - next).toBeLessThanOrEqual(4 * 2 ** 20)
      expect(part.lines.every((one: string) => `${one}\n` === line)).toBe(true)
      lines += part.lines.length
      more = part.more
      next = part.next
    }
    expect([lines, parts]).toEqual([count, 3])
    make('b', { 'metrics.jsonl': 'x'.repeat(5 * 2 ** 20) })
    const answer = await get('/b/metrics')
    expect([answer.status, answer.json().error.message]).toEqual([
      422,
      'metrics.jsonl: has a line longer than 4 MB at byte 0, which is no line of metrics.',
    ])
    expect((await get('')).json().runs).toHaveLength(1)
  })

  test.each(['-1', '1.5', 'x', '1e99', 'Infinity'])('from %s is refused', async from => {
    make('a', { 'metrics.jsonl': step(1) })
    const answer = await get(`/a/metrics?from=${from}`)
    expect([answer.status, answer.json().error.message]).toEqual([
      400,
      `from must be a number of bytes; got "${from}".`,
    ])
  })
})

test('settings are those of train.json, null without one, and one line where it is damaged', async () => {
  make('a', { 'metrics.jsonl': '', 'train.json': { steps: 3, model: { layers: 2 } } })
  make('b', { 'metrics.jsonl': '' })
  make('c', { 'train.json': '{' })
  expect((await get('/a/settings')).json()).toEqual({ settings: { steps: 3, model: { layers: 2 } } })
  expect((await get('/b/settings')).json()).toEqual({ settings: null })
  const damaged = await get('/c/settings')
  expect([damaged.status, damaged.json().error.message]).toEqual([422, 'c/train.json: is not valid JSON.'])
})

test('events are the scalars of all the files of a run, later ones taking the place of what they repeat', async () => {
  const path = join(runs, 'a')
  const first = await EventWriter.open(path)
  for (const [i, value] of [3, 2, Number.NaN, 1].entries()) first.scalar(i + 1, 'train/loss', value)
  first.close()
  const found = (await get('/a/events')).json()
  expect(found.scalars).toEqual({ 'train/loss': { steps: [1, 2, 3, 4], values: [3, 2, null, 1] } })
  expect((await get(`/a/events?stamp=${found.stamp}`)).json()).toEqual({ stamp: found.stamp, scalars: null })
  const second = await EventWriter.open(path, { fromStep: 3 })
  second.scalar(3, 'train/loss', 0.5)
  second.scalar(3, '__proto__', 0.5)
  second.close()
  const { scalars } = JSON.parse((await get(`/a/events?stamp=${found.stamp}`)).text.replace('__proto__', 'proto'))
  expect(scalars).toEqual({
    'train/loss': { steps: [1, 2, 3], values: [3, 2, 0.5] },
    proto: { steps: [3], values: [0.5] },
  })
  writeFileSync(join(path, 'events.out.tfevents.9999999999.x'), 'no events at all')
  const damaged = await get('/a/events')
  expect(damaged.status).toBe(422)
  expect(damaged.json().error.message).toBe(
    'a/events.out.tfevents.9999999999.x: is no event file: its first checksum does not agree. Give a file that TensorBoard reads, named events.out.tfevents.*.',
  )
  make('b', { 'metrics.jsonl': '' })
  expect((await get('/b/events')).status).toBe(404)
})

describe('nothing outside the folder is read', () => {
  beforeEach(() => {
    make('a', { 'metrics.jsonl': step(1) })
    mkdirSync(join(folder, 'outside'))
    for (const file of ['metrics.jsonl', 'train.json']) writeFileSync(join(folder, 'outside', file), '{"secret":1}\n')
    symlinkSync(join(folder, 'outside'), join(runs, 'linked'))
    mkdirSync(join(runs, 'b'))
    symlinkSync(join(folder, 'outside', 'metrics.jsonl'), join(runs, 'b', 'metrics.jsonl'))
    symlinkSync(join(folder, 'outside', 'train.json'), join(runs, 'b', 'train.json'))
    symlinkSync(join(runs, 'a'), join(runs, 'inside'))
  })

  test.each([
    '/../outside',
    '/..%2foutside',
    '/%2e%2e%2foutside',
    '/%2e%2e/outside',
    '/a/../../outside',
    '/a%2f..%2f..%2foutside',
    '/a/..%2f..%2foutside',
    '/..%5coutside',
    '/a%00',
    '/%252e%252e%252foutside',
    '//outside',
    '/linked',
    '/b',
    '/.',
    '/%2fetc',
    '/%',
  ])('%s', async path => {
    for (const what of ['metrics', 'settings', 'events']) {
      const answer = await get(`${path}/${what}`)
      if (path === '/.' && what === 'settings') continue
      expect([400, 403, 404]).toContain(answer.status)
      expect(answer.text).not.toContain('"secret')
    }
  })

  test('links that stay inside are followed, and the list follows none', async () => {
    expect((await get('/inside/metrics')).json().lines).toEqual([step(1).trim()])
    expect((await get('')).json().runs.map((run: { name: string }) => run.name)).toEqual(['a'])
  })

  test('a pipe is no file', async context => {
    mkdirSync(join(runs, 'p'))
    if (spawnSync('mkfifo', [join(runs, 'p', 'metrics.jsonl')]).status !== 0) context.skip('mkfifo is absent')
    expect((await get('/p/metrics')).status).toBe(404)
  })

  test('other files of a run are not given', async () => {
    for (const what of ['config.json', 'model.safetensors', 'train.json', '', 'metrics.jsonl']) {
      expect((await get(`/a/${what}`)).status).toBe(404)
    }
  })
})
