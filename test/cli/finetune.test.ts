import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setSeed } from '../../src/index.ts'
import { Gpt } from '../../src/models/index.ts'
import { saveLanguageModel } from '../../src/models/language-folder.ts'
import { ByteTokenizer } from '../../src/text/index.ts'
import { gradus, isBuilt } from './gradus.ts'

// Real files, real child processes: the text is this project's own source.
const folder = mkdtempSync(join(tmpdir(), 'gradus-tune-'))
const at = (name: string): string => join(folder, name)
const read = (...path: string[]): Buffer => readFileSync(join(folder, ...path))
const tune = (out: string, more: string, options = {}) =>
  gradus(
    `train --base ${at('base')} --data ${at('text.txt')} --out ${at(out)} --batch 4 --sample 10 ${more}`.split(' '),
    options,
  )
const losses = (out: string): number[] =>
  read(out, 'metrics.jsonl')
    .toString()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { type: string; loss: number })
    .filter(({ type }) => type === 'step')
    .map(({ loss }) => loss)
const written = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await gradus([
    'generate',
    ...args,
    '--prompt',
    'const ',
    '--tokens',
    '12',
    '--seed',
    '3',
  ])
  expect([code, stderr]).toEqual([0, 'seed 3\n'])
  return stdout
}

beforeAll(async () => {
  if (!isBuilt) throw new Error('dist is missing: run npm run build first (npm test does).')
  writeFileSync(at('text.txt'), readFileSync(fileURLToPath(new URL('../../src/core/shape.ts', import.meta.url))))
  const chats = Array.from({ length: 24 }, (_, i) => ({
    messages: [
      { role: 'user', content: `say ${i}` },
      { role: 'assistant', content: i % 2 === 0 ? 'even' : 'odd' },
    ],
  }))
  writeFileSync(at('chats.jsonl'), chats.map(chat => JSON.stringify(chat)).join('\n'))
  setSeed(1)
  const model = new Gpt({ vocabSize: 256, contextLength: 32, numLayers: 1, numHeads: 2, embedDim: 16, dropout: 0 })
  await saveLanguageModel(at('base'), model, new ByteTokenizer())
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('gradus train', () => {
  test('--lora leaves adapters that generate reads beside the base, alone, or merged, and goes on exactly', async () => {
    const before = read('base', 'model.safetensors')
    const more = '--lora --rank 2 --lr 0.02 --steps 60 --eval-every 30'
    const whole = await tune('lora', `${more} --merge ${at('merged')}`)
    expect(whole.stderr).toMatch(
      /512 of 8,432 parameters are trained, 6\.07 %: rank 2 in 4 layers \(c_attn, c_proj, c_fc\)/,
    )
    expect(whole.stderr).toContain(`npx gradus generate --model ${at('base')} --adapter ${at('lora')}`)
    expect([whole.code, whole.stdout]).toEqual([0, `${at('lora')}\n`])
    const [, after, base] = /validation loss (\S+) nats per token, (\S+) before/.exec(whole.stderr)!
    expect(Number(after)).toBeLessThan(Number(base) - 0.02)
    expect(read('base', 'model.safetensors')).toEqual(before)
    expect(readdirSync(at('lora'))).toEqual(
      expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'train.json', 'metrics.jsonl']),
    )
    const apart = await written('--model', at('base'), '--adapter', at('lora'))
    expect(await written('--model', at('lora'))).toBe(apart)
    expect(await written('--model', at('merged'))).toBe(apart)
    expect(await written('--model', at('base'))).not.toBe(apart)

    const stopped = await tune('part', more, { kill: { when: /step \d/, signal: 'SIGINT' } })
    expect(stopped.stderr).toContain(`npx gradus train --config ${join(at('part'), 'train.json')}`)
    expect(stopped.code).toBe(130)
    const on = await gradus([
      'train',
      '--config',
      join(at('part'), 'train.json'),
      '--out',
      at('part'),
      '--resume',
      '--sample',
      '0',
    ])
    expect(on.code).toBe(0)
    expect(losses('part')).toEqual(losses('lora'))
    expect(read('part', 'adapter_model.safetensors')).toEqual(read('lora', 'adapter_model.safetensors'))
    const again = await tune('lora', '--lora --rank 1 --steps 2 --overwrite')
    expect([again.code, again.stdout]).toEqual([0, `${at('lora')}\n`])
  })

  test('without --lora trains the whole model into a folder of its own, and --json is a stream', async () => {
    const { code, stdout, stderr } = await tune('full', '--steps 40 --lr 0.01 --json')
    expect(code).toBe(0)
    expect(stderr).toContain('parameters, all of them trained')
    const done = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number | string>
    expect(done).toMatchObject({ type: 'done', step: 40, out: at('full') })
    expect(done.validationLoss).toBeLessThan(Number(done.baseLoss) - 0.3)
    expect(await written('--model', at('full'))).toMatch(/^const /)
  })

  test('learns the answers of conversations by a chat template, which the folder then has', async () => {
    const args = `train --base ${at('base')} --data ${at('chats.jsonl')} --chat-template plain --packing --out ${at('chat')}`
    const { code, stderr } = await gradus(`${args} --batch 4 --steps 60 --lr 0.02 --eval-every 60`.split(' '))
    expect(stderr).toMatch(/22 examples to train on in \d+ windows of 32 tokens, \d+ of them answers; 2 examples to/)
    expect(stderr).toContain('user: say')
    expect(code).toBe(0)
    const [, after, base] = /validation loss (\S+) nats per token, (\S+) before/.exec(stderr)!
    expect(Number(after)).toBeLessThan(Number(base) / 3)
    expect(JSON.parse(read('chat', 'tokenizer_config.json').toString()).chat_template).toContain('messages')
    // What was learned so is the template of the next run.
    const on = await gradus(
      `train --base ${at('chat')} --data ${at('chats.jsonl')} --out ${at('chat2')} --steps 1 --sample 0`.split(' '),
    )
    expect(on.code).toBe(0)
  })

  test('eval few-shot scores answers with and without examples', async () => {
    const items = Array.from({ length: 6 }, (_, i) => ({
      input: `${i}`,
      output: i % 2 ? 'b' : 'a',
      choices: ['a', 'b'],
    }))
    writeFileSync(at('items.jsonl'), items.map(item => JSON.stringify(item)).join('\n'))
    const args = [
      'eval',
      'few-shot',
      '--model',
      at('base'),
      '--data',
      at('items.jsonl'),
      '--template',
      '{input}={output}',
    ]
    const { code, stdout } = await gradus([...args, '--separator', '\\n', '--shots', '0,3', '--json'])
    expect(code).toBe(0)
    const { scores } = JSON.parse(stdout) as {
      scores: { shots: number; items: number; loss: number; accuracy: number }[]
    }
    expect(scores.map(({ shots, items: asked }) => [shots, asked])).toEqual([
      [0, 6],
      [3, 6],
    ])
    for (const { loss, accuracy } of scores) {
      expect(Math.abs(loss - Math.log(256))).toBeLessThan(1)
      expect(accuracy * 6).toBeCloseTo(Math.round(accuracy * 6), 6)
    }
    const table = await gradus([...args, '--separator', '\\n', '--shots', '0'])
    expect(table.stdout).toMatch(/^shots {2}loss of the answer {2}likeliest choice right {2}written right\n {4}0 /)
  })

  test('what the base has not, or is not there, is refused in a line', async () => {
    const refused = async (more: string, code: number, message: string): Promise<void> => {
      const found = await gradus(['train', '--out', at('refused'), ...more.split(' ').filter(Boolean)])
      expect(found.stderr).toContain(message)
      expect([found.code, found.stdout]).toEqual([code, ''])
    }
    const given = `--base ${at('base')} --data ${at('text.txt')}`
    await Promise.all([
      refused('', 2, 'error: train: --base PATH is required'),
      refused(`${given} --rank 4`, 2, 'train: --rank is for adapters. Give --lora too, or leave it out.'),
      refused(`--base ${at('none')} --data ${at('text.txt')}`, 4, 'could not be read: no such file or directory'),
      refused(
        `--base ${at('base')} --data ${at('chats.jsonl')}`,
        4,
        'has conversations, and the model no chat template.',
      ),
      refused(`${given} --lora --targets q_proj`, 2, 'lora: no linear layer is named "q_proj".'),
    ])
  })

  test('train with a name goes to that name, and its help lists what can be trained', async () => {
    const [typo, help, own] = await Promise.all(
      [['gtp'], ['--help'], ['--lora', '--help']].map(more => gradus(['train', ...more])),
    )
    expect(typo!.stderr).toContain('Did you mean gradus train gpt?')
    expect(help!.stdout).toContain('train --base PATH')
    expect(help!.stdout).toContain('train gpt')
    expect(own!.stdout).toContain('gradus train: go on training')
  })
})
