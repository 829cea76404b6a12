import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../src/cli/exit-codes.ts'
import { parseCommandLine } from '../../src/cli/parse.ts'
import { commands, type TrainOptions, trainGpt } from './example-commands.ts'
import { memoryIo } from './memory-io.ts'

const cwd = mkdtempSync(join(tmpdir(), 'gradus-parse-'))
afterAll(() => rmSync(cwd, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text)
  return name
}

type Surroundings = Parameters<typeof memoryIo>[0]

const parse = async (args: string[], surroundings?: Surroundings): Promise<TrainOptions> => {
  const { options } = await parseCommandLine(trainGpt(), args, memoryIo({ cwd, ...surroundings }))
  return options as unknown as TrainOptions
}
const refusal = async (args: string[], surroundings?: Surroundings): Promise<[string, string | undefined]> => {
  const error = await parse(args, surroundings).catch((error: unknown) => error)
  if (error instanceof UsageError) return [error.message, error.hint]
  throw error
}

describe('flags', () => {
  test('set options by their names in kebab case, their aliases and their letters', async () => {
    const options = await parse(['--data=a.txt', '--lr', '3e-4', '-n20', '-o', 'runs/a', '--lr-schedule', 'constant'])
    expect(options).toMatchObject({
      data: 'a.txt',
      learningRate: 3e-4,
      steps: 20,
      out: 'runs/a',
      lrSchedule: 'constant',
    })
  })

  test('reach nested options by a dotted name', async () => {
    const { model } = await parse(['--data', 'a.txt', '--model.num-layers=2', '--model.embed-dim', '64'])
    expect(model).toEqual({ numLayers: 2, embedDim: 64, numHeads: 4 })
    expect((await parse(['a.txt', '--model.layers=3'])).model.numLayers).toBe(3)
  })

  test('switch on, and off with --no-', async () => {
    expect(await parse(['a.txt', '--overwrite', '--no-shuffle'])).toMatchObject({ overwrite: true, shuffle: false })
    expect(await parse(['a.txt', '--overwrite=false'])).toMatchObject({ overwrite: false, shuffle: true })
  })

  test('gather lists from commas and from repetition; of other options the last one counts', async () => {
    expect(await parse(['a.txt', '--hidden', '8,4', '--hidden=2', '--steps=1', '--steps=2'])).toMatchObject({
      hidden: [8, 4, 2],
      steps: 2,
    })
  })

  test('may stand without a value where the option says what that means', async () => {
    expect((await parse(['--resume', 'a.txt'])).resume).toBe('last')
    expect((await parse(['--resume=best', 'a.txt'])).resume).toBe('best')
    expect(await parse(['a.txt'])).not.toHaveProperty('resume')
  })

  test('end at --, and - alone is a value', async () => {
    expect((await parse(['--', '--strange-name.txt'])).data).toBe('--strange-name.txt')
    expect((await parse(['--data', '-'])).data).toBe('-')
  })

  test.each<[string[], string, string | undefined]>([
    [['--stpes', '5'], 'train gpt: unknown option --stpes.', 'Did you mean --steps?'],
    [['--learningRate=1'], 'train gpt: unknown option --learningRate.', 'Did you mean --learning-rate?'],
    [['--num-layers=1'], 'train gpt: unknown option --num-layers.', 'Run gradus train gpt --help for its options.'],
    [['--no-shufle'], 'train gpt: unknown option --no-shufle.', 'Did you mean --no-shuffle?'],
    [['--colour'], 'train gpt: unknown option --colour.', 'Run gradus train gpt --help for its options.'],
    [['-steps', '5'], 'train gpt: unknown option -steps.', 'Did you mean --steps?'],
    [['-z'], 'train gpt: unknown option -z.', 'Run gradus train gpt --help for its options.'],
    [
      ['--lr', '-0.1'],
      'train gpt: --lr is followed by -0.1, which reads as another option.',
      'If it is the value, write --lr=-0.1',
    ],
    [
      ['-n', '-5'],
      'train gpt: -n is followed by -5, which reads as another option.',
      'If it is the value, write --steps=-5',
    ],
    [['--steps'], 'train gpt: --steps needs a value: an integer of at least 1.', 'Write --steps N.'],
    [['--steps', 'many'], 'train gpt: --steps must be an integer of at least 1; got "many".', undefined],
    [['--steps='], 'train gpt: --steps must be an integer of at least 1; got "".', undefined],
    [['--steps=0x10'], 'train gpt: --steps must be an integer of at least 1; got "0x10".', undefined],
    [['--lr=-0.1'], 'train gpt: --lr must be a number above 0; got -0.1.', undefined],
    [['--lr-schedule=linear'], 'train gpt: --lr-schedule must be one of constant, cosine; got "linear".', undefined],
    [
      ['--hidden=8,x'],
      'train gpt: --hidden must be a list, each item an integer of at least 1; got [8,"x"].',
      undefined,
    ],
    [['--overwrite=maybe'], 'train gpt: --overwrite must be true or false; got "maybe".', undefined],
    [['--no-overwrite=1'], 'train gpt: --no-overwrite takes no value; got "1".', undefined],
    [['--preset', 'huge'], 'train gpt: --preset must be one of tiny, long; got "huge".', undefined],
    [
      [],
      'train gpt: FILE is required: text file to learn from.',
      'For example: gradus train gpt --data shakespeare.txt --out runs/bard',
    ],
    [['a.txt', '--model.embed-dim=10'], 'train gpt: embedDim must be a multiple of numHeads; got 10 and 4.', undefined],
  ])('%j is refused: %s', async (args, message, hint) => {
    expect(await refusal(args)).toEqual([message, hint])
  })
})

