import { parentPort } from 'node:worker_threads'
import { reply } from './transform-job.ts'

parentPort?.on('message', (given: unknown) => {
  const { message, transfer } = reply(given)
  parentPort?.postMessage(message, transfer)
})
