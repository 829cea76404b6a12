import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digits } from '../../src/data/index.ts'
import { encodePng, fromPlanes } from '../../src/vision/index.ts'
import { gradus, isBuilt } from './gradus.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-digits-'))
const at = (...names: string[]): string => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An idx file of bytes: two zeros, type 8, the number of axes, the sizes, the values. */
const idx = (sizes: readonly number[], values: Uint8Array): Buffer => {
  const head = Buffer.alloc(4 + 4 * sizes.length)
  head.writeUInt8(8, 2)
  head.writeUInt8(sizes.length, 3)
  for (const [i, n] of sizes.entries()) head.writeUInt32BE(n, 4 + 4 * i)
  return Buffer.concat([head, values])
}
/** A folder of idx files with small drawn digits; null leaves the labels out. */
const idxFolder = (name: string, labels: Uint8Array | null = Uint8Array.from(test100.y.data)): string => {
  mkdirSync(at(name))
  const pixels = Uint8Array.from(test100.x.data, v => Math.round(255 * v))
  for (const set of ['train', 't10k']) {
    writeFileSync(at(name, `${set}-images-idx3-ubyte`), idx([100, 28, 28], pixels))
    if (labels && !(set === 't10k' && name === 'unlabelled'))
      writeFileSync(at(name, `${set}-labels-idx1-ubyte`), idx([labels.length], labels))
  }
  return at(name)
}
const { test: test100 } = digits({ count: 1, testCount: 100, seed: 5 })
const png = (i: number, inverted = false): Promise<Uint8Array> => {
  const one = test100.x.data.subarray(i * 784, (i + 1) * 784)
  return encodePng(fromPlanes(inverted ? one.map(v => 1 - v) : one, [1, 28, 28]))
}
const small = ['--count', '600', '--epochs', '3', '--batch', '20', '--augment', 'none', '--quiet']

