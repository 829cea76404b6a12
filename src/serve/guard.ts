import type { MiddlewareHandler } from 'hono'
import { Refusal } from './confined.ts'

// What stands between a page elsewhere and this machine's files: other names for this address (DNS rebinding), other origins, other methods.

/** On every answer. The page is isolated, so that threads may share memory, and asks nobody but us. */
export const headers: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** Puts {@link headers} on every answer. */
export const withHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
}

const hosts = ['localhost', '127.0.0.1', '[::1]']

/** How a browser on this machine names a port of it. */
const authorities = (port: number): string[] =>
  hosts.flatMap(host => (port === 80 ? [host, `${host}:80`] : [`${host}:${port}`]))

/** Only requests that name this machine, and only those that change nothing. */
export const local =
  (port: () => number): MiddlewareHandler =>
  async (c, next) => {
    if (!authorities(port()).includes((c.req.header('host') ?? '').toLowerCase())) {
      throw new Refusal(403, `This server answers to http://127.0.0.1:${port()} only, and to no other name.`)
    }
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      throw new Refusal(405, 'This server only answers GET and HEAD.')
    }
    await next()
  }

/** Only our own page, or somebody who typed the address. Another port of this machine is somebody else. */
export const sameOrigin =
  (port: () => number): MiddlewareHandler =>
  async (c, next) => {
    const site = c.req.header('sec-fetch-site') ?? 'none'
    const origin = c.req.header('origin')
    const ours = origin === undefined || authorities(port()).some(authority => origin === `http://${authority}`)
    if (!ours || (site !== 'same-origin' && site !== 'none')) {
      throw new Refusal(403, 'This was asked by another page, which is told nothing.')
    }
    await next()
  }
