import { canShare, cores, startThread } from '#learn-threads'
import { EngineError, GradusError } from '../../core/errors.ts'
import type { Thread } from '../../core/thread.ts'
import type { Answer, Order } from './serve.ts'
import { type TaskName, tasks } from './tasks.ts'

export interface TaskOptions {
  /** What all jobs have in common. Large typed arrays in it are put where all threads read them, where that is possible. */
  readonly shared: unknown
  /** -1 for as many threads as there are cores; 1 runs in this thread. */
  readonly nJobs: number
  /** Called when a job is done, with how many are. */
  readonly onDone?: (done: number, total: number) => void
}

/**
 * Runs `run(shared, job)` of a task's module for each job, over threads, and gives the results in the order of the jobs. What a job
 * throws is thrown here. Threads stay for the next call; the program does not wait for them.
 */
export const runTasks = async <R>(task: TaskName, jobs: readonly unknown[], options: TaskOptions): Promise<R[]> => {
  const wanted = Math.min(options.nJobs < 0 ? cores() : options.nJobs, jobs.length)
  return (wanted <= 1 ? inline(task, jobs, options) : overThreads(task, jobs, options, wanted)) as Promise<R[]>
}

const inline = async (
  task: TaskName,
  jobs: readonly unknown[],
  { shared, onDone }: TaskOptions,
): Promise<unknown[]> => {
  const module = await tasks[task]()
  const results: unknown[] = []
  for (const job of jobs) {
    results.push(await module.run(shared as never, job as never))
    onDone?.(results.length, jobs.length)
  }
  return results
}

/** The same value with large typed arrays in shared memory, so that sending it to a thread copies nothing. */
export const shareable = (value: unknown): unknown => {
  if (!canShare() || typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    if (value.byteLength < 65536 || value.buffer instanceof SharedArrayBuffer) return value
    const typed = value as Float64Array
    const shared = new (typed.constructor as Float64ArrayConstructor)(new SharedArrayBuffer(value.byteLength))
    shared.set(typed)
    return shared
  }
  if (Array.isArray(value)) return value.map(shareable)
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shareable(item)]))
}

interface Hand {
  readonly thread: Thread
  answer: (message: Answer) => void
  failure: (why: string) => void
}

const idle: Hand[] = []
let calls = 0

const hire = (): Hand => {
  const waiting = idle.pop()
  if (waiting) return waiting
  const hand: Hand = {
    thread: startThread({
      message: message => hand.answer(message as Answer),
      failure: why => {
        const at = idle.indexOf(hand)
        if (at >= 0) idle.splice(at, 1)
        hand.failure(why)
      },
    }),
    answer: () => {},
    failure: () => {},
  }
  return hand
}

const overThreads = (
  task: TaskName,
  jobs: readonly unknown[],
  { shared, onDone }: TaskOptions,
  count: number,
): Promise<unknown[]> =>
  new Promise((resolve, reject) => {
    const call = calls++
    const common = shareable(shared)
    const results: unknown[] = new Array(jobs.length)
    let next = 0
    let done = 0
    let failed: unknown
    const busy = new Set<Hand>()
    const send = (hand: Hand, order: Order) => hand.thread.post(order, [])
    const dismiss = (hand: Hand, again: boolean) => {
      busy.delete(hand)
      hand.thread.hold(false)
      hand.answer = () => {}
      hand.failure = () => {}
      if (again) {
        send(hand, { kind: 'close', call })
        idle.push(hand)
      }
      if (busy.size > 0) return
      if (failed === undefined) resolve(results)
      else reject(failed)
    }
    const give = (hand: Hand) => {
      if (failed !== undefined || next === jobs.length) return dismiss(hand, true)
      const index = next++
      send(hand, { kind: 'job', call, index, job: jobs[index] })
    }
    const hands = Array.from({ length: count }, hire)
    for (const hand of hands) {
      busy.add(hand)
      hand.answer = message => {
        if (message.call !== call) return
        if (message.kind === 'failed') failed ??= revived(message.error)
        else {
          results[message.index] = message.result
          onDone?.(++done, jobs.length)
        }
        give(hand)
      }
      hand.failure = why => {
        failed ??= new EngineError(`threads: a thread for ${task} failed: ${why}. Use nJobs: 1 to run without threads.`)
        dismiss(hand, false)
      }
      hand.thread.hold(true)
      send(hand, { kind: 'open', call, task, shared: common })
    }
    for (const hand of hands) give(hand)
  })

/** What a thread threw, as an error here. */
const revived = (error: unknown): Error => {
  const { name, message, code, details } = error as {
    name: string
    message: string
    code?: string
    details?: Readonly<Record<string, unknown>>
  }
  const made = code === undefined ? new Error(message) : new GradusError(code, message, details)
  made.name = name
  return made
}
