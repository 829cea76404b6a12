import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { EventWriter } from '../../../src/io/index.ts'
import { startStudio } from '../../../src/serve/studio.ts'
import { addLine, type Curves, dense, thin, unitOf } from './curves.ts'
import { metricsOf, runsCsv, runsSvg, type Shown } from './export.ts'
import { askAt, RunsTool } from './runs.ts'
import { compareSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-runs-tool-'))
const runs = join(folder, 'runs')
mkdirSync(join(folder, 'app'))
writeFileSync(join(folder, 'app', 'index.html'), '')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(runs, { recursive: true, force: true })
  mkdirSync(runs)
})

const step = (n: number, loss: number | null): string =>
  `${JSON.stringify({ type: 'step', step: n, loss, learningRate: 0.1 })}\n`
const held = (n: number, loss: number): string => `${JSON.stringify({ type: 'eval', step: n, loss, accuracy: 0.5 })}\n`
const make = (name: string, files: Readonly<Record<string, string>>): void => {
  mkdirSync(join(runs, name), { recursive: true })
  for (const [file, content] of Object.entries(files)) writeFileSync(join(runs, name, file), content)
}
const curvesOf = (shown: Shown): object =>
  Object.fromEntries(shown.map(([name, curves]) => [name, Object.fromEntries(curves)]))
const bytes = (text: string) => async () => new TextEncoder().encode(text)
const nobody = async (): Promise<never> => {
  throw new TypeError('Failed to fetch')
}

describe('with a server', () => {
  const started = async (work: (tool: RunsTool, asked: string[], stop: () => Promise<void>) => Promise<void>) => {
    const studio = await startStudio({ app: join(folder, 'app'), runs, port: 0 })
    const ask = askAt(`${studio.url}api/runs`)
    const asked: string[] = []
    const tool = new RunsTool(async path => {
      asked.push(path)
      return ask(path)
    })
    try {
      await work(tool, asked, () => studio.close())
    } finally {
      await studio.close()
    }
  }

  test('shows what is going on, and reads only what is new', () =>
    started(async (tool, asked) => {
      make('a b/ü', { 'metrics.jsonl': step(1, 3) + step(2, null) + held(2, 2.5), 'train.json': '{"steps":9}' })
      expect(tool.server.value).toBe('asking')
      await tool.look()
      expect([tool.server.value, tool.folder.value, [...tool.selected.value]]).toEqual(['there', runs, ['a b/ü']])
      expect(curvesOf(tool.shown())).toEqual({
        'a b/ü': {
          'train/loss': { steps: [1, 2], values: [3, Number.NaN] },
          'train/learning_rate': { steps: [1, 2], values: [0.1, 0.1] },
          'val/loss': { steps: [2], values: [2.5] },
          'val/accuracy': { steps: [2], values: [0.5] },
        },
      })
      expect(tool.settings()).toEqual([['a b/ü', { steps: 9 }]])
      const { version } = tool
      const before = version.value
      asked.length = 0
      await tool.look()
      expect(asked).toHaveLength(1)
      expect(asked[0]).toMatch(/^\/a%20b\/%C3%BC\/metrics\?from=\d+&stamp=/)
      expect(version.value).toBe(before)
      appendFileSync(join(runs, 'a b/ü', 'metrics.jsonl'), step(3, 1))
      await tool.look()
      expect(tool.shown()[0]![1].get('train/loss')).toEqual({ steps: [1, 2, 3], values: [3, Number.NaN, 1] })
      expect(version.value).toBeGreaterThan(before)
      await tool.look()
      expect(tool.list()[0]).toMatchObject({ step: 3, loss: 1, validation: 2.5, live: true })
    }))

  test('a run that is begun anew is read anew, with its settings', () =>
    started(async tool => {
      make('a', { 'metrics.jsonl': step(1, 3) + step(2, 2), 'train.json': '{"seed":1}' })
      await tool.look()
      make('a', { 'metrics.jsonl': step(1, 9), 'train.json': '{"seed":2}' })
      await tool.look()
      await tool.look()
      expect(tool.shown()[0]![1].get('train/loss')).toEqual({ steps: [1], values: [9] })
      expect(tool.settings()).toEqual([['a', { seed: 2 }]])
    }))

  test('runs are chosen, filtered and forgotten', () =>
    started(async tool => {
      make('bard', { 'metrics.jsonl': step(1, 3), 'config.json': '{"model_type":"gpt2"}' })
      make('houses', { 'train.json': '{"data":"table.csv"}', 'estimator.json': '{"estimator":"ridge"}' })
      await tool.look()
      const names = (words: string) => tool.filtered(words).map(({ name }) => name)
      expect(names('').sort()).toEqual(['bard', 'houses'])
      expect([names('GPT2'), names('ridge table'), names('ridge gpt2')]).toEqual([['bard'], ['houses'], []])
      tool.choose('houses', true)
      tool.choose('bard', false)
      await tool.look()
      expect(curvesOf(tool.shown())).toEqual({ houses: {} })
      rmSync(join(runs, 'houses'), { recursive: true })
      for (let i = 0; i < 3; i++) await tool.look()
      expect(tool.shown()).toEqual([])
    }))

  test('curves of TensorBoard files are added to those of metrics.jsonl, which come first', () =>
    started(async tool => {
      make('a', { 'metrics.jsonl': step(1, 3) })
      const writer = await EventWriter.open(join(runs, 'a'))
      writer.scalar(1, 'train/loss', 7)
      writer.scalar(1, 'extra', 5)
      writer.close()
      await tool.look()
      expect(curvesOf(tool.shown())).toMatchObject({
        a: { 'train/loss': { values: [3] }, extra: { steps: [1], values: [5] } },
      })
    }))

  test('what the server refuses is told once, and the other runs are read', () =>
    started(async tool => {
      make('a', { 'events.out.tfevents.1.x': 'damaged beyond repair' })
      make('b', { 'metrics.jsonl': step(1, 2), 'train.json': '{' })
      await tool.look()
      for (const name of ['a', 'b']) tool.choose(name, true)
      await tool.look()
      await tool.look()
      expect(tool.notes.value.toSorted()).toEqual([
        'a/events.out.tfevents.1.x: is no event file: its first checksum does not agree. Give a file that TensorBoard reads, named events.out.tfevents.*.',
        'b/train.json: is not valid JSON.',
      ])
      expect(
        tool
          .shown()
          .find(([name]) => name === 'b')![1]
          .get('train/loss')?.values,
      ).toEqual([2])
      expect(tool.server.value).toBe('there')
    }))

  test('a server that goes away is told, and what was read stays', () =>
    started(async (tool, _, stop) => {
      make('a', { 'metrics.jsonl': step(1, 3) })
      await tool.look()
      await stop()
      await tool.look()
      expect(tool.server.value).toBe('gone')
      expect(tool.shown()).toHaveLength(1)
    }))
})

