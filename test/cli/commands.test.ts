import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as ort from 'onnxruntime-node'
import { fromArray } from '../../src/index.ts'
import { importOnnx } from '../../src/io/index.ts'
import { loadGpt } from '../../src/models/language-folder.ts'
import { gradus, isBuilt } from './gradus.ts'

// Real files, real child processes: the text is this project's own source.
const folder = mkdtempSync(join(tmpdir(), 'gradus-cli-'))
const data = join(folder, 'text.txt')
const small = [
  '--layers',
  '1',
  '--heads',
  '2',
  '--embed',
  '16',
  '--context',
  '16',
  '--batch',
  '4',
  '--eval-batches',
  '2',
  '--sample',
  '20',
]
const trainArgs = (out: string, ...more: string[]): string[] => [
  'train',
  'gpt',
  '--data',
  data,
  '--out',
  join(folder, out),
  ...small,
  ...more,
]
const trained = join(folder, 'trained')

const metrics = (out: string): { type: string; step: number; loss: number }[] =>
  readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

beforeAll(async () => {
  if (!isBuilt) throw new Error('dist is missing: run npm run build first (npm test does).')
  writeFileSync(data, readFileSync(fileURLToPath(new URL('../../src/core/shape.ts', import.meta.url))))
  const run = await gradus(trainArgs('trained', '--steps', '20', '--eval-every', '10'))
  expect(run.stderr).toContain('validation loss')
  expect(run.code).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('gradus train gpt', () => {
  test('ends with the run folder on standard output and writes no escape or carriage return into a pipe', async () => {
    const { code, stdout, stderr } = await gradus(trainArgs('plain', '--steps', '4', '--seed', '3'))
    expect(code).toBe(0)
    expect(stdout).toBe(`${join(folder, 'plain')}\n`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(stderr).not.toMatch(/[\x1b\r]/)
    expect(stderr).toContain('seed 3\n')
    expect(stderr).toContain(`npx gradus generate --model ${join(folder, 'plain')}`)
  })

  test('leaves a Hugging Face model folder and a log of every step', () => {
    const names = readdirSync(trained).sort()
    expect(names).toEqual([
      'checkpoint-20',
      'config.json',
      'generation_config.json',
      'metrics.jsonl',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'train.json',
      'trainer_state.json',
    ])
    const steps = metrics('trained').filter(line => line.type === 'step')
    expect(steps.map(line => line.step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss)
  })

  test('writes JSON Lines on standard output with --json', async () => {
    const { stdout } = await gradus(trainArgs('json', '--steps', '3', '--json', '--quiet'))
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { type: string })
    expect(lines.map(line => line.type)).toEqual(['step', 'step', 'step', 'eval', 'done'])
  })

  test('killed at a random step and resumed, gives the losses of a run that was never stopped', async () => {
    const args = ['--steps', '40', '--eval-every', '10', '--dropout', '0.1', '--verbose']
    const whole = await gradus(trainArgs('whole', ...args))
    expect(whole.code).toBe(0)
    const killed = await gradus(trainArgs('killed', ...args), { kill: { when: /step 2[3-9]\/40/, signal: 'SIGKILL' } })
    expect(killed.signal).toBe('SIGKILL')
    const resumed = await gradus(trainArgs('killed', ...args, '--resume'))
    expect(resumed.stderr).toMatch(/resuming from .*checkpoint-(20|30|40) at step/)
    expect(resumed.code).toBe(0)
    expect(metrics('killed')).toEqual(metrics('whole'))
    expect(readFileSync(join(folder, 'killed', 'model.safetensors'))).toEqual(
      readFileSync(join(folder, 'whole', 'model.safetensors')),
    )
  })

  test('interrupted once, saves, says how to go on, and exits with 130', async () => {
    const args = ['--steps', '4000', '--eval-every', '1000', '--verbose']
    const stopped = await gradus(trainArgs('stopped', ...args), { kill: { when: /step 7\/4000/, signal: 'SIGINT' } })
    expect(stopped.code).toBe(130)
    const [, at] = /stopped at step (\d+)/.exec(stopped.stderr)!
    expect(stopped.stderr).toContain(
      `gradus train gpt --config ${join(folder, 'stopped', 'train.json')} --out ${join(folder, 'stopped')} --resume`,
    )
    const state = JSON.parse(readFileSync(join(folder, 'stopped', 'trainer_state.json'), 'utf8')) as { step: number }
    expect(state.step).toBe(Number(at))
    const resumed = await gradus([
      'train',
      'gpt',
      '--config',
      join(folder, 'stopped', 'train.json'),
      '--out',
      join(folder, 'stopped'),
      '--resume',
      '--steps',
      String(Number(at) + 3),
    ])
    expect(resumed.code).toBe(0)
    expect(metrics('stopped').filter(line => line.type === 'step').length).toBe(Number(at) + 3)
  })

  test('stopped before the first evaluation, leaves the weights of that moment', async () => {
    const args = ['--steps', '4000', '--eval-every', '1000', '--verbose']
    const stopped = await gradus(trainArgs('early-stop', ...args), { kill: { when: /step 5\/4000/, signal: 'SIGINT' } })
    expect(stopped.code).toBe(130)
    const state = JSON.parse(readFileSync(join(folder, 'early-stop', 'trainer_state.json'), 'utf8')) as Record<
      string,
      unknown
    >
    expect(state.bestCheckpoint).toBe(state.lastCheckpoint)
    const last = readFileSync(join(folder, 'early-stop', String(state.lastCheckpoint), 'model.safetensors'))
    expect(readFileSync(join(folder, 'early-stop', 'model.safetensors'))).toEqual(last)
  })

  test('resumed from an older checkpoint, keeps what was best there until something is better', async () => {
    const args = ['--eval-every', '10', '--lr-schedule', 'constant']
    await gradus(trainArgs('back', ...args, '--steps', '20'))
    cpSync(join(folder, 'back', 'checkpoint-20'), join(folder, 'kept', 'checkpoint-20'), { recursive: true })
    await gradus(trainArgs('back', ...args, '--steps', '30', '--resume'))
    cpSync(join(folder, 'kept', 'checkpoint-20'), join(folder, 'back', 'checkpoint-20'), { recursive: true })
    const worse = await gradus(
      trainArgs('back', ...args, '--steps', '30', '--lr', '5', `--resume=${join(folder, 'back', 'checkpoint-20')}`),
    )
    expect(worse.code).toBe(0)
    const state = JSON.parse(readFileSync(join(folder, 'back', 'trainer_state.json'), 'utf8')) as {
      best: { step: number }
      bestCheckpoint: string
    }
    expect(state).toMatchObject({
      best: { step: 20 },
      bestCheckpoint: 'checkpoint-20',
      lastCheckpoint: 'checkpoint-30',
    })
    const best = readFileSync(join(folder, 'back', 'checkpoint-20', 'model.safetensors'))
    expect(readFileSync(join(folder, 'back', 'model.safetensors'))).toEqual(best)
  })

  test('resumed in another folder, begins a run of its own there', async () => {
    const { code } = await gradus(trainArgs('branch', '--steps', '22', `--resume=${trained}`))
    expect(code).toBe(0)
    expect(
      metrics('branch')
        .filter(line => line.type === 'step')
        .map(line => line.step),
    ).toEqual([21, 22])
    // What was best elsewhere is not there to be it.
    const state = JSON.parse(readFileSync(join(folder, 'branch', 'trainer_state.json'), 'utf8')) as object
    expect(state).toMatchObject({ best: { step: 22 }, bestCheckpoint: 'checkpoint-22' })
    expect(readdirSync(trained)).toContain('checkpoint-20')
  })

  test('a loss that is no longer finite exits with 5 and keeps the checkpoint before', async () => {
    const { code, stderr } = await gradus(
      trainArgs(
        'nan',
        '--steps',
        '50',
        '--lr',
        '1e30',
        '--clip',
        '0',
        '--lr-schedule',
        'constant',
        '--eval-every',
        '1',
      ),
    )
    expect(code).toBe(5)
    expect(stderr).toMatch(
      /error: train: the (validation )?loss became (NaN|Infinity) at step \d+\. Checkpoints from before are kept\./,
    )
    const evaluated = await gradus(['eval', '--model', join(folder, 'nan'), '--data', data, '--json'])
    expect(evaluated.code).toBe(0)
    expect(Number.isFinite((JSON.parse(evaluated.stdout) as { loss: number }).loss)).toBe(true)
    expect(metrics('nan').length).toBeGreaterThan(0)
  })

  test('stops early when evaluations bring no better loss', async () => {
    const { code, stderr } = await gradus(
      trainArgs(
        'early',
        '--steps',
        '200',
        '--eval-every',
        '2',
        '--patience',
        '2',
        '--lr',
        '1e-12',
        '--lr-schedule',
        'constant',
        '--eval-batches',
        '1',
      ),
    )
    expect(code).toBe(0)
    expect(stderr).toMatch(/stopped early at step \d+: no better loss in 2 evaluations/)
    expect(metrics('early').at(-1)!.step).toBeLessThan(200)
  })

  test('--dry-run does one update and writes nothing', async () => {
    const { code, stdout } = await gradus(trainArgs('dry', '--dry-run', '--json'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      input: [4, 16],
      parameters: expect.any(Number),
      loss: expect.any(Number),
    })
    expect(existsSync(join(folder, 'dry'))).toBe(false)
  })

  test('--accumulate makes one update of several batches', async () => {
    const { code } = await gradus(trainArgs('parts', '--steps', '3', '--accumulate', '3', '--dropout', '0.1'))
    expect(code).toBe(0)
    expect(metrics('parts').filter(line => line.type === 'step')).toHaveLength(3)
    // The first loss is the mean over three batches of the same untrained model.
    const whole = await gradus(trainArgs('atonce', '--steps', '3', '--batch', '12'))
    expect(whole.code).toBe(0)
    const first = (run: string): number => metrics(run).find(line => line.type === 'step')!.loss
    expect(Math.abs(first('parts') - first('atonce'))).toBeLessThan(0.1)
  })

  test('--tensorboard adds an event file', async () => {
    await gradus(trainArgs('events', '--steps', '2', '--tensorboard'))
    expect(readdirSync(join(folder, 'events')).filter(name => name.startsWith('events.out.tfevents.'))).toHaveLength(1)
  })

  test('--overwrite replaces an earlier run, and leaves a folder alone that no run wrote', async () => {
    expect((await gradus(trainArgs('again', '--steps', '2'))).code).toBe(0)
    expect((await gradus(trainArgs('again', '--steps', '3', '--overwrite'))).code).toBe(0)
    expect(metrics('again').filter(line => line.type === 'step')).toHaveLength(3)
    mkdirSync(join(folder, 'mine'))
    writeFileSync(join(folder, 'mine', 'thesis.tex'), 'years of work')
    const refused = await gradus(trainArgs('mine', '--overwrite'))
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('holds thesis.tex, which no run wrote, so it is not overwritten.'),
    })
    expect(readFileSync(join(folder, 'mine', 'thesis.tex'), 'utf8')).toBe('years of work')
    mkdirSync(join(folder, 'downloaded'))
    for (const name of ['config.json', 'model.safetensors']) writeFileSync(join(folder, 'downloaded', name), 'theirs')
    expect((await gradus(trainArgs('downloaded', '--overwrite'))).code).toBe(3)
    expect(readdirSync(join(folder, 'downloaded'))).toEqual(['config.json', 'model.safetensors'])
  })

  test('a full disk is one clear line, and the earlier checkpoint still loads', async context => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', disk], { stdio: 'ignore' })
    } catch {
      context.skip('mounting a small disk needs root')
    }
    try {
      const out = join(disk, 'run')
      const fits = await gradus(['train', 'gpt', '--data', data, '--out', out, ...small, '--steps', '2'])
      expect(fits.code).toBe(0)
      writeFileSync(join(disk, 'filler'), '')
      try {
        for (;;) writeFileSync(join(disk, 'filler'), Buffer.alloc(1024), { flag: 'a' })
      } catch {
        // The disk is full now.
      }
      const full = await gradus(['train', 'gpt', '--data', data, '--out', out, ...small, '--steps', '4', '--resume'])
      expect(full.code).toBe(1)
      expect(full.stderr.trim().split('\n').at(-1)).toMatch(
        /^error: .*could not be written: no space left on device \(ENOSPC\)/,
      )
      expect((await gradus(['eval', '--model', out, '--data', data])).code).toBe(0)
      expect((await gradus(['eval', '--model', join(out, 'checkpoint-2'), '--data', data])).code).toBe(0)
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

describe('gradus model export', () => {
  test('writes an ONNX file that gives the model’s logits for any batch and length', async () => {
    const { stdout, code } = await gradus(['model', 'export', trained, '--to', 'onnx'])
    expect(code).toBe(0)
    expect(stdout).toContain('input  ids    int32   [batch, time]')
    const { model } = await loadGpt(trained)
    const session = await ort.InferenceSession.create(join(trained, 'model.onnx'))
    for (const [batch, time] of [
      [1, 3],
      [2, 16],
    ] as const) {
      const ids = Int32Array.from({ length: batch * time }, (_, i) => i % 5)
      const { output } = await session.run({ ids: new ort.Tensor('int32', ids, [batch, time]) })
      const expected = await model.forward(fromArray(ids, [batch, time], 'int32')).data()
      expect(output!.dims).toEqual([batch, time, model.config.vocabSize])
      const worst = expected.reduce((w, x, i) => Math.max(w, Math.abs(x - (output!.data as Float32Array)[i]!)), 0)
      expect(worst).toBeLessThan(1e-5)
    }
    await session.release()
    rmSync(join(trained, 'model.onnx'))
  })
  test('fixes sizes, chooses the opset, and puts weights into a second file when asked', async () => {
    const out = join(folder, 'fixed.onnx')
    const args = ['--batch', '2', '--time', '4', '--opset', '21', '--external-data', '--out', out, '--json']
    const { stdout } = await gradus(['model', 'export', '--model', trained, ...args])
    const document = JSON.parse(stdout) as { files: { path: string; bytes: number }[]; inputs: { ids: number[] } }
    expect(document.inputs.ids).toEqual([2, 4])
    expect(document.files.map(f => f.path)).toEqual([out, `${out}.data`])
    expect(importOnnx(readFileSync(out), { folder }).graph).toMatchObject({ opsets: { '': 21 } })
  })
  test('refuses a length beyond the context as a mistake of the call, and a folder without a model', async () => {
    expect(await gradus(['model', 'export', trained, '--time', '17'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("model export: --time is 17, and the model's context is 16. Give at most that."),
    })
    expect((await gradus(['model', 'export', folder])).code).toBe(4)
  })
})

describe('gradus eval', () => {
  test('prints one JSON document that agrees with the training log', async () => {
    const { stdout, code } = await gradus(['eval', '--model', trained, '--data', data, '--split', 'val', '--json'])
    expect(code).toBe(0)
    const document = JSON.parse(stdout) as { loss: number; perplexity: number; bitsPerByte: number; tokens: number }
    const logged = metrics('trained')
      .filter(line => line.type === 'eval')
      .at(-1)!.loss
    expect(Math.abs(document.loss - logged)).toBeLessThan(0.5)
    expect(document.perplexity).toBeCloseTo(Math.exp(document.loss), 6)
    const text = readFileSync(data, 'utf8')
    const val = text.slice(Math.floor(text.length * 0.9))
    expect(document.tokens).toBe([...val].length - 1)
    const bytes = new TextEncoder().encode([...val].slice(1).join('')).length
    expect(document.bitsPerByte).toBeCloseTo((document.loss * document.tokens) / Math.LN2 / bytes, 6)
  })

  test('exits with 6 when the loss is above --max-loss', async () => {
    expect((await gradus(['eval', '--model', trained, '--data', data, '--max-loss', '0.1'])).code).toBe(6)
    expect((await gradus(['eval', '--model', trained, '--data', data, '--max-loss', '100'])).code).toBe(0)
  })

  test('reads standard input, and the whole text with --split all', async () => {
    const { stdout } = await gradus(['eval', '--model', trained, '--data', '-', '--split', 'all', '--json'], {
      stdin: 'const x = 1\n',
    })
    expect(JSON.parse(stdout)).toMatchObject({ tokens: 11, split: 'all' })
  })
})

describe('gradus generate', () => {
  const args = ['generate', '--model', trained, '--prompt', 'const', '--tokens', '40', '--quiet']

  test('writes the same text every time for a seed, and another for another', async () => {
    const first = await gradus([...args, '--seed', '7', '--top-k', '20'])
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^const[\s\S]{40}\n$/)
    expect((await gradus([...args, '--seed', '7', '--top-k', '20'])).stdout).toBe(first.stdout)
    expect((await gradus([...args, '--seed', '8', '--top-k', '20'])).stdout).not.toBe(first.stdout)
  })

  test('is greedy at temperature 0, whatever the seed', async () => {
    const [a, b] = [
      await gradus([...args, '--temperature', '0', '--seed', '1']),
      await gradus([...args, '--temperature', '0', '--seed', '2']),
    ]
    expect(a.stdout).toBe(b.stdout)
  })

  test('streams JSON Lines with --json', async () => {
    const { stdout } = await gradus([...args, '--tokens', '3', '--json'])
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { type: string; text: string })
    expect(lines.map(line => line.type)).toEqual(['token', 'token', 'token', 'done'])
    expect(lines[3]!.text).toBe(
      lines
        .slice(0, 3)
        .map(line => line.text)
        .join(''),
    )
  })

  test('ends quietly when its reader goes away', () => {
    const command = `"${process.execPath}" "${fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))}" generate --model "${trained}" --tokens 300 --json --quiet 2>"${join(folder, 'err')}" | head -1`
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toMatch(/^\{"type":"token"/)
    expect(readFileSync(join(folder, 'err'), 'utf8')).toBe('')
  })
})

describe('gradus model summary and doctor', () => {
  test('the summary adds up to the parameters in the file', async () => {
    const { stdout } = await gradus(['model', 'summary', trained, '--json'])
    const { parameters, layers, flopsPerToken } = JSON.parse(stdout) as {
      parameters: number
      flopsPerToken: number
      layers: { parameters: number; flopsPerToken: number }[]
    }
    expect(layers.reduce((n, l) => n + l.parameters, 0)).toBe(parameters)
    expect(layers.reduce((n, l) => n + l.flopsPerToken, 0)).toBe(flopsPerToken)
    const header = readFileSync(join(trained, 'model.safetensors'))
    const length = Number(header.readBigUInt64LE(0))
    expect((header.length - 8 - length) / 4).toBe(parameters)
  })

  test('the doctor tries every engine, and those on the CPU work', async () => {
    const { stdout, code } = await gradus(['doctor', '--json'])
    expect(code).toBe(0)
    const { engines, versions } = JSON.parse(stdout) as {
      engines: { name: string; ok: boolean }[]
      versions: Record<string, string>
    }
    // Whether webgpu works is the machine's affair.
    expect(engines.map(e => [e.name, e.ok || e.name === 'webgpu'])).toEqual([
      ['native', true],
      ['wasm', true],
      ['webgpu', true],
      ['reference', true],
    ])
    expect(versions.gradus).toMatch(/^\d+\.\d+\.\d+$/)
  })
})

describe('bad input is one clear line and the documented exit code', () => {
  const last = (stderr: string): string => stderr.trim().split('\n').at(-1)!
  const cases: [string, () => string[], number, RegExp][] = [
    [
      'missing data',
      () => ['train', 'gpt', '--data', join(folder, 'no.txt')],
      3,
      /no\.txt: could not be read: no such file or directory \(ENOENT\)\. Give a text file/,
    ],
    ['no data named', () => ['train', 'gpt'], 2, /--data/],
    [
      'empty data',
      () => ['train', 'gpt', '--data', join(folder, 'empty.txt')],
      3,
      /empty\.txt: is empty\. Give some text\./,
    ],
    [
      'a text shorter than a context',
      () => ['train', 'gpt', '--data', join(folder, 'short.txt')],
      3,
      /short\.txt: the training part has 9 tokens, fewer than a context of 64 and the token after it\. Give a longer text, or choose a --context of at most/,
    ],
    [
      'a text that is not UTF-8',
      () => ['train', 'gpt', '--data', join(folder, 'latin1.txt')],
      3,
      /latin1\.txt: is not UTF-8 at byte 3 \(0xe9\)\./,
    ],
    ['an unknown flag', () => ['train', 'gpt', '--data', data, '--layer', '3'], 2, /--layer.*--layers/],
    [
      'heads that do not divide the embedding',
      () => ['train', 'gpt', '--data', data, '--heads', '3', '--embed', '16'],
      2,
      /--heads 3 does not divide --embed 16/,
    ],
    ['a number that is none', () => ['train', 'gpt', '--data', data, '--steps', 'many'], 2, /steps/],
    [
      'a folder that is not empty',
      () => trainArgs('trained'),
      3,
      /the output folder is not empty\. Pass --overwrite to replace it, --resume to go on with it/,
    ],
    ['nothing to resume', () => trainArgs('nothing', '--resume'), 4, /has no checkpoint to resume from/],
    [
      'resuming with other symbols',
      () => trainArgs('trained', '--resume', '--data', join(folder, 'other.txt')),
      4,
      /the text has other symbols than the one that .* was trained on\. Resume with that text/,
    ],
    [
      'a rate that has no effect',
      () => trainArgs('x', '--lr-schedule', 'constant', '--min-lr', '1e-5'),
      2,
      /--min-lr has no effect with --lr-schedule constant/,
    ],
    ['a lowest rate above the peak', () => trainArgs('x', '--min-lr', '1'), 2, /--min-lr 1 is above --lr 0\.001/],
    [
      'resuming another architecture',
      () => trainArgs('trained', '--resume', '--embed', '32'),
      4,
      /Load it into a model of the same configuration\./,
    ],
    [
      'a model folder that is missing',
      () => ['generate', '--model', join(folder, 'none')],
      4,
      /config\.json: could not be read: no such file/,
    ],
    ['a prompt with a symbol never seen', () => ['generate', '--model', trained, '--prompt', 'const 漢'], 3, /漢/],
    ['a truncated safetensors file', () => ['generate', '--model', join(folder, 'truncated')], 4, /model\.safetensors/],
    [
      'a corrupt safetensors file',
      () => ['eval', '--model', join(folder, 'corrupt'), '--data', data],
      4,
      /model\.safetensors/,
    ],
    [
      'a checkpoint of another architecture',
      () => ['generate', '--model', join(folder, 'bert')],
      4,
      /model_type is "bert"\. Language models that can be loaded are gpt2/,
    ],
    ['an unknown verb', () => ['trian', 'gpt'], 2, /Did you mean gradus train\?/],
    ['a temperature below zero', () => ['generate', '--model', trained, '--temperature=-1'], 2, /temperature/],
  ]

  beforeAll(() => {
    writeFileSync(join(folder, 'empty.txt'), '')
    writeFileSync(join(folder, 'other.txt'), `${readFileSync(data, 'utf8').replaceAll('S', 'R')}`)
    writeFileSync(join(folder, 'short.txt'), 'too short.')
    writeFileSync(join(folder, 'latin1.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]))
    for (const name of ['truncated', 'corrupt', 'bert']) {
      mkdirSync(join(folder, name))
      for (const file of ['config.json', 'tokenizer.json', 'model.safetensors'])
        writeFileSync(join(folder, name, file), readFileSync(join(trained, file)))
    }
    truncateSync(join(folder, 'truncated', 'model.safetensors'), 5000)
    const bytes = readFileSync(join(folder, 'corrupt', 'model.safetensors'))
    bytes.fill(0xff, 0, 8)
    writeFileSync(join(folder, 'corrupt', 'model.safetensors'), bytes)
    const config = JSON.parse(readFileSync(join(trained, 'config.json'), 'utf8')) as object
    writeFileSync(join(folder, 'bert', 'config.json'), JSON.stringify({ ...config, model_type: 'bert' }))
  })

  test.each(cases)('%s', async (_, args, code, message) => {
    const ended = await gradus(args())
    expect(last(ended.stderr)).toMatch(message)
    expect(last(ended.stderr)).toMatch(/^error: /)
    expect(ended.stderr).not.toContain('    at ')
    expect(ended.stdout).toBe('')
    expect(ended.code).toBe(code)
  })

  test('errors are JSON on standard error with --json', async () => {
    const { stderr } = await gradus(['generate', '--model', join(folder, 'none'), '--json'])
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!)).toMatchObject({
      error: { code: 'model', message: expect.stringContaining('config.json') },
    })
  })

  test('a number of threads that is none', async () => {
    const { stdout } = await gradus(['doctor', '--json'], { env: { GRADUS_THREADS: 'many' } })
    const { engines } = JSON.parse(stdout) as { engines: { name: string; problem: string | null }[] }
    expect(engines[0]!.problem).toContain('GRADUS_THREADS is "many". Set a whole number of at least 1, or leave it out')
  })

  test('an unknown engine names those there are', async () => {
    const { code, stderr } = await gradus(['doctor'], { env: { GRADUS_ENGINE: 'cuda' } })
    expect(code).toBe(2)
    expect(last(stderr)).toBe(
      'error: GRADUS_ENGINE: there is no engine "cuda". Known here: native, wasm, webgpu, reference.',
    )
  })
})
