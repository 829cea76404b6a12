import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataFile } from '../data-folder.ts'
import { gradus, isBuilt } from './gradus.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-language-'))
const text = join(folder, 'text.txt')
const run = join(folder, 'run')
const document = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
const generated = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await gradus(['generate', '--model', run, '--quiet', ...args])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

describe.skipIf(!isBuilt)('a Llama with tokens of words and pieces (skipped where dist is not built)', () => {
  beforeAll(async () => {
    const words = ['the cat', 'a dog', 'sat on', 'ran to', 'the mat', 'its home', 'and then']
    writeFileSync(
      text,
      Array.from({ length: 1500 }, (_, i) => `${words[(i * i + 3 * i) % 7]}${i % 5 === 0 ? '.\n' : ' '}`).join(''),
    )
    const args = [
      '--data',
      text,
      '--out',
      run,
      '--tokenizer',
      'bpe',
      '--vocab-size',
      '270',
      '--layers',
      '1',
      '--heads',
      '4',
    ]
    const sizes = ['--key-heads', '2', '--embed', '16', '--hidden', '24', '--context', '32', '--sliding-window', '16']
    const ended = await gradus([
      'train',
      'llama',
      ...args,
      ...sizes,
      '--steps',
      '30',
      '--eval-every',
      '15',
      '--sample',
      '10',
    ])
    expect(ended.stderr).toContain('1 layers, 4 heads on 2 of keys, 16 wide, context 32, 270 symbols')
    expect(ended.code).toBe(0)
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is saved as what it is, with its tokenizer', () => {
    const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'))
    expect(config).toMatchObject({
      model_type: 'mistral',
      num_key_value_heads: 2,
      intermediate_size: 24,
      sliding_window: 16,
    })
    expect(JSON.parse(readFileSync(join(run, 'tokenizer.json'), 'utf8')).model.type).toBe('BPE')
    expect(config.eos_token_id).toBe(0)
    expect(JSON.parse(readFileSync(join(run, 'tokenizer_config.json'), 'utf8')).eos_token).toBe('<|endoftext|>')
  })

  test('writes tokens with ln p of each and of others', async () => {
    const lines = document(
      await generated('--prompt', 'the cat', '--tokens', '5', '--json', '--logprobs', '2', '--ignore-end'),
    )
    const tokens = lines.slice(0, -1)
    expect(tokens).toHaveLength(5)
    for (const token of tokens) {
      expect(token).toMatchObject({ type: 'token', id: expect.any(Number), text: expect.any(String) })
      expect(token.logprob).toBeLessThan(0)
      expect((token.alternatives as unknown[]).length).toBe(2)
      expect((token.alternatives as { logprob: number }[])[0]!.logprob).toBeGreaterThanOrEqual(token.logprob as number)
    }
    expect(lines.at(-1)).toMatchObject({ type: 'done', prompt: 'the cat', tokens: 5, reason: 'length' })
    expect(lines.at(-1)!.text).toBe(tokens.map(token => token.text).join(''))
  })

  test('stops at a string, and each way of drawing has an effect', async () => {
    const plain = await generated('--prompt', 'a dog', '--tokens', '40', '--ignore-end')
    const stop = plain.slice(20, 23)
    expect(await generated('--prompt', 'a dog', '--tokens', '40', '--ignore-end', '--stop', stop)).toBe(
      `${plain.slice(0, plain.indexOf(stop, 5))}\n`,
    )
    for (const option of [
      '--min-p=0.9',
      '--typical-p=0.05',
      '--repetition-penalty=5',
      '--frequency-penalty=3',
      '--presence-penalty=9',
    ])
      expect(await generated('--prompt', 'a dog', '--tokens', '40', '--ignore-end', option)).not.toBe(plain)
  })

  test('with itself as a draft writes the same, and says how often the draft was right', async () => {
    const args = ['--prompt', 'a dog', '--tokens', '20', '--temperature', '0', '--ignore-end']
    const { stdout, stderr } = await gradus(['generate', '--model', run, ...args, '--draft', run, '--proposals', '3'])
    expect(stdout).toBe(await generated(...args))
    const [, taken, proposed] = /(\d+) of (\d+) tokens that the draft proposed were taken/.exec(stderr)!
    expect(taken).toBe(proposed)
  })

  test('goes on from each line of a file, as from each alone', async () => {
    const prompts = join(folder, 'prompts.txt')
    writeFileSync(prompts, 'the cat sat on\na\nits home and then the\n')
    const args = ['--tokens', '12', '--temperature', '0', '--ignore-end']
    const lines = document(await generated(...args, '--prompts', prompts, '--json'))
    expect(lines.map(({ type }) => type)).toEqual(['text', 'text', 'text', 'done'])
    for (const line of lines.slice(0, 3))
      expect(`${line.prompt}${line.text}\n`).toBe(await generated(...args, '--prompt', line.prompt as string))
  })

  test('searches for likely texts', async () => {
    const found = document(
      await generated('--prompt', 'the', '--tokens', '8', '--beams', '4', '--n-best', '3', '--json'),
    )
    const texts = found[0]!.texts as { text: string; score: number }[]
    expect(texts).toHaveLength(3)
    expect(texts.map(({ score }) => score)).toEqual(texts.map(({ score }) => score).sort((a, b) => b - a))
    expect(await generated('--prompt', 'the', '--tokens', '8', '--beams', '4')).toBe(`the${texts[0]!.text}\n`)
  })

  test.each<[string[], number, string]>([
    [
      ['--beams', '3', '--top-k', '4'],
      2,
      'generate: --top-k has no effect with --beams, which searches in place of drawing.',
    ],
    [['--n-best', '2'], 2, 'generate: --n-best is for a search. Give --beams too.'],
    [['--beams', '2', '--n-best', '3'], 2, 'generate: --n-best 3 is more than the 2 of --beams.'],
    [['--proposals', '2'], 2, 'generate: --proposals is of the draft. Give --draft too.'],
    [['--prompt', 'a', '--prompts', 'b'], 2, 'generate: --prompt and --prompts contradict each other.'],
    [['--prompt', 'the '.repeat(100), '--overflow', 'error'], 3, 'and the context is 32 long. Give a shorter prompt'],
    [['--tokenizer', 'nowhere.json'], 4, 'nowhere.json: could not be read'],
  ])('%j is refused', async (args, code, message) => {
    const ended = await gradus(['generate', '--model', run, ...args])
    expect(ended.stderr).toContain(message)
    expect(ended).toMatchObject({ code, stdout: '' })
  })

  test('is measured with more before each token the shorter the stride', async () => {
    const losses: number[] = []
    for (const stride of ['32', '8']) {
      const { stdout } = await gradus(['eval', '--model', run, '--data', text, '--json', '--stride', stride])
      losses.push((JSON.parse(stdout) as { loss: number }).loss)
    }
    expect(losses[1]).toBeLessThan(losses[0]!)
    const { code, stderr } = await gradus(['eval', '--model', run, '--data', text, '--stride', '33'])
    expect(stderr).toContain("eval: --stride is 33, and the model's context is 32. Give at most that.")
    expect(code).toBe(2)
  })

  test('is listed by layers', async () => {
    const { stdout } = await gradus(['model', 'summary', run, '--json'])
    const { architecture, parameters, layers } = JSON.parse(stdout)
    expect(architecture).toBe('mistral')
    expect(layers.reduce((sum: number, l: { parameters: number }) => sum + l.parameters, 0)).toBe(parameters)
    expect(layers.map((l: { name: string }) => l.name)).toContain('model.layers.0.mlp.gate_proj')
  })

  test('has experts where they are asked for', async () => {
    const args = ['--data', text, '--out', join(folder, 'mixed'), '--layers', '1', '--heads', '2', '--embed', '16']
    const ended = await gradus([
      'train',
      'llama',
      ...args,
      '--context',
      '16',
      '--experts',
      '4',
      '--steps',
      '20',
      '--sample',
      '0',
    ])
    expect(ended.code).toBe(0)
    const config = JSON.parse(readFileSync(join(folder, 'mixed', 'config.json'), 'utf8'))
    expect(config).toMatchObject({ model_type: 'mixtral', num_local_experts: 4, num_experts_per_tok: 2 })
    const { stdout, code } = await gradus(['generate', '--model', join(folder, 'mixed'), '--tokens', '5', '--quiet'])
    expect(code).toBe(0)
    expect(stdout.length).toBeGreaterThan(5)
  })

  test.each<[string[], string, number?]>([
    [['--tokenizer', 'nonsense'], '--tokenizer is "nonsense", which is neither bpe, wordpiece', 3],
    [
      ['--tokenizer', 'char', '--vocab-size', '99'],
      'train llama: --vocab-size 99 has no effect with --tokenizer char.',
    ],
    [['--heads', '3'], 'train llama: --heads 3 does not divide --embed 128.'],
    [['--experts-per-token', '2'], 'train llama: --experts-per-token is for a model with experts. Give --experts too.'],
    [
      ['--experts', '3', '--experts-per-token', '4'],
      'train llama: --experts-per-token 4 is more than the 3 of --experts.',
    ],
    [['--key-heads', '3'], 'train llama: --key-heads 3 does not divide --heads 4.'],
  ])('is not trained with %j', async (args, message, exit = 2) => {
    const { code, stderr } = await gradus(['train', 'llama', '--data', text, '--out', join(folder, 'no'), ...args])
    expect(stderr).toContain(message)
    expect(code).toBe(exit)
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })
})

const stories = dataFile('checkpoints/llama2c_stories260K/stories260K.bin')
const tokens = dataFile('checkpoints/llama2c_stories260K/tok512.bin')
describe.skipIf(!isBuilt || !stories || !tokens)(
  'a published checkpoint of llama2.c (skipped without the data)',
  () => {
    test.each(['native', 'wasm', 'reference'])('tells its story on %s', async engine => {
      const args = ['--tokenizer', tokens!, '--prompt', '', '--tokens', '60', '--temperature', '0', '--quiet']
      const { stdout, code } = await gradus(['generate', '--model', stories!, ...args], {
        env: { GRADUS_ENGINE: engine },
      })
      expect(code).toBe(0)
      expect(stdout).toMatch(
        /^Once upon a time, there was a little girl named Lily\. She loved to play outside in the park\. One day, she saw a big, red ball\./,
      )
    })
    test('has no tokenizer of its own', async () => {
      const { stderr, code } = await gradus(['generate', '--model', stories!])
      expect(stderr).toContain('a checkpoint of llama2.c has no tokenizer in it. Give one with --tokenizer')
      expect(code).toBe(4)
    })
  },
)
