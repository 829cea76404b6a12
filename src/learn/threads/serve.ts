import { type TaskModule, type TaskName, tasks } from './tasks.ts'

/** What a thread is told: what is shared, under a number; jobs on it; and when it may be forgotten. */
export type Order =
  | { readonly kind: 'open'; readonly call: number; readonly task: TaskName; readonly shared: unknown }
  | { readonly kind: 'job'; readonly call: number; readonly index: number; readonly job: unknown }
  | { readonly kind: 'close'; readonly call: number }

export type Answer =
  | { readonly kind: 'done'; readonly call: number; readonly index: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly call: number; readonly index: number; readonly error: unknown }

/** The work of a thread: takes orders, gives answers. */
export const server = (answer: (message: Answer) => void): ((order: Order) => void) => {
  const calls = new Map<number, { readonly module: Promise<TaskModule>; readonly shared: unknown }>()
  const work = async (order: Order & { kind: 'job' }): Promise<void> => {
    const { call, index, job } = order
    try {
      const { module, shared } = calls.get(call)!
      const result = await (await module).run(shared as never, job as never)
      answer({ kind: 'done', call, index, result })
    } catch (error) {
      answer({ kind: 'failed', call, index, error: plain(error) })
    }
  }
  return order => {
    if (order.kind === 'open') calls.set(order.call, { module: tasks[order.task](), shared: order.shared })
    else if (order.kind === 'close') calls.delete(order.call)
    else void work(order)
  }
}

/** An error as it can be sent: what is thrown on the other side says the same. */
const plain = (error: unknown): { name: string; message: string; code?: unknown; details?: unknown } => {
  const { name, message, code, details } = error as { name: string; message: string; code?: unknown; details?: unknown }
  return {
    name,
    message,
    ...(typeof code === 'string' ? { code, details: JSON.parse(JSON.stringify(details ?? {})) } : {}),
  }
}
