import type { Thread, ThreadEvents } from '../../core/thread.ts'
import { browserThread } from '../../core/thread-browser.ts'

/** Starts a thread for `trainWord2Vec` in a page that is isolated (`crossOriginIsolated`). */
export const startThread = (events: ThreadEvents): Thread =>
  browserThread(new Worker(new URL('./word2vec-worker-browser.js', import.meta.url), { type: 'module' }), events)
