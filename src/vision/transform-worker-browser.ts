import { reply } from './transform-job.ts'

self.onmessage = (event: MessageEvent<unknown>) => {
  const { message, transfer } = reply(event.data)
  self.postMessage(message, { transfer })
}
