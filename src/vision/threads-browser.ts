import type { Thread, ThreadEvents } from '../core/thread.ts'
import { browserThread } from '../core/thread-browser.ts'

/** Starts a thread for transforms. */
export const startThread = (events: ThreadEvents): Thread =>
  browserThread(new Worker(new URL('./transform-worker-browser.js', import.meta.url), { type: 'module' }), events)
