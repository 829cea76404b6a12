import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'

describeStudio('MLP boundaries', studio => {
  test('XOR: no hidden layer stays under 0.75, four units reach 0.97', async () => {
    const flat = await studio().open('mlp&dataSet=xor&noise=0&learningRate=0.05&steps=600&hidden=')
    expect((await flat.play()).facts.trainAccuracy).toBeLessThan(0.75)
    const bent = await studio().open('mlp&dataSet=xor&noise=0&learningRate=0.05&steps=600&hidden=4')
    const done = await bent.play()
    expect(done.state).toBe('steps')
    expect(done.facts.trainAccuracy).toBeGreaterThanOrEqual(0.97)
    expect([...flat.errors, ...bent.errors]).toEqual([])
  })

  test('a model that was saved and opened again predicts the same', async () => {
    const { page, idle, ask, snapshot, play } = await studio().open('mlp&dataSet=moons&hidden=6&steps=400')
    await play()
    const question = { at: [[0.3, -0.2]] }
    const expected = await ask(question)
    const saved: { name: string; buffer: Buffer; mimeType: string }[] = []
    page.on('download', async download => {
      const chunks: Buffer[] = []
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
      saved.push({ name: download.suggestedFilename(), buffer: Buffer.concat(chunks), mimeType: '' })
    })
    await page.getByRole('button', { name: 'Model and program' }).click()
    await expect.poll(() => saved.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3)
    await page.getByRole('button', { name: 'Reset' }).click()
    await idle()
    expect(await ask(question)).not.toEqual(expected)
    await page.getByLabel('Open a file').setInputFiles(saved.filter(({ name }) => name.endsWith('.safetensors')))
    await expect.poll(() => ask(question), { timeout: 10_000 }).toEqual(expected)
    expect((await snapshot()).error).toBeNull()
  })
})