describe('without a server', () => {
  test('files are taken, and nothing is asked again', async () => {
    let asked = 0
    const tool = new RunsTool(async () => {
      asked++
      return nobody()
    })
    for (let i = 0; i < 5; i++) await tool.look()
    expect([tool.server.value, asked]).toEqual(['absent', 1])
    const writer = await EventWriter.open(join(folder, 'events'))
    writer.scalar(4, 'loss', 0.5)
    writer.close()
    const events = new Uint8Array(readFileSync(writer.path))
    await tool.drop([
      { name: 'metrics.jsonl', bytes: bytes(step(1, 3) + held(1, 2)) },
      { name: 'metrics.jsonl', bytes: bytes(step(1, 4)) },
      { name: 'events.out.tfevents.1.x', bytes: async () => events },
    ])
    expect(tool.notes.value).toEqual([])
    expect(tool.list().map(({ name, step, loss, validation }) => [name, step, loss, validation])).toEqual([
      ['metrics.jsonl', 1, 3, 2],
      ['metrics.jsonl (2)', 1, 4, null],
      ['events.out.tfevents.1.x', 4, 0.5, null],
    ])
    expect(curvesOf(tool.shown())).toMatchObject({
      'metrics.jsonl (2)': { 'train/loss': { values: [4] } },
      'events.out.tfevents.1.x': { loss: { steps: [4], values: [0.5] } },
    })
    expect(tool.settings().map(([, settings]) => settings)).toEqual([null, null, null])
  })

  test('wrong files are told in one sentence each, and right ones beside them are taken', async () => {
    const tool = new RunsTool(nobody)
    const wanted = 'Drop a metrics.jsonl, or a TensorBoard file named events.out.tfevents.*.'
    await tool.drop([
      { name: 'empty.jsonl', bytes: bytes('') },
      { name: 'poem.txt', bytes: bytes('roses are red\n') },
      { name: 'picture.png', bytes: async () => Uint8Array.of(0x89, 0x50, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) },
      { name: 'latin.txt', bytes: async () => Uint8Array.of(0xe9, 0x20) },
      { name: 'gone.jsonl', bytes: nobody },
      { name: 'mixed.jsonl', bytes: bytes(`${step(1, 2)}oops\n{"type":"done","step":1}\n`) },
    ])
    expect(tool.notes.value).toEqual([
      `empty.jsonl: is empty. ${wanted}`,
      `poem.txt: has no line with a step and a number. ${wanted}`,
      'picture.png: is no event file: its first checksum does not agree. Give a file that TensorBoard reads, named events.out.tfevents.*.',
      `latin.txt: is neither lines of JSON nor a TensorBoard file. ${wanted}`,
      'gone.jsonl: could not be read. Drop it again.',
      'mixed.jsonl: 1 of 3 lines have no step and number, and were passed over.',
    ])
    expect([...tool.selected.value]).toEqual(['mixed.jsonl'])
    await tool.drop([{ name: 'm.jsonl', bytes: bytes(step(1, 2)) }])
    expect(tool.notes.value).toEqual([])
  })
})

const curves = (...lines: readonly string[]): Curves => {
  const made: Curves = new Map()
  for (const line of lines) expect(addLine(made, line)).toBe(true)
  return made
}

