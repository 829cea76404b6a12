import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'
import type { Look } from './shot.ts'

const cli = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))
const write = (options: object) => ({ write: 'The ', tokens: 24, ...options })

describeStudio('GPT', studio => {
  test('its preset of 0.1 million parameters reaches 0.6 nats a character', { timeout: 120_000 }, async () => {
    const { play, snapshot, errors } = await studio().open('gpt&target=0.6')
    expect((await snapshot()).facts.parameters).toBeGreaterThan(100_000)
    const done = await play()
    expect(done.state).toBe('target')
    expect(done.step).toBeLessThan(700)
    expect(errors).toEqual([])
  })

  test('temperature 0, top-k 1 and one beam agree with choosing the first token of the table', {
    timeout: 120_000,
  }, async () => {
    const { page, ask, idle } = await studio().open('gpt&embedDim=32&beams=1&contextLength=48&prompt=The%20')
    const greedy = await ask(write({ temperature: 0 }))
    expect(await ask(write({ temperature: 1, topK: 1 }))).toBe(greedy)
    expect(String(greedy)).toContain((await ask<Look>({ look: 'The ' })).beams[0]!.text)
    const prompt = page.getByLabel('Prompt')
    for (let i = 0; i < 5; i++) {
      await page.locator('.gpt-token').first().click()
      await idle()
    }
    expect(await prompt.inputValue()).toBe(`The ${String(greedy).slice(0, 5)}`)
  })

  test('the same seed writes the command line’s text', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradus-gpt-'))
    try {
      const { page, ask } = await studio().open('gpt&embedDim=32&steps=200')
      const names = ['model.safetensors', 'config.json', 'tokenizer.json', 'generation_config.json']
      const saved = new Set<string>()
      page.on('download', async download => {
        await download.saveAs(join(folder, download.suggestedFilename()))
        saved.add(download.suggestedFilename())
      })
      await page.getByRole('button', { name: 'Model and program' }).click()
      await expect.poll(() => names.every(name => saved.has(name)), { timeout: 20_000 }).toBe(true)
      const text = await ask(write({ temperature: 0.8, topK: 12, seed: 7 }))
      const args = [
        'generate',
        '--model',
        folder,
        '--prompt',
        'The ',
        '--tokens',
        '24',
        '--temperature',
        '0.8',
        '--top-k',
        '12',
        '--seed',
        '7',
      ]
      const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], {
        env: { ...process.env, GRADUS_ENGINE: 'wasm' },
      })
      expect(stdout.replace(/\n$/, '')).toBe(`The ${text}`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('rows of attention sum to 1, also of 512 tokens, and a head can be switched off', {
    timeout: 120_000,
  }, async () => {
    const { page, ask, idle, errors } = await studio().open('gpt&embedDim=16&numHeads=2&contextLength=512&batchSize=1')
    const long = 'One morning the fox found a pie. '.repeat(20).slice(0, 512)
    const { tokens, attention, layers, heads } = await ask<Look>({ look: long })
    expect(tokens).toHaveLength(512)
    const values = Object.values(attention)
    expect(values).toHaveLength(layers * heads * 512 * 512)
    for (const row of [0, 1, 300, 511, layers * heads * 512 - 1]) {
      const weights = values.slice(row * 512, (row + 1) * 512)
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4)
      expect(weights.slice((row % 512) + 1).every(w => w === 0)).toBe(true)
    }
    await page.getByLabel('Prompt').fill(long)
    await idle()
    await page.getByRole('button', { name: 'Switch this head off' }).click()
    await idle()
    expect(await page.locator('.gpt-next thead').innerText()).toContain('without head 1.1')
    expect(errors).toEqual([])
  })

  test('a number says from which logit it came', async () => {
    const { page } = await studio().open('gpt&embedDim=16&numHeads=2')
    await page.locator('.gpt-next .number').first().click()
    expect(await page.locator('.explanation').innerText()).toContain('the largest logit')
  })
})
