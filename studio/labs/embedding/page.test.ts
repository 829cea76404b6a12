import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'
import { Drive } from '../../kit/drive.ts'
import { about } from './about.ts'
import { core } from './core.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/studio-pca.json', 'utf8'))

describeStudio('PCA and t-SNE', studio => {
  test('explained variance of one’s own table is scikit-learn’s', async () => {
    const { page, snapshot, idle, errors } = await studio().open('embedding&method=pca')
    await page
      .getByLabel('Open a file')
      .setInputFiles([{ name: 'factors.csv', mimeType: 'text/csv', buffer: Buffer.from(fixture.csv) }])
    await expect.poll(async () => (await snapshot()).facts.rows).toBe(60)
    await idle()
    const { facts } = await snapshot()
    const expected: number[] = fixture.plain.explainedVarianceRatio
    expect(facts.explainedVarianceRatio).toHaveLength(6)
    for (const [i, share] of expected.entries())
      expect(Math.abs(facts.explainedVarianceRatio[i] - share)).toBeLessThan(1e-5)
    await expect.poll(() => page.getByText('showing 60 of 60 rows').isVisible()).toBe(true)
    await page.getByLabel('Colour by').selectOption('age')
    await idle()
    expect((await snapshot()).facts.colour).toBe('age')
    expect(errors).toEqual([])
  })

  test('the same seed gives the same coordinates in the page and in Node, to the last bit; the divergence falls', async () => {
    const settings = { count: 120, perplexity: 10, steps: 400, seed: 3 }
    const { play, ask, series, errors } = await studio().open('embedding&count=120&perplexity=10&steps=400&seed=3')
    const { state, facts } = await play()
    expect(state).toBe('steps')
    const points = await ask<number[]>({ points: true })
    const drive = await Drive.start(core as never, about.options.validate('test', settings) as never)
    while ((await drive.next()).stop === null);
    expect(points).toEqual(await drive.run.ask!({ points: true }))
    const { loss } = await series()
    expect(loss).toHaveLength(400)
    expect(loss!.at(-1)).toBe(facts.klDivergence)
    expect(loss!.at(-1)).toBeLessThan(0.6 * loss![0]!)
    expect(errors).toEqual([])
  })
})
