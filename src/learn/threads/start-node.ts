import { availableParallelism } from 'node:os'
import type { Thread, ThreadEvents } from '../../core/thread.ts'
import { nodeThread } from '../../core/thread-node.ts'

// Run from its sources, as in tests, this file takes the built one: Node 20 cannot run TypeScript.
const folder = import.meta.url.endsWith('.ts') ? '../../../dist/learn/threads/' : './'

/** Starts a thread for tasks. */
export const startThread = (events: ThreadEvents): Thread =>
  nodeThread(new URL(`${folder}worker-node.js`, import.meta.url), events)

export const cores = (): number => availableParallelism()
/** Whether threads can read one memory. */
export const canShare = (): boolean => true
