import { startThread } from '#threads'
import type { Thread } from '../core/thread.ts'
import { ArgumentError, GradusError, ShapeError } from '../core/errors.ts'
import type { Failure, TransformJob } from './transform-job.ts'
import type { ImageBatch } from './transforms/transform.ts'

interface Waiting {
  readonly resolve: (batch: ImageBatch) => void
  readonly reject: (error: Error) => void
}
/** A thread and the jobs it has, oldest first: it answers them in order. */
interface Hand {
  readonly thread: Thread
  readonly jobs: Waiting[]
}
type Answer = { readonly batch: ImageBatch } | { readonly failure: Failure }

const kinds: Readonly<Record<string, new (message: string) => Error>> = { ArgumentError, ShapeError }
/** A thread's error as one of this thread: its message, and its class where transforms have one. */
const errorOf = ({ name, message, code }: Failure): Error =>
  kinds[name] ? new kinds[name](message) : new GradusError(code ?? 'thread', message)

/** Threads that transform batches, started when there is the first. They do not keep a program from ending while they have nothing to do. */
export class ThreadPool {
  private readonly count: number
  private hands: Hand[] = []

  constructor(count: number) {
    this.count = count
  }

  /** Threads that run. */
  get size(): number {
    return this.hands.length
  }

  /** Gives a job to the thread that has the fewest. The job's arrays move there. */
  run(job: TransformJob): Promise<ImageBatch> {
    while (this.hands.length < this.count) this.hands.push(this.start())
    const hand = this.hands.reduce((best, hand) => (hand.jobs.length < best.jobs.length ? hand : best))
    return new Promise((resolve, reject) => {
      hand.jobs.push({ resolve, reject })
      hand.thread.hold(true)
      const { data, indices, labels } = job.raw
      hand.thread.post(job, [data.buffer, indices.buffer, labels.buffer] as ArrayBuffer[])
    })
  }

  /** Ends all threads; what they were doing is given up. Another `run` starts new ones. */
  async close(): Promise<void> {
    const { hands } = this
    this.hands = []
    for (const { jobs } of hands) {
      for (const { reject } of jobs.splice(0)) reject(new GradusError('thread', 'imageLoader: closed.'))
    }
    await Promise.all(hands.map(({ thread }) => thread.close()))
  }

  private start(): Hand {
    const jobs: Waiting[] = []
    const thread = startThread({
      message: given => {
        const answer = given as Answer
        const job = jobs.shift()
        if (jobs.length === 0) thread.hold(false)
        if ('batch' in answer) job?.resolve(answer.batch)
        else job?.reject(errorOf(answer.failure))
      },
      failure: why => {
        this.hands = this.hands.filter(hand => hand.jobs !== jobs)
        const message = `imageLoader: a thread that transforms images has ended: ${why}. Pass { workers: 0 } to see the failure where it happens.`
        for (const { reject } of jobs.splice(0)) reject(new GradusError('thread', message))
      },
    })
    return { thread, jobs }
  }
}
