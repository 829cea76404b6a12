import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { gradus } from '../cli/gradus.ts'

// Minutes long; run by hand with npm run test:long.
const folder = mkdtempSync(join(tmpdir(), 'gradus-long-detector-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the detector reaches a mean average precision of 0.80 at IoU 0.5 on 500 scenes of its own', async () => {
  const [out, picture] = [join(folder, 'run'), join(folder, 'found.png')]
  const args = ['--steps', '1500', '--seed', '0', '--out', out, '--picture', picture, '--json']
  const run = await gradus(['train', 'detector', ...args], { env: { GRADUS_THREADS: '2' } })
  expect(run.code).toBe(0)
  const { test: scores } = JSON.parse(run.stdout.trimEnd().split('\n').at(-1)!) as {
    test: { mAP50: number; mAP: number; byClass: { name: string; ap50: number }[] }
  }
  console.log(`mAP@0.5 ${scores.mAP50.toFixed(4)}, mAP@[.5:.95] ${scores.mAP.toFixed(4)}`)
  expect(scores.mAP50).toBeGreaterThanOrEqual(0.8)
  expect(scores.mAP).toBeGreaterThanOrEqual(0.55)
  for (const { name, ap50 } of scores.byClass) expect(ap50, name).toBeGreaterThanOrEqual(0.75)
  expect(existsSync(picture)).toBe(true)
}, 900_000)
