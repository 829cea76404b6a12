import type { Thread, ThreadEvents } from './threads-node.ts'

// The names of `threads-node.ts` in a browser, over its module workers. Bundlers know the form of `new Worker(new URL(…), …)`.

export const startThread = ({ message, failure }: ThreadEvents): Thread => {
  const worker = new Worker(new URL('./transform-worker-browser.js', import.meta.url), { type: 'module' })
  worker.onmessage = event => message(event.data)
  worker.onerror = event => failure(event.message)
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    hold: () => {},
    close: async () => worker.terminate(),
  }
}
