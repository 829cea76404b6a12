import type { Thread, ThreadEvents } from '../core/thread.ts'
import { nodeThread } from '../core/thread-node.ts'

// Run from its sources, as in tests, this file takes the built one: Node 20 cannot run TypeScript.
const folder = import.meta.url.endsWith('.ts') ? '../../dist/vision/' : './'

/** Starts a thread for transforms. */
export const startThread = (events: ThreadEvents): Thread =>
  nodeThread(new URL(`${folder}transform-worker-node.js`, import.meta.url), events)