describe('arguments by position', () => {
  test('fill the options they are declared for', async () => {
    expect((await parse(['a.txt', '--steps', '5'])).data).toBe('a.txt')
    const { options } = await parseCommandLine(commands[3]!, ['a.txt', '-q', 'b,c.txt'], memoryIo())
    expect(options).toEqual({ files: ['a.txt', 'b,c.txt'] })
  })

  test('are refused when there are too many, or when a flag says the same', async () => {
    expect(await refusal(['a.txt', 'b.txt'])).toEqual([
      'train gpt: unexpected argument "b.txt".',
      'Options are written --name value.',
    ])
    expect(await refusal(['a.txt', '--data=b.txt'])).toEqual([
      'train gpt: "a.txt" and --data are given for the same option.',
      undefined,
    ])
  })
})

describe('precedence', () => {
  test('is flag, environment, file, preset, default', async () => {
    const config = file('run.json', '{ "data": "file", "steps": 2, "model": { "numHeads": 2 }, "hidden": [2] }')
    const env = { GRADUS_STEPS: '3', GRADUS_MODEL_EMBED_DIM: '32', GRADUS_OVERWRITE: 'true', GRADUS_OUT: '' }
    const options = await parse(['--config', config, '--hidden=4', '--preset=tiny'], { env })
    expect(options).toEqual({
      data: 'file',
      hidden: [4],
      steps: 3,
      model: { numLayers: 1, embedDim: 32, numHeads: 2 },
      overwrite: true,
      learningRate: 1e-3,
      lrSchedule: 'cosine',
      shuffle: true,
    })
    expect((await parse(['a', '--preset=tiny'])).steps).toBe(10)
    expect((await parse(['a', '--preset=tiny', '--steps=7'], { env })).steps).toBe(7)
  })

  test('lets the environment and the file choose the preset', async () => {
    expect((await parse(['a'], { env: { GRADUS_PRESET: 'long' } })).steps).toBe(100_000)
    expect((await parse(['a', '--config', file('preset.json', '{ "preset": "tiny" }')])).steps).toBe(10)
  })

  test('reads the configuration from standard input when the file is -', async () => {
    expect((await parse(['--config', '-'], { stdin: '{ "data": "piped" }' })).data).toBe('piped')
  })
})

describe('a wrong value is told by the place it came from', () => {
  test('does not take the folder of the data sets for what to train on', async () => {
    expect((await parse(['a'], { env: { GRADUS_DATA: '/data' } })).data).toBe('a')
    expect(await refusal([], { env: { GRADUS_DATA: '/data' } })).toEqual(await refusal([]))
  })
  test('an environment variable', async () => {
    expect(await refusal(['a'], { env: { GRADUS_STEPS: 'x' } })).toEqual([
      'train gpt: GRADUS_STEPS must be an integer of at least 1; got "x".',
      undefined,
    ])
  })

  test('a value or a key in the configuration file', async () => {
    const within = (json: string) => refusal(['a', '--config', file('wrong.json', json)])
    expect(await within('{ "steps": "5" }')).toEqual([
      'train gpt: wrong.json: steps must be an integer of at least 1; got "5".',
      undefined,
    ])
    expect(await within('{ "model": { "layers": 5 } }')).toEqual([
      'train gpt: wrong.json: unknown option "model.layers". Did you mean model.numLayers?',
      undefined,
    ])
    expect(await within('[]')).toEqual(['train gpt: wrong.json: options must be an object; got [].', undefined])
  })

  test('a configuration file that is absent or no JSON', async () => {
    expect(await refusal(['--config', 'absent.json'])).toEqual([
      'train gpt: --config "absent.json" cannot be read: there is no such file.',
      undefined,
    ])
    const reason = await Promise.resolve('{ steps: 5 }')
      .then(JSON.parse)
      .catch((error: Error) => error.message)
    expect(await refusal(['--config', file('broken.json', '{ steps: 5 }')])).toEqual([
      `train gpt: broken.json: not JSON: ${reason}.`,
      undefined,
    ])
  })
})
