import { request as ask } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Uint8Array
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what the tests look at
  readonly json: () => any
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request as it is: unlike fetch, nothing in the path is cleaned up, and every header may be set. */
export const request = (port: number, path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = ask({ host: '127.0.0.1', port, path, method, headers, agent: false }, answer => {
      const parts: Buffer[] = []
      answer.on('data', part => parts.push(part))
      answer.on('end', () => {
        const bytes = Buffer.concat(parts)
        const text = bytes.toString()
        resolve({ status: answer.statusCode!, headers: answer.headers, bytes, text, json: () => JSON.parse(text) })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
