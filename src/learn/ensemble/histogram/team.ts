import { EngineError } from '../../../core/errors.ts'

/** Threads that run the same program side by side on memory they share: each does its part, and all meet between the steps. */
export interface Team {
  readonly rank: number
  readonly size: number
  /** Waits until all are here. */
  meet(): void
  /** Tells the others that this one has failed. */
  fail(): void
}

export const alone: Team = { rank: 0, size: 1, meet: () => {}, fail: () => {} }

const spins = 20_000
const patience = 10_000
const mostWaits = 60

/**
 * One of `size` threads with three whole numbers in shared memory: how many have arrived, how often all have, and whether one failed.
 *
 * @throws EngineError when another has not come for ten minutes: it has failed
 */
export const member = (rank: number, size: number, control: Int32Array): Team => {
  if (size === 1) return alone
  const failed = (): boolean => Atomics.load(control, 2) === 1
  const fail = (): void => {
    Atomics.store(control, 2, 1)
    Atomics.notify(control, 1)
  }
  const meet = (): void => {
    const round = Atomics.load(control, 1)
    if (Atomics.add(control, 0, 1) + 1 === size) {
      Atomics.store(control, 0, 0)
      Atomics.add(control, 1, 1)
      Atomics.notify(control, 1)
      return
    }
    for (let i = 0; i < spins; i++) if (Atomics.load(control, 1) !== round) return
    for (let i = 0; i < mostWaits; i++) {
      if (failed()) break
      Atomics.wait(control, 1, round, patience)
      if (Atomics.load(control, 1) !== round) return
    }
    throw new EngineError(
      'threads: another thread of the same work has failed or not answered for ten minutes. Use nJobs: 1 to run without threads.',
    )
  }
  return { rank, size, meet, fail }
}

/** The part of [0, n) that is a thread's. */
export const partOfRange = ({ rank, size }: Team, n: number): readonly [from: number, to: number] => [
  Math.floor((n * rank) / size),
  Math.floor((n * (rank + 1)) / size),
]
