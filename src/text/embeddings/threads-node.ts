import type { Thread, ThreadEvents } from '../../core/thread.ts'
import { nodeThread } from '../../core/thread-node.ts'

// Run from its sources, as in tests, this file takes the built one: Node 20 cannot run TypeScript.
const folder = import.meta.url.endsWith('.ts') ? '../../../dist/text/embeddings/' : './'

/** Starts a thread for `trainWord2Vec` in Node. */
export const startThread = (events: ThreadEvents): Thread =>
  nodeThread(new URL(`${folder}word2vec-worker-node.js`, import.meta.url), events)
