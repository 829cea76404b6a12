import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'

describeStudio('Tokenizer', studio => {
  test('the first merge of aaabdaaabac is a a; a step of the table shows the text as it was', async () => {
    const { page, idle, snapshot, errors } = await studio().open('tokenizer&text=aaabdaaabac&compare=none')
    expect((await snapshot()).facts.firstMerge).toBe('a a')
    const rows = page.getByRole('region', { name: 'Merge table' }).locator('tbody tr')
    expect(await rows.first().innerText()).toMatch(/^1\s+a a\s+4\s+aa\s+aa$/)
    await rows.first().getByRole('button').click()
    await idle()
    const tokens = page.getByRole('region', { name: 'Tokens of byte pairs (BPE)' }).locator('.tokenizer-word')
    expect(await tokens.allInnerTexts()).toEqual(['aa', 'a', 'b', 'd', 'aa', 'a', 'b', 'a', 'c'])
    expect(errors).toEqual([])
  })

  test('emoji and Chinese that are typed come back exactly, and are told token by token', async () => {
    const { page, idle, snapshot, errors, foreign } = await studio().open('tokenizer')
    const text = '👩🏽‍🚀 東京，北京 naïve\n🚀'
    await page.getByLabel('Text to cut').fill(text)
    await expect.poll(async () => (await snapshot()).facts.decoded).toBe(text)
    await idle()
    const { facts } = await snapshot()
    expect(facts.roundTrip).toBe(true)
    expect(facts.bytes).toBe(new TextEncoder().encode(text).length)
    const cells = page.getByRole('region', { name: 'Token table' }).locator('tbody tr')
    const bytes = await cells.evaluateAll(rows =>
      rows.flatMap(row => (row.lastElementChild as HTMLElement).innerText.split(/\s+/)),
    )
    expect(bytes.map(byte => Number.parseInt(byte, 16))).toEqual([...new TextEncoder().encode(text)])
    expect([...errors, ...foreign]).toEqual([])
  })

  test('a tokenizer.json that is opened cuts as it says', async () => {
    const { page, snapshot } = await studio().open('tokenizer&compare=none&other=low%20lower')
    const vocab = { low: 0, er: 1, ' ': 2, '[UNK]': 3 }
    const doc = { version: '1.0', added_tokens: [], model: { type: 'WordLevel', vocab, unk_token: '[UNK]' } }
    const split = { type: 'Split', pattern: { Regex: 'low|er| ' }, behavior: 'Isolated', invert: false }
    const file = {
      name: 'tokenizer.json',
      mimeType: '',
      buffer: Buffer.from(JSON.stringify({ ...doc, pre_tokenizer: split })),
    }
    await page.getByLabel('Open a file').setInputFiles([file])
    await expect.poll(async () => (await snapshot()).facts.algorithm).toBe('tokenizer.json')
    expect((await snapshot()).facts.ids).toEqual([0, 2, 0, 1])
  })
})
