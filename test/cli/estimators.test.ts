import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gradus, isBuilt } from './gradus.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-estimators-'))
const at = (...names: string[]): string => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const cwd = { cwd: folder }

describe.skipIf(!isBuilt)('estimators on the command line', { timeout: 120_000 }, () => {
  beforeAll(() => {
    const made = execFileSync(process.execPath, [fileURLToPath(new URL('../../examples/flats.mjs', import.meta.url))], {
      encoding: 'utf8',
    })
    writeFileSync(at('flats.csv'), made)
    const lines = made.trim().split('\n')
    writeFileSync(
      at('kinds.csv'),
      [
        `${lines[0]},kind`,
        ...lines.slice(1).map(line => `${line},${Number(line.split(',').at(-1)) > 200_000 ? 'dear' : 'cheap'}`),
      ].join('\n'),
    )
    writeFileSync(at('wrong.json'), '{"alfa": [1]}')
    writeFileSync(
      at('texts.csv'),
      `text,label\n${Array.from({ length: 60 }, (_, i) => (i % 2 ? `win a prize now ${i},spam` : `see you at lunch ${i},ham`)).join('\n')}\n`,
    )
  })

  test('a table with words and holes is prepared, learned, judged, told of and predicted', async () => {
    const trained = await gradus(
      [
        'train',
        'ridge',
        '--data',
        'flats.csv',
        '--target',
        'price',
        '--test',
        '0.2',
        '--cv',
        '4',
        '--scale',
        '--json',
        '--threads',
        '2',
      ],
      cwd,
    )
    expect(trained.stderr).toContain('missing numbers become the median')
    expect(trained.stderr).toContain('the word column district becomes numbers (oneHot)')
    expect(trained.stderr).toContain('step 4/4')
    expect(trained.stderr).not.toContain('\r')
    expect(trained.code).toBe(0)
    const document = JSON.parse(trained.stdout)
    expect(document.cv.scores.length).toBe(4)
    expect(document.test.r2).toBeGreaterThan(0.8)
    expect(document.test.rows).toBe(120)
    expect(readdirSync(at('runs/ridge')).sort()).toEqual([
      'config.json',
      'estimator.json',
      'metrics.json',
      'train.json',
    ])

    const judged = await gradus(
      ['eval', '--model', 'runs/ridge', '--data', 'flats.csv', '--report', 'report', '--json'],
      cwd,
    )
    expect(judged.code).toBe(0)
    expect(JSON.parse(judged.stdout).r2).toBeGreaterThan(0.8)
    expect(readdirSync(at('report')).sort()).toEqual([
      'index.html',
      'predicted.svg',
      'residual-histogram.svg',
      'residuals.svg',
    ])
    const page = readFileSync(at('report', 'index.html'), 'utf8')
    expect(page).toContain('Predicted and true')
    expect(page).toMatch(/district/)

    const predicted = await gradus(['predict', '--model', 'runs/ridge', '--data', 'flats.csv', '--json'], cwd)
    const lines = predicted.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.length).toBe(600)
    expect(lines[0]).toMatchObject({ type: 'prediction', index: 0 })
    expect(lines[0].prediction).toBeGreaterThan(1000)
  })

  test('a search over a file of values takes the best, with threads as without', async () => {
    writeFileSync(at('grid.json'), '{"C": [0.001, 1], "fitIntercept": [true, false]}')
    const args = [
      'train',
      'logisticRegression',
      '--data',
      'kinds.csv',
      '--target',
      'kind',
      '--drop',
      'price',
      '--scale',
      '--search',
      'grid.json',
      '--cv',
      '3',
      '--json',
      '--overwrite',
    ]
    const [two, one] = [await gradus([...args, '--threads', '2'], cwd), await gradus([...args, '--threads', '1'], cwd)]
    expect(two.code).toBe(0)
    const document = JSON.parse(two.stdout)
    expect(document.search.tried).toBe(4)
    expect(document.search.best['logisticRegression.C']).toBe(1)
    expect(JSON.parse(one.stdout).search).toEqual(document.search)
    const judged = await gradus(
      [
        'eval',
        '--model',
        'runs/logisticRegression',
        '--data',
        'kinds.csv',
        '--report',
        'classes',
        '--min-accuracy',
        '0.999',
      ],
      cwd,
    )
    expect(judged.code).toBe(6)
    expect(judged.stderr).toMatch(/eval: the accuracy is 0\.\d+, below --min-accuracy 0\.999\./)
    expect(readdirSync(at('classes')).sort()).toEqual([
      'calibration.svg',
      'confusion.svg',
      'index.html',
      'precision-recall.svg',
      'roc.svg',
    ])
    const some = await gradus(
      ['predict', '--model', 'runs/logisticRegression', '--data', 'kinds.csv', '--top', '2'],
      cwd,
    )
    expect(some.stdout.split('\n')[0]).toMatch(/^(dear|cheap) \d+\.\d %, (dear|cheap) \d+\.\d %$/)
  })

  test('texts are predicted from their words', async () => {
    const trained = await gradus(
      [
        'train',
        'multinomialNB',
        '--data',
        'texts.csv',
        '--text',
        'text',
        '--target',
        'label',
        '--test',
        '0.3',
        '--vectorizer',
        'count',
        '--json',
      ],
      cwd,
    )
    expect(trained.code).toBe(0)
    expect(JSON.parse(trained.stdout).test.accuracy).toBe(1)
  })

  test('clusters need no target', async () => {
    const trained = await gradus(
      ['train', 'kMeans', '--data', 'flats.csv', '--features', 'rooms', '--features', 'year', '--n-clusters', '3'],
      cwd,
    )
    expect(trained.code).toBe(0)
    const predicted = await gradus(['predict', '--model', 'runs/kMeans', '--data', 'flats.csv'], cwd)
    expect(new Set(predicted.stdout.trim().split('\n'))).toEqual(new Set(['0', '1', '2']))
  })

  test('an option called like one of a table stands under the name of its estimator', async () => {
    const args = ['train', 'oneHotEncoder', '--data', 'flats.csv', '--features', 'district', '--overwrite', '-q']
    const all = await gradus(args, cwd)
    expect([all.code, all.stderr]).toEqual([0, ''])
    const width = async (): Promise<number> => {
      const { stdout } = await gradus(['predict', '--model', 'runs/oneHotEncoder', '--data', 'flats.csv'], cwd)
      return stdout.split('\n')[0]!.split(',').length
    }
    const before = await width()
    await gradus([...args, '--one-hot-encoder.drop', 'first'], cwd)
    expect(await width()).toBe(before - 1)
  })

  test('rows that were placed once and for all are in a table of their own', async () => {
    const args = ['--data', 'flats.csv', '--features', 'size', '--features', 'year', '--scale', '-q']
    const { code } = await gradus(['train', 'dbscan', '--eps', '0.2', ...args], cwd)
    expect(code).toBe(0)
    const rows = readFileSync(at('runs/dbscan/rows.csv'), 'utf8').trim().split('\n')
    expect(rows.length).toBe(601)
    expect(rows[0]).toBe('label')
    expect(new Set(rows.slice(1)).size).toBeGreaterThan(1)
    const again = await gradus(['predict', '--model', 'runs/dbscan', '--data', 'flats.csv'], cwd)
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('runs/dbscan/rows.csv')
  })

  test('a comma before the fraction, and truth values as classes', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i},5;${i > 20}`)
    writeFileSync(at('commas.csv'), `size;large\n${lines.join('\n')}\n`)
    const args = ['--data', 'commas.csv', '--target', 'large', '--delimiter', ';', '--decimal', ',', '--json']
    const trained = await gradus(['train', 'logisticRegression', ...args, '--out', 'runs/commas'], cwd)
    expect(trained.code).toBe(0)
    expect(JSON.parse(trained.stdout).train.accuracy).toBe(1)
    const predicted = await gradus(['predict', '--model', 'runs/commas', '--data', 'commas.csv'], cwd)
    expect(predicted.stdout.split('\n')[0]).toBe('false')
  })

  test('a class that was never learned counts as missed, and is told', async () => {
    writeFileSync(at('two.csv'), 'a,b\n1,x\n2,x\n8,y\n9,y\n')
    writeFileSync(at('three.csv'), 'a,b\n1,x\n2,z\n8,y\n9,y\n')
    await gradus(['train', 'gaussianNB', '--data', 'two.csv', '--target', 'b', '--out', 'runs/two', '-q'], cwd)
    const judged = await gradus(['eval', '--model', 'runs/two', '--data', 'three.csv', '--json'], cwd)
    expect(judged.code).toBe(0)
    expect(JSON.parse(judged.stdout)).toMatchObject({ accuracy: 0.75, unknownClasses: 1 })
  })

  test.each<[string, string[], number, RegExp]>([
    [
      'a measure that is none',
      ['train', 'ridge', '--data', 'flats.csv', '--target', 'price', '--cv', '3', '--scoring', 'f11'],
      2,
      /train ridge: --scoring: .*"f11" is unknown\. Did you mean f1\?/,
    ],
    [
      'a search over an option that is none',
      ['train', 'ridge', '--data', 'flats.csv', '--target', 'price', '--search', 'wrong.json', '--out', 'runs/x'],
      3,
      /wrong\.json: .*alfa/,
    ],
    [
      'no target',
      ['train', 'ridge', '--data', 'flats.csv'],
      2,
      /train ridge: --target COLUMN is required: the column to predict\./,
    ],
    [
      'a column that is not there',
      ['train', 'ridge', '--data', 'flats.csv', '--target', 'prize', '--out', 'runs/x'],
      3,
      /flats\.csv: there is no column "prize" \(--target\)\. Did you mean price\?/,
    ],
    [
      'a file that is not there',
      ['train', 'ridge', '--data', 'absent.csv', '--target', 'y', '--out', 'runs/x'],
      3,
      /absent\.csv/,
    ],
    [
      'an unknown estimator',
      ['train', 'rigde', '--data', 'flats.csv'],
      2,
      /unknown verb "train rigde"\. Did you mean gradus train ridge\?/,
    ],
    ['a wrong option', ['train', 'ridge', '--data', 'flats.csv', '--target', 'price', '--alpha', '-1'], 2, /--alpha/],
    [
      'words where numbers are predicted',
      ['train', 'ridge', '--data', 'flats.csv', '--target', 'district', '--out', 'runs/x'],
      3,
      /y is "\w+" at row 0\. A regressor predicts numbers/,
    ],
    [
      'numbers where classes are predicted',
      ['train', 'logisticRegression', '--data', 'flats.csv', '--target', 'size', '--out', 'runs/x'],
      3,
      /no class\. Classes are whole numbers/,
    ],
    [
      'a search file that is none',
      ['train', 'ridge', '--data', 'flats.csv', '--target', 'price', '--search', 'flats.csv', '--out', 'runs/x'],
      3,
      /flats\.csv: not JSON/,
    ],
    [
      'a folder with other things',
      ['train', 'ridge', '--data', 'flats.csv', '--target', 'price', '--out', '.'],
      3,
      /is not empty\. Pass --overwrite/,
    ],
    ['a literal ESTIMATOR', ['train', 'ESTIMATOR'], 2, /put the name of an estimator in its place/],
    [
      'draws without a search',
      ['train', 'ridge', '--data', 'flats.csv', '--target', 'price', '--draws', '3'],
      2,
      /--draws is how many combinations of a search file to try/,
    ],
  ])('%s ends with one line and its exit code', async (_, args, code, message) => {
    const ended = await gradus(args, cwd)
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(code)
    expect(ended.stdout).toBe('')
  })

  test('a damaged model, and a table without the columns, are told', async () => {
    await gradus(
      [
        'train',
        'ridge',
        '--data',
        'flats.csv',
        '--target',
        'price',
        '--features',
        'rooms',
        '--features',
        'year',
        '--out',
        'runs/small',
        '-q',
      ],
      cwd,
    )
    writeFileSync(at('other.csv'), 'a,b\n1,2\n')
    const other = await gradus(['predict', '--model', 'runs/small', '--data', 'other.csv'], cwd)
    expect(other.code).toBe(3)
    expect(other.stderr).toMatch(/other\.csv: there is no column "rooms"/)
    writeFileSync(at('runs/small/estimator.json'), '{"estimator":"ridge"')
    const broken = await gradus(['predict', '--model', 'runs/small', '--data', 'flats.csv'], cwd)
    expect(broken.code).toBe(4)
    expect(broken.stderr).toMatch(/estimator\.json.*The model is damaged: train it again\./)
    expect(broken.stderr.trim().split('\n').length).toBe(1)
  })

  test('spam among SMS is found by naive Bayes with F1 of at least 0.93', async context => {
    const data = join(
      process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)),
      'text',
      'SMSSpamCollection',
    )
    if (!existsSync(data)) context.skip(`${data} is absent; set GRADUS_DATA to the folder with text`)
    writeFileSync(at('spam.json'), '{"alpha": [0.05, 0.5], "words.ngramRange": [[1, 1], [1, 2]]}')
    const trained = await gradus(
      [
        'train',
        'multinomialNB',
        '--data',
        data,
        '--text',
        'SMS',
        '--target',
        'Label',
        '--test',
        '0.2',
        '--search',
        'spam.json',
        '--cv',
        '3',
        '--scoring',
        'f1',
        '--out',
        'runs/spam',
        '--json',
      ],
      cwd,
    )
    expect(JSON.parse(trained.stdout).test.f1).toBeGreaterThan(0.93)
  })
})
