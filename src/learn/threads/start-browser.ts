import type { Thread, ThreadEvents } from '../../core/thread.ts'
import { browserThread } from '../../core/thread-browser.ts'

/** Starts a thread for tasks. */
export const startThread = (events: ThreadEvents): Thread =>
  browserThread(new Worker(new URL('./worker-browser.js', import.meta.url), { type: 'module' }), events)

export const cores = (): number => globalThis.navigator?.hardwareConcurrency ?? 1
/** Whether threads can read one memory: only in pages that are isolated. */
export const canShare = (): boolean => globalThis.crossOriginIsolated === true
