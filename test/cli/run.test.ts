import { describe, expect, test } from 'vitest'
import type { Command, Context } from '../../src/cli/command.ts'
import { NotMetError } from '../../src/cli/exit-codes.ts'
import { runCli } from '../../src/cli/run.ts'
import { ArgumentError, DataError, DivergedError, EngineError, FormatError, ModelError } from '../../src/core/errors.ts'
import { commands, type TrainOptions, trainGpt } from './example-commands.ts'
import { type MemoryIo, memoryIo } from './memory-io.ts'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const run = async (
  argv: string[],
  { io = memoryIo(), all = commands }: { io?: MemoryIo; all?: readonly Command[] } = {},
) => {
  const code = await runCli(argv, all, io)
  return { code, stdout: io.stdout.text, stderr: io.stderr.text } satisfies Outcome
}
const training = (action: (context: Context<TrainOptions>) => Promise<void>, flags: string[] = [], io = memoryIo()) =>
  run(['train', 'gpt', 'a.txt', ...flags], { io, all: [trainGpt(action)] })
const failing = (error: unknown, flags: string[] = [], io = memoryIo()) =>
  training(() => Promise.reject(error), flags, io)

describe('a command', () => {
  test('gets its options and writes its result on standard output', async () => {
    expect(await run(['doctor', 'a', 'b'])).toEqual({ code: 0, stdout: 'a and b\n', stderr: '' })
  })

  test('writes one JSON document with --json, wherever it stands', async () => {
    const document = { code: 0, stdout: '{"files":["a","b"]}\n', stderr: '' }
    expect(await run(['doctor', 'a', 'b', '--json'])).toEqual(document)
    expect(await run(['--json', 'doctor', 'a', 'b'])).toEqual(document)
  })

  test('writes events only with --json, and notes only without --quiet', async () => {
    const talk = async ({ event, note }: Context<TrainOptions>) => {
      event({ type: 'step' })
      note('seed 7')
    }
    expect(await training(talk)).toEqual({ code: 0, stdout: '', stderr: 'seed 7\n' })
    expect(await training(talk, ['--json', '-q'])).toEqual({ code: 0, stdout: '{"type":"step"}\n', stderr: '' })
  })

  test('shows its progress on standard error and ends the line when it fails', async () => {
    const io = memoryIo({ terminal: true, columns: 60, env: { NO_COLOR: '1' } })
    const { stderr } = await training(
      async ({ progress }) => {
        progress({ total: 2 }).update(1, { loss: 2 })
        throw new DataError('data: too short.')
      },
      [],
      io,
    )
    expect(stderr.split('\r\x1b[K').at(-1)).toBe(
      'step 1/2 ━━━━━━━━━━━━━━━───────────────  50 %  loss 2.00\nerror: data: too short.\n'.replace('─  50', '─ 50'),
    )
  })
})

describe('--print-config', () => {
  test('prints all options as JSON, which runs again identically', async () => {
    const first = await run(['train', 'gpt', 'a.txt', '--preset=tiny', '--print-config'])
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(first.stdout)).toEqual({
      data: 'a.txt',
      steps: 10,
      learningRate: 1e-3,
      lrSchedule: 'cosine',
      model: { numLayers: 1, embedDim: 128, numHeads: 4 },
      hidden: [64, 32],
      shuffle: true,
      overwrite: false,
    })
    const again = await run(['train', 'gpt', '--config=-', '--print-config'], { io: memoryIo({ stdin: first.stdout }) })
    expect(again).toEqual(first)
  })
})

