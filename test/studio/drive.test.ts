import { expect, test } from 'vitest'
import { Drive } from '../../studio/kit/drive.ts'
import type { Core } from '../../studio/kit/lab.ts'

/** A lab whose losses are given. */
const core = (losses: readonly number[]): Core => ({
  prepare: async () => {
    let step = 0
    return {
      step: async () => (step < losses.length ? { loss: losses[step++]! } : null),
      shot: async () => ({ facts: {} }),
    }
  },
})
const run = async (losses: readonly number[], settings: object): Promise<[steps: number, why: string]> => {
  const drive = await Drive.start(core(losses), { seed: 1, steps: 100, ...settings })
  for (;;) {
    const { stop } = await drive.next()
    if (stop) return [drive.step, stop]
  }
}

test('a run stops after its steps, at its target, without progress, when it diverges, and when nothing is left', async () => {
  const falling = Array.from({ length: 50 }, (_, i) => 1 / (i + 1))
  expect(await run(falling, { steps: 7 })).toEqual([7, 'steps'])
  expect(await run(falling, { target: 0.1 })).toEqual([10, 'target'])
  expect(await run([3, 2, 2.5, 2.4, 2.3, 1], { patience: 3 })).toEqual([5, 'patience'])
  expect(await run([1, Number.NaN, 1], {})).toEqual([2, 'diverged'])
  expect(await run([1, Number.POSITIVE_INFINITY], {})).toEqual([2, 'diverged'])
  expect(await run(falling, {})).toEqual([50, 'ended'])
})

test('more steps than were asked for are done when the setting is raised', async () => {
  const drive = await Drive.start(core([5, 4, 3, 2]), { seed: 1, steps: 2 })
  await drive.next()
  expect((await drive.next()).stop).toBe('steps')
  expect((await drive.next()).metrics).toBeNull()
  drive.set({ seed: 1, steps: 3 })
  expect(await drive.next()).toEqual({ metrics: { loss: 3 }, stop: 'steps' })
})
