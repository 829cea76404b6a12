import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gradus, isBuilt } from './gradus.ts'

// Real files, real child processes: the text is this project's own source.
const folder = mkdtempSync(join(tmpdir(), 'gradus-lstm-'))
const data = join(folder, 'text.txt')
const args = (out: string, ...more: string[]): string[] =>
  `train lstm --data ${data} --out ${join(folder, out)} --layers 1 --hidden 16 --context 16 --batch 4 --sample 20`
    .split(' ')
    .concat(more)
const losses = (out: string): number[] =>
  readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { type: string; loss: number })
    .filter(({ type }) => type === 'step')
    .map(({ loss }) => loss)

beforeAll(() => {
  if (!isBuilt) throw new Error('dist is missing: run npm run build first (npm test does).')
  writeFileSync(data, readFileSync(fileURLToPath(new URL('../../src/core/shape.ts', import.meta.url))))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('gradus train lstm', () => {
  test('leaves a model folder, says how to go on, and goes on exactly', async () => {
    const more = ['--steps', '300', '--eval-every', '150']
    const whole = await gradus(args('whole', ...more))
    expect(whole.stderr).toContain('lstm, 1 layer of 16, windows of 16')
    expect(whole.stderr).toContain('nats per token over the whole split')
    expect(whole.stderr).toContain(`npx gradus generate --model ${join(folder, 'whole')}`)
    expect(whole.stdout).toBe(`${join(folder, 'whole')}\n`)
    expect(whole.code).toBe(0)
    const files = readdirSync(join(folder, 'whole'))
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors', 'train.json', 'metrics.jsonl'])
      expect(files).toContain(name)

    const stopped = await gradus(args('part', ...more), { kill: { when: /step \d/, signal: 'SIGINT' } })
    expect(stopped.stderr).toContain('npx gradus train lstm --config')
    expect(losses('part').length).toBeLessThan(300)
    const on = await gradus(args('part', ...more, '--resume'))
    expect(on.code).toBe(0)
    expect(losses('part')).toEqual(losses('whole'))
  })

  test.each([
    ['gru', []],
    ['bengio', ['--order', '4', '--embed', '8', '--direct']],
    ['mamba', ['--state-size', '4']],
  ])('trains %s', async (cell, more) => {
    const given = args(cell, '--cell', cell, '--steps', '3', ...more)
    const at = given.indexOf('--layers')
    const { code, stderr } = await gradus(cell === 'bengio' ? [...given.slice(0, at), ...given.slice(at + 2)] : given)
    expect(stderr).toContain(`parameters: ${cell}, `)
    expect(stderr).toContain('nats per token')
    expect(code).toBe(0)
  })

  test('with --dry-run writes nothing', async () => {
    const { code, stdout } = await gradus(args('dry', '--dry-run', '--json'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout).input).toEqual([4, 16])
    expect(readdirSync(folder)).not.toContain('dry')
  })

  test('says what options do not go together before it reads anything', async () => {
    const { code, stderr } = await gradus(args('wrong', '--order', '4', '--data', 'no-such-file'))
    expect(code).not.toBe(0)
    expect(stderr).toContain('train lstm: --order means nothing to --cell lstm; only bengio has it. Leave it out.')
  })
})