describe('the exit code', () => {
  test.each([
    [new DataError('data: "a.txt" is empty.'), 3],
    [new FormatError('csv: line 2 has 3 fields.'), 3],
    [new ModelError('loadModel: "runs/a" has no config.json.'), 4],
    [new DivergedError('train gpt: the loss is NaN at step 12.'), 5],
    [new NotMetError('eval: accuracy 0.87 is below the 0.9 asked for.'), 6],
  ])('of %s is %i, and the error is told in one line', async (error, code) => {
    expect(await failing(error)).toEqual({ code, stdout: '', stderr: `error: ${error.message}\n` })
  })

  test.each([
    new TypeError('x is not a function'),
    new EngineError('webgpu: no adapter.'),
    new ArgumentError('loader: batchSize must be 1.'),
  ])('of %s is 1, with the stack on demand only', async error => {
    const retry = 'Run it again with --verbose for the stack.'
    expect(await failing(error)).toEqual({ code: 1, stdout: '', stderr: `error: ${error.message} ${retry}\n` })
    expect(await failing(error, ['-v'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: ${error.message}\n${error.stack}\n`,
    })
  })

  test('of a wrong command line is 2, with the hint in the same line', async () => {
    expect(await run(['train', 'gpt', '--stpes=5'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: train gpt: unknown option --stpes. Did you mean --steps?\n',
    })
  })

  test('of a message with line breaks comes with one line', async () => {
    expect((await failing(new DataError('data: a\n  b'))).stderr).toBe('error: data: a b\n')
  })
})

describe('an error', () => {
  test('is one JSON document with --json', async () => {
    expect((await run(['train', 'gpt', '--stpes=5', '--json'])).stderr).toBe(
      '{"error":{"code":"argument","message":"train gpt: unknown option --stpes.","hint":"Did you mean --steps?"}}\n',
    )
    expect((await failing(new ModelError('loadModel: none.'), ['--json'])).stderr).toBe(
      '{"error":{"code":"model","message":"loadModel: none.","hint":null}}\n',
    )
    expect((await failing('a text', ['--json'])).stderr).toBe(
      '{"error":{"code":"unexpected","message":"a text","hint":"Run it again with --verbose for the stack."}}\n',
    )
  })

  test('is red on a terminal that wants colour only', async () => {
    const error = new DataError('data: none.')
    const stderr = async (env: MemoryIo['env']) => (await failing(error, [], memoryIo({ terminal: true, env }))).stderr
    expect(await stderr({})).toBe('\x1b[31merror:\x1b[39m data: none.\n')
    expect(await stderr({ NO_COLOR: '1' })).toBe('error: data: none.\n')
    expect(await stderr({ TERM: 'dumb' })).toBe('error: data: none.\n')
  })
})

describe('a closed pipe', () => {
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })

  test('ends the process with 0 and no word', async () => {
    const io = memoryIo()
    await training(async () => void io.stdout.emit('error', closed), [], io)
    expect(io.exits).toEqual([0])
    expect(io.stderr.text).toBe('')
  })

  test('that makes a write throw ends the command with 0 and no word', async () => {
    expect(await failing(closed)).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('a signal', () => {
  const stopped = async (signal: NodeJS.Signals, io: MemoryIo) =>
    training(
      async ({ stopSignal, note }) => {
        const stop = stopSignal()
        io.signals.emit(signal)
        if (stop.aborted) note('saved')
      },
      [],
      io,
    )

  test('lets the command end in good order, and decides the exit code', async () => {
    expect(await stopped('SIGINT', memoryIo())).toEqual({
      code: 130,
      stdout: '',
      stderr: 'Interrupted: finishing the step under way. Press Ctrl-C again to end now.\nsaved\n',
    })
    expect(await stopped('SIGTERM', memoryIo())).toEqual({
      code: 143,
      stdout: '',
      stderr: 'Asked to end: finishing the step under way.\nsaved\n',
    })
  })

  test('is no error when the work gives up with an AbortError', async () => {
    const io = memoryIo()
    const outcome = await training(
      async ({ stopSignal }) => {
        const stop = stopSignal()
        io.signals.emit('SIGINT')
        stop.throwIfAborted()
      },
      ['-q'],
      io,
    )
    expect(outcome).toEqual({ code: 130, stdout: '', stderr: '' })
  })

  test('is left to the system by a command that does not listen, and again once the command has ended', async () => {
    const io = memoryIo()
    await training(async () => expect(io.signals.listenerCount('SIGINT')).toBe(0), [], io)
    await stopped('SIGINT', io)
    expect(io.signals.listenerCount('SIGINT')).toBe(0)
    expect(io.signals.listenerCount('SIGTERM')).toBe(0)
  })
})

describe('a verb', () => {
  test.each([
    [['trian', 'gpt'], 'error: gradus: unknown verb "trian". Did you mean gradus train?\n'],
    [['train', 'gtp'], 'error: gradus: unknown verb "train gtp". Did you mean gradus train gpt?\n'],
    [['model', 'sumary', '-h'], 'error: gradus: unknown verb "model sumary". Did you mean gradus model summary?\n'],
    [['paint'], 'error: gradus: unknown verb "paint". Run gradus --help for the verbs.\n'],
    [['train'], 'error: gradus: train is not complete. Write gradus train gpt or gradus train mlp.\n'],
    [['train', '--steps=5'], 'error: gradus: train is not complete. Write gradus train gpt or gradus train mlp.\n'],
    [['--steps=5', 'train'], 'error: gradus: the verb comes first; got --steps=5. Run gradus --help for the verbs.\n'],
  ])('%j is refused: %s', async (argv, stderr) => {
    expect(await run(argv)).toEqual({ code: 2, stdout: '', stderr })
  })

  test('may be left out to see the version', async () => {
    expect(await run(['--version'])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
  })
})

describe('help', () => {
  const verbs = `gradus: machine learning in TypeScript

Examples
  gradus train gpt --data shakespeare.txt --out runs/bard
  gradus train mlp a.txt
  gradus model summary a.txt
  gradus doctor a.txt

Verbs
  train gpt      train a GPT on a text
  train mlp      train a perceptron on a table
  model summary  show the layers of a model
  doctor         check this installation

gradus VERB --help shows the options of a verb; gradus --version shows the version.
`

  test('lists the verbs for gradus alone', async () => {
    expect(await run([])).toEqual({ code: 0, stdout: verbs, stderr: '' })
    for (const argv of [['--help'], ['-h'], ['help']]) expect((await run(argv)).stdout).toBe(verbs)
  })

  test('lists the verbs of a group', async () => {
    const { code, stdout } = await run(['train', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(
      'Verbs\n  train gpt  train a GPT on a text\n  train mlp  train a perceptron on a table\n\n',
    )
    expect(stdout).not.toContain('doctor')
  })

  test('shows the examples of a verb first, then its options in columns', async () => {
    const expected = `gradus train gpt: train a GPT on a text

Examples
  gradus train gpt --data shakespeare.txt --out runs/bard

Usage
  gradus train gpt FILE [options]

Options
      --data FILE                text file to learn from [required]
  -o, --out FOLDER               folder for the run
  -n, --steps N                  how many updates [default 5000]
      --learning-rate, --lr N    peak learning rate [default 0.001]
      --lr-schedule NAME         how the learning rate changes [one of constant, cosine; default cosine]
      --clip-norm N              largest norm of the gradient
      --model.num-layers, --model.layers N
                                 transformer blocks [default 4]
      --model.embed-dim N        width of the embeddings [default 128]
      --model.num-heads N        attention heads in a block [default 4]
      --hidden N,...             widths of the hidden layers [default 64,32]
      --resume[=last|best|PATH]  go on from a checkpoint
      --[no-]shuffle             draw the windows in random order [default on]
      --overwrite                replace what is in the folder
      --preset NAME              start from a set of values in place of the defaults [one of tiny, long]

In every command
      --config FILE              read options from a JSON file; - is standard input
      --print-config             print the options in effect as JSON, and end
      --json                     write results and errors as JSON
  -q, --quiet                    write no progress and no messages
  -v, --verbose                  write a line for every step, and the stack of an unexpected error
  -h, --help                     show this help
`
    const wide = () => memoryIo({ columns: 110 })
    for (const argv of [
      ['train', 'gpt', '-h'],
      ['train', 'gpt', '--stpes', '-h', 'x'],
      ['help', 'train', 'gpt'],
    ]) {
      expect(await run(argv, { io: wide() })).toEqual({ code: 0, stdout: expected, stderr: '' })
    }
  })

  test('is wrapped to the width of the terminal', async () => {
    const { stdout } = await run(['train', 'gpt', '-h'], { io: memoryIo({ columns: 72 }) })
    expect(stdout).toContain(`
      --lr-schedule NAME         how the learning rate changes [one of
                                 constant, cosine; default cosine]
`)
  })
})
