import { parentPort } from 'node:worker_threads'
import { server } from './serve.ts'

const port = parentPort!
port.on(
  'message',
  server(answer => port.postMessage(answer)),
)