describe.skipIf(!isBuilt)('a classifier of images on the command line', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const { code, stdout, stderr } = await gradus(['train', 'digits', ...small, '--out', at('run')])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toBe(`${at('run')}\n`)
  }, 120_000)

  test('it has learned, and eval says how well, as JSON and as a page with pictures', async () => {
    const { code, stdout } = await gradus(['eval', '--model', at('run'), '--data', 'digits', '--json'])
    expect(code).toBe(0)
    const found = JSON.parse(stdout)
    expect(found.accuracy).toBeGreaterThan(0.8)
    expect(found.images).toBe(2000)
    expect(found.confusion.flat().reduce((a: number, b: number) => a + b)).toBe(2000)
    const right = found.confusion.reduce((sum: number, row: number[], i: number) => sum + row[i]!, 0)
    expect(found.accuracy).toBeCloseTo(right / 2000, 12)

    const report = await gradus(['eval', '--model', at('run'), '--data', 'digits', '--report', at('run', 'report')])
    expect(report.code).toBe(0)
    const page = readFileSync(at('run', 'report', 'index.html'), 'utf8')
    for (const part of ['Confusion matrix', 'Mistakes', 'Filters', 'Grad-CAM', 'id="cell-1-1"', '<svg', 'alt='])
      expect(page).toContain(part)
    expect(page).not.toMatch(/(src|href)="https?:/)
    for (const file of [
      'filters.png',
      'features-conv1.png',
      'evidence.png',
      'confusion.svg',
      'loss.svg',
      'accuracy.svg',
    ])
      expect(existsSync(at('run', 'report', file))).toBe(true)
    const again = await gradus(['eval', '--model', at('run'), '--data', 'digits', '--report', at('run', 'report')])
    expect(again.code).toBe(3)
    expect(again.stderr).toContain("the report's folder is not empty. Pass --overwrite to replace it")
  })

  test('a validation split, and bounds that end with 6', async () => {
    const args = ['eval', '--model', at('run'), '--data', 'digits', '--split', 'val', '--json']
    const { code, stdout } = await gradus([...args, '--min-accuracy', '0.5'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).images).toBe(60)
    expect((await gradus([...args, '--min-accuracy', '1', '--max-loss', '1e-9'])).code).toBe(6)
    const all = await gradus(['eval', '--model', at('run'), '--data', 'digits', '--split', 'all'])
    expect([all.code, all.stderr]).toEqual([
      2,
      'error: eval: images are judged split by split. Choose --split test, val or train.\n',
    ])
  })

  test('predict tells what pictures show, ink on paper too', async () => {
    for (const i of [0, 1, 2, 3, 4, 5]) {
      writeFileSync(at(`digit-${i}.png`), await png(i))
      writeFileSync(at(`paper-${i}.png`), await png(i, true))
    }
    const names = [0, 1, 2, 3, 4, 5].map(i => at(`digit-${i}.png`))
    const { code, stdout, stderr } = await gradus(['predict', at('run'), ...names, '--json', '--top', '3'])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(l => l.name)).toEqual(names)
    expect(lines[0].top).toHaveLength(3)
    const right = lines.filter((l, i) => l.label === test100.y.data[i]).length
    expect(right).toBeGreaterThan(3)
    const paper = names.map(name => name.replace('digit-', 'paper-'))
    const inverted = await gradus(['predict', at('run'), ...paper, '--json', '--top', '3', '--invert'])
    expect(inverted.stdout.replaceAll('paper-', 'digit-')).toBe(stdout)
    expect((await gradus(['predict', at('run'), ...paper])).stderr).toContain('if they are ink on paper, add --invert')
    expect((await gradus(['predict', at('run')])).code).toBe(2)
  })

  test('a set whose test images have no labels is predicted, not measured', async () => {
    const data = idxFolder('unlabelled')
    const { code, stdout } = await gradus(['predict', at('run'), '--data', data, '--json'])
    expect(code).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(l => l.index)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    const judged = await gradus(['eval', '--model', at('run'), '--data', data])
    expect([judged.code, judged.stderr]).toEqual([
      3,
      `error: ${data}: the test images have no labels to compare with. Use gradus predict, or --split val.\n`,
    ])
  })

  test('stopped and resumed, it is the run that was never stopped', async () => {
    const args = ['train', 'digits', '--count', '400', '--epochs', '3', '--batch', '20', '--seed', '3', '--verbose']
    await gradus([...args, '--out', at('whole')])
    const killed = await gradus([...args, '--out', at('killed')], {
      kill: { when: /step 2[5-9]\//, signal: 'SIGKILL' },
    })
    expect(killed.signal).toBe('SIGKILL')
    const resumed = await gradus([...args, '--out', at('killed'), '--resume'])
    expect(resumed.code).toBe(0)
    for (const file of ['metrics.jsonl', 'model.safetensors'])
      expect(readFileSync(at('killed', file)).equals(readFileSync(at('whole', file)))).toBe(true)
  })

  test.each([
    [
      ['--data', 'nowhere'],
      3,
      /^error: nowhere: could not be read: .* Images are digits, mnist, fashion, cifar10, or a folder\.\n$/,
    ],
    [['--model', 'lenet'], 2, /Did you mean lenet5|must be one of/],
    [
      ['--data', 'mnist', '--size', '32'],
      2,
      /--size has no effect with --data mnist: it is for folders of pictures|mnist: no train-images/,
    ],
    [
      ['--download'],
      2,
      /--download has no effect with --data digits: it is for mnist, fashion and cifar10. Leave it out./,
    ],
    [['--augment', 'filp'], 2, /train digits: there is no augmentation "filp". Did you mean flip\?/],
    [
      ['--count', '100', '--batch', '200'],
      3,
      /digits: 90 images to train on are fewer than a batch of 200. Choose a smaller --batch./,
    ],
    [['--val-fraction', '0.001', '--count', '100'], 3, /a validation share of 0.001 leaves a part of 100 images empty/],
    [['--model', 'alexnet'], 2, /alexnet: images are 28 × 28; it halves them until nothing is left below 63 × 63/],
  ] as const)('train digits %j ends with %i', async (args, code, message) => {
    const ended = await gradus(['train', 'digits', '--quiet', '--out', at('never'), ...args])
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(code)
    expect(existsSync(at('never'))).toBe(false)
  })

  test('files that are not what they should be are named', async () => {
    const wrong = idxFolder('wrong', Uint8Array.from(test100.y.data).fill(3, 0, 99))
    writeFileSync(join(wrong, 'train-images-idx3-ubyte'), idx([100, 28, 28], new Uint8Array(1000)))
    const cut = await gradus(['train', 'digits', '--data', wrong, '--out', at('never')])
    expect(cut.code).toBe(3)
    expect(cut.stderr).toContain(join(wrong, 'train-images-idx3-ubyte'))

    const odd = idxFolder('odd', new Uint8Array(7))
    const labels = await gradus(['train', 'digits', '--data', odd, '--out', at('never')])
    expect(labels.code).toBe(3)
    expect(labels.stderr).toContain('holds uint8 [7]. Labels of 100 images are uint8 [100].')

    for (const name of ['cats', 'dogs']) {
      mkdirSync(at('pets', name), { recursive: true })
      for (let i = 0; i < 12; i++) writeFileSync(at('pets', name, `${i}.png`), await png(i))
    }
    writeFileSync(at('pets', 'dogs', 'broken.png'), (await png(3)).subarray(0, 60))
    const args = [
      'train',
      'digits',
      '--data',
      at('pets'),
      '--grey',
      '--epochs',
      '1',
      '--batch',
      '4',
      '--out',
      at('pet'),
    ]
    const broken = await gradus(args)
    expect(broken.code).toBe(3)
    expect(broken.stderr).toContain(at('pets', 'dogs', 'broken.png'))
    const skipped = await gradus([...args, '--skip-bad', '--size', '28'])
    expect(skipped.stderr).toContain(`passed over ${at('pets', 'dogs', 'broken.png')}`)
    expect(skipped.code).toBe(0)

    expect(skipped.stderr).not.toContain('test accuracy')
    // Training's choices hold when its images are read again; a folder without a part to test with has none.
    const val = await gradus(['eval', '--model', at('pet'), '--data', at('pets'), '--split', 'val', '--json'])
    expect([val.code, JSON.parse(val.stdout).images]).toEqual([0, 2])
    const none = await gradus(['eval', '--model', at('pet'), '--data', at('pets')])
    expect([none.code, none.stderr]).toEqual([
      3,
      `error: ${at('pets')}: has no folders train and test, and so no test images. Use --split val.\n`,
    ])

    expect((await gradus(['predict', at('run'), at('pets', 'dogs', 'broken.png')])).code).toBe(3)
    expect((await gradus(['predict', at('pets'), at('pets', 'dogs', '1.png')])).code).toBe(4)
  })

  test('folders train and test: the classes keep their order, and predict sees files as eval does', async () => {
    for (const [part, names] of [
      ['train', ['bird', 'cat', 'dog']],
      ['test', ['cat', 'dog']],
    ] as const)
      for (const [k, name] of names.entries()) {
        mkdirSync(at('zoo', part, name), { recursive: true })
        for (let i = 0; i < 12; i++) writeFileSync(at('zoo', part, name, `${i}.png`), await png((7 * k + i) % 100))
      }
    const trained = await gradus([
      ...['train', 'digits', '--data', at('zoo'), '--grey', '--epochs', '1', '--batch', '4', '--out', at('zoo-run')],
    ])
    expect(trained.stderr).toMatch(/test accuracy [\d.]+ %, loss [\d.]+ over 24 images/)
    expect(trained.code).toBe(0)
    const { stdout } = await gradus([
      ...['eval', '--model', at('zoo-run'), '--data', at('zoo'), '--json', '--report', at('zoo-report')],
    ])
    const { classes, confusion } = JSON.parse(stdout)
    expect(classes).toEqual(['bird', 'cat', 'dog'])
    expect(confusion.map((row: number[]) => row.reduce((a, b) => a + b))).toEqual([0, 12, 12])
    const all = await gradus(['predict', at('zoo-run'), '--data', at('zoo'), '--json'])
    const first = JSON.parse(all.stdout.split('\n')[0]!)
    const one = JSON.parse((await gradus(['predict', at('zoo-run'), first.name, '--json'])).stdout)
    expect(one.probability).toBeCloseTo(first.probability, 6)

    writeFileSync(at('zoo-report', 'mine.txt'), 'kept')
    const again = ['eval', '--model', at('zoo-run'), '--data', at('zoo'), '--report', at('zoo-report'), '--overwrite']
    expect((await gradus(again)).stderr).toContain('holds mine.txt, which no report wrote')
    rmSync(at('zoo-report', 'mine.txt'))
    writeFileSync(at('zoo-report', 'features-old.png'), '')
    expect((await gradus(again)).code).toBe(0)
    expect(existsSync(at('zoo-report', 'features-old.png'))).toBe(false)
    expect((await gradus([...again.slice(0, 6), at('zoo', 'test', 'cat', '0.png')])).code).toBe(3)
  })
})