test('the lines of a lab on the command line are understood, and those without a step are not', () => {
  expect([
    ...curves('{"type":"step","step":1,"loss":2,"test":3}', '{"type":"done","step":1,"facts":{}}').keys(),
  ]).toEqual(['train/loss', 'train/test'])
  expect([...curves('{"step":1,"loss":2}').keys()]).toEqual(['loss'])
  for (const line of ['', 'null', '3', '"a"', '[]', '{"step":1}', '{"step":"1","loss":2}', '{"step":1.5,"loss":2}']) {
    expect(addLine(new Map(), line)).toBe(false)
  }
})

test('between points the columns of a chart go straight, with gaps where there is no number', () => {
  const curve = { steps: [2, 4, 6, 7], values: [1, 3, Number.NaN, 5] }
  expect([...dense(curve, 1, 8)]).toEqual([NaN, 1, 2, 3, NaN, NaN, 5, NaN])
  expect([...dense({ steps: [0, 10, 1000], values: [1, 2, 3] }, 10, 100)].slice(0, 2)).toEqual([2, 2 + 1 / 99])
  expect([unitOf(5000), unitOf(100_000), unitOf(100_001), unitOf(12_000_000)]).toEqual([1, 1, 10, 1000])
})

test('thinned curves keep their peaks', () => {
  const steps = Array.from({ length: 10_000 }, (_, i) => i + 1)
  const values = steps.map(step => (step === 4321 ? 99 : step === 8765 ? -99 : Math.sin(step)))
  const { points, every } = thin({ steps, values }, 1000)
  expect(every).toBe(20)
  expect(points.length).toBeLessThanOrEqual(1000)
  expect(points).toContainEqual([4321, 99])
  expect(points).toContainEqual([8765, -99])
  expect(points.map(([step]) => step)).toEqual(points.map(([step]) => step).toSorted((a, b) => a - b))
  expect(thin({ steps: [1, 2], values: [1, Number.NaN] }, 10)).toEqual({ points: [[1, 1]], every: 1 })
})

describe('taking all selected runs along', () => {
  const shown: Shown = [
    ['a,"b"', curves(step(1, 3).trim(), step(2, null).trim(), held(2, 2).trim())],
    ['<c>', curves(step(1, 4).trim())],
  ]

  test('losses come first among the metrics', () => {
    expect(metricsOf(shown)).toEqual(['train/loss', 'val/loss', 'train/learning_rate', 'val/accuracy'])
  })

  test('CSV has every point of every run', () => {
    expect(runsCsv(shown)).toBe(
      [
        'run,metric,step,value',
        '"a,""b""",train/loss,1,3',
        '"a,""b""",train/loss,2,',
        '"a,""b""",train/learning_rate,1,0.1',
        '"a,""b""",train/learning_rate,2,0.1',
        '"a,""b""",val/loss,2,2',
        '"a,""b""",val/accuracy,2,0.5',
        '<c>,train/loss,1,4',
        '<c>,train/learning_rate,1,0.1',
        '',
      ].join('\n'),
    )
    expect(runsCsv([['=HYPERLINK("x")', curves('{"step":1,"loss":1}')]])).toContain(`"'=HYPERLINK(""x"")",loss,1,1`)
  })

  test('SVG has a chart for each metric, and says which run is which', async () => {
    const svg = (await runsSvg(shown))!
    expect(svg.match(/<svg y="\d+"/g)).toEqual(['<svg y="0"', '<svg y="300"', '<svg y="600"', '<svg y="900"'])
    expect(svg).toContain('>1: a,&quot;b&quot;</text>')
    expect(svg).toContain('>2: &lt;c&gt;</text>')
    expect(svg).not.toContain('neighbouring points')
    expect(svg).not.toContain('<c>')
    expect(await runsSvg([['a', new Map()]])).toBe(null)
    const long: Curves = new Map([
      [
        'loss',
        { steps: Array.from({ length: 300_000 }, (_, i) => i), values: Array.from({ length: 300_000 }, () => 1) },
      ],
    ])
    expect(await runsSvg([['a', long]])).toContain(
      'Drawn by the smallest and the largest of up to 600 neighbouring points.',
    )
  })
})

test('settings are compared by dotted keys, lists whole', () => {
  const [one, two] = [
    { seed: 1, model: { layers: 2, hidden: [1, 2] }, data: 'a' },
    { seed: 1, model: { layers: 3, hidden: [1, 2] }, note: null },
  ]
  expect(compareSettings([one, two, null])).toEqual([
    { key: 'seed', values: ['1', '1', null], differs: true },
    { key: 'model.layers', values: ['2', '3', null], differs: true },
    { key: 'model.hidden', values: ['[1,2]', '[1,2]', null], differs: true },
    { key: 'data', values: ['a', null, null], differs: true },
    { key: 'note', values: [null, 'null', null], differs: true },
  ])
  expect(
    compareSettings([one, two])
      .filter(row => row.differs)
      .map(({ key }) => key),
  ).toEqual(['model.layers', 'data', 'note'])
})
