import { expect, test } from 'vitest'
import { describeStudio } from '../../../test/studio/page.ts'

describeStudio('Neighbours and classics', studio => {
  test('one neighbour is right on every training point, and the AUC is the library’s', async () => {
    const { snapshot, set, page, errors } = await studio().open('classics&classifier=neighbours&k=1&noise=0.4')
    const one = await snapshot()
    expect(one.facts.trainAccuracy).toBe(1)
    expect(one.facts.testAccuracy).toBeLessThan(1)
    for (const classifier of ['neighbours', 'bayes', 'svm', 'logistic']) {
      await set({ classifier, k: 9 })
      const { facts } = await snapshot()
      expect(facts.classifier).toBe(classifier)
      // The area under the points that are drawn, against the library's score.
      expect(Math.abs(facts.areaUnderPoints - facts.auc)).toBeLessThan(1e-6)
      await expect.poll(() => page.getByLabel('How it does').textContent()).toContain('Accuracy on test points')
    }
    expect(errors).toEqual([])
  })

  test('the inertia of k-means never rises', async () => {
    const { play, series, errors } = await studio().open(
      'classics&classifier=kMeans&dataSet=blobs&groups=5&clusters=5&noise=0.3&seed=4',
    )
    const { state } = await play()
    expect(state).toBe('ended')
    const { loss } = await series()
    expect(loss!.length).toBeGreaterThan(2)
    for (let i = 1; i < loss!.length; i++) expect(loss![i]).toBeLessThanOrEqual(loss![i - 1]! * (1 + 1e-12))
    expect(errors).toEqual([])
  })

  test('a cell of the confusion matrix shows its points, and the threshold moves hits and false alarms', async () => {
    const { page, snapshot, idle, errors } = await studio().open('classics&classifier=neighbours&k=15')
    const { facts } = await snapshot()
    const canvas = page.getByLabel('Confusion matrix', { exact: true }).locator('canvas')
    const box = (await canvas.boundingBox())!
    await canvas.click({ position: { x: box.width * 0.4, y: box.height * 0.5 } })
    const said = page.locator('.classics-cell')
    await expect
      .poll(() => said.textContent())
      .toContain(`${facts.confusion[0][0]} points of class 1 taken for class 1`)
    const rates: number[][] = []
    for (const threshold of ['0.9', '0.5', '0.1']) {
      await page.getByLabel('Threshold').fill(threshold)
      await idle()
      const now = (await snapshot()).facts
      expect(now.threshold).toBe(Number(threshold))
      rates.push([now.tpr, now.fpr])
    }
    for (const rate of [0, 1])
      expect(rates.map(row => row[rate]!)).toEqual(rates.map(row => row[rate]!).sort((a, b) => a - b))
    expect(rates[2]![0]).toBeGreaterThan(rates[0]![0]!)
    expect(errors).toEqual([])
  })
})
