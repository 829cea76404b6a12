import { EngineError } from '../../core/errors.ts'
import type { Thread, ThreadEvents } from '../../core/thread.ts'
import { beginning, type Losses, passesOf, type Work } from './passes.ts'

/** What a thread tells: the losses since it told last, and whether it is done. */
export interface Told extends Losses {
  readonly more: boolean
}

/** What a thread is given to do; the flag is 1 when it should stop. */
export interface Order {
  readonly work: Work
  readonly stop: Int32Array
}

const chunk = 50_000

/** The work of a thread, without a pause: it is told of an end by the flag. */
export const carryOut = ({ work, stop }: Order, tell: (told: Told) => void): void => {
  const passes = passesOf(work, beginning(work.first))
  for (;;) {
    const more = passes.advance(chunk) && Atomics.load(stop, 0) === 0
    tell({ ...passes.losses(), more })
    if (!more) return
  }
}

interface Control {
  readonly startThread: (events: ThreadEvents) => Thread
  readonly signal: AbortSignal | undefined
  readonly report: (losses: Losses) => void
}

/** Trains on a thread for each part of the work; false where the signal ended it. @throws EngineError where a thread fails */
export const trainOverThreads = async (
  works: readonly Work[],
  { startThread, signal, report }: Control,
): Promise<boolean> => {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const halt = (): void => void Atomics.store(stop, 0, 1)
  signal?.addEventListener('abort', halt)
  if (signal?.aborted) halt()
  const threads: Thread[] = []
  try {
    await Promise.all(
      works.map(
        work =>
          new Promise<void>((resolve, reject) => {
            let ended = false
            const thread = startThread({
              message: message => {
                const told = message as Told
                report(told)
                if (told.more) return
                ended = true
                resolve()
              },
              failure: why => {
                if (!ended) reject(new EngineError(`trainWord2Vec: a thread failed: ${why}. Set threads to 1.`))
              },
            })
            threads.push(thread)
            thread.hold(true)
            thread.post({ work, stop } satisfies Order, [])
          }),
      ),
    )
  } finally {
    signal?.removeEventListener('abort', halt)
    await Promise.all(threads.map(thread => thread.close()))
  }
  return Atomics.load(stop, 0) === 0
}
