import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArgumentError, DataError } from '../../src/core/errors.ts'
import { type Studio, startStudio } from '../../src/serve/studio.ts'
import { request } from './request.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-studio-'))
const [app, runs] = [join(folder, 'app'), join(folder, 'runs')]
const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 255)
let studio: Studio
beforeAll(async () => {
  mkdirSync(join(app, 'assets'), { recursive: true })
  writeFileSync(join(app, 'index.html'), '<!doctype html><title>Studio</title>')
  writeFileSync(join(app, 'assets', 'index-C0ffee12.js'), 'export {}')
  writeFileSync(join(app, 'assets', 'style-C0ffee12.css'), 'a{}')
  writeFileSync(join(app, 'assets', 'ort-C0ffee12.mjs'), 'export {}')
  writeFileSync(join(app, 'assets', 'ort-C0ffee12.wasm'), wasm)
  writeFileSync(join(app, 'icon.svg'), '<svg/>')
  writeFileSync(join(app, 'model.safetensors'), 'x')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  symlinkSync(join(folder, 'secret.txt'), join(app, 'linked.txt'))
  symlinkSync(folder, join(app, 'out'))
  mkdirSync(join(runs, 'a'), { recursive: true })
  writeFileSync(join(runs, 'a', 'metrics.jsonl'), '{"type":"step","step":1,"loss":2}\n')
  studio = await startStudio({ app, runs, port: 0 })
})
afterAll(async () => {
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
})

const get = (path: string, asked?: Parameters<typeof request>[2]) => request(studio.port, path, asked)
const own = () => `127.0.0.1:${studio.port}`

const isolating = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

describe('the page', () => {
  test.each([
    ['/', 200, 'text/html; charset=utf-8', 'no-cache'],
    ['/?lab=mlp&seed=3', 200, 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', 200, 'text/html; charset=utf-8', 'no-cache'],
    ['/assets/index-C0ffee12.js', 200, 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/assets/ort-C0ffee12.mjs', 200, 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/assets/style-C0ffee12.css', 200, 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/assets/ort-C0ffee12.wasm', 200, 'application/wasm', 'public, max-age=31536000, immutable'],
    ['/icon.svg', 200, 'image/svg+xml; charset=utf-8', 'no-cache'],
    ['/model.safetensors', 200, 'application/octet-stream', 'no-cache'],
    ['/api/runs', 200, 'application/json', 'no-store'],
    ['/api/runs/a/metrics', 200, 'application/json', 'no-store'],
    ['/api/runs/none/metrics', 404, 'application/json', 'no-store'],
    ['/none.js', 404, 'text/plain; charset=UTF-8', undefined],
    ['/assets/', 403, 'text/plain; charset=UTF-8', undefined],
  ])('%s is answered with %i, its type, its lifetime and every header', async (path, status, type, kept) => {
    const answer = await get(path)
    expect([answer.status, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
      status,
      type,
      kept,
    ])
    expect(answer.headers).toMatchObject(isolating)
  })

  test('bytes arrive as they are', async () => {
    expect([...(await get('/assets/ort-C0ffee12.wasm')).bytes]).toEqual([...wasm])
  })

  test('what a browser has already is not sent again, until it changes', async () => {
    const { etag } = (await get('/')).headers
    const again = await get('/', { headers: { 'if-none-match': String(etag) } })
    expect([again.status, again.text, again.headers['cache-control']]).toEqual([304, '', 'no-cache'])
    expect(again.headers).toMatchObject(isolating)
    writeFileSync(join(app, 'index.html'), '<!doctype html><title>The studio</title>')
    expect((await get('/', { headers: { 'if-none-match': String(etag) } })).status).toBe(200)
  })

  test('HEAD gives the headers alone', async () => {
    const answer = await get('/icon.svg', { method: 'HEAD' })
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      200,
      '',
      'image/svg+xml; charset=utf-8',
    ])
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async method => {
    for (const path of ['/', '/api/runs']) {
      const answer = await get(path, { method })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
      expect(answer.text).toContain('This server only answers GET and HEAD.')
      expect(answer.headers).toMatchObject(isolating)
    }
  })

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e%5c..%5csecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/linked.txt',
    '/out/secret.txt',
    '/out',
    '/assets',
    '//etc/passwd',
    '/%00',
    '/index.html%00.js',
    '/%ff',
    '/%',
  ])('%s leads nowhere', async path => {
    const answer = await get(path)
    expect([400, 403, 404]).toContain(answer.status)
    expect(answer.text).not.toContain('secret\n')
    expect(answer.text).not.toMatch(/^secret/)
    expect(answer.text.trimEnd()).not.toContain('\n')
  })
})

describe('who is answered', () => {
  test.each([
    ['localhost', 200],
    ['LOCALHOST', 200],
    ['127.0.0.1', 200],
    ['[::1]', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.nip.io', 403],
    ['0.0.0.0', 403],
  ])('a request to %s with our port gets %i', async (host, status) => {
    for (const path of ['/', '/api/runs', '/none']) {
      const answer = await get(path, { headers: { host: `${host}:${studio.port}` } })
      expect(answer.status).toBe(status === 200 && path === '/none' ? 404 : status)
      if (status === 403) {
        expect(answer.text).toContain(`This server answers to http://${own()} only, and to no other name.`)
        expect(answer.text.trimEnd()).not.toContain('\n')
        expect(answer.headers).toMatchObject(isolating)
      }
    }
  })

  test.each(['localhost', 'localhost:1', '127.0.0.1:80', 'localhost:'])(
    'the name %j without our port is refused',
    async host => {
      const answer = await get('/', { headers: { host } })
      expect([400, 403]).toContain(answer.status)
    },
  )

  test('a request that names another server in its first line is refused', async () => {
    const answer = await get('http://evil.example/', { headers: { host: 'evil.example' } })
    expect(answer.status).toBe(403)
  })

  test('a request without a name is refused', async () => {
    const said = await new Promise<string>(resolve => {
      let text = ''
      const socket = connect(studio.port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
      socket.on('data', part => {
        text += part
      })
      socket.on('close', () => resolve(text))
    })
    expect(said).toMatch(/^HTTP\/1\.1 40[03] /)
  })

  test.each([
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
  ])('a request for runs with %j gets %i', async (headers, status) => {
    for (const path of ['/api/runs', '/api/runs/a/metrics', '/api/runs/a/settings']) {
      const answer = await get(path, { headers: headers as Record<string, string> })
      expect(answer.status).toBe(status)
      if (status === 403)
        expect(answer.json().error.message).toBe('This was asked by another page, which is told nothing.')
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  test('our own origin is answered by each of its names', async () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const origin = `http://${host}:${studio.port}`
      expect((await get('/api/runs', { headers: { origin } })).status).toBe(200)
      expect((await get('/api/runs', { headers: { origin: origin.replace('http', 'https') } })).status).toBe(403)
    }
  })
})

test('ONNX Runtime’s files, which the package leaves out, come from where it is installed', async () => {
  const found = await get('/assets/ort-wasm-simd-threaded-C0ffee12.wasm')
  expect(found.status).toBe(200)
  expect(found.headers['content-type']).toBe('application/wasm')
  expect(Number(found.headers['content-length'] ?? found.bytes.length)).toBeGreaterThan(1e6)
  for (const absent of ['ort-wasm-other-C0ffee12.wasm', 'ort-wasm-..%2f..-C0ffee12.wasm'])
    expect((await get(`/assets/${absent}`)).status).toBeGreaterThanOrEqual(400)
})

test('a port that is taken and a page that is not built are told in one line', async () => {
  const taken = await startStudio({ app, runs, port: studio.port }).catch(error => error)
  expect(taken).toBeInstanceOf(ArgumentError)
  expect(taken.message).toBe(
    `studio: port ${studio.port} is taken, perhaps by another studio. Give another one with --port, or --port 0 for any that is free.`,
  )
  const absent = await startStudio({ app: runs, runs, port: 0 }).catch(error => error)
  expect(absent).toBeInstanceOf(DataError)
  expect(absent.message).toBe(`${runs}: holds no index.html: the studio's page is not built. Run npm run build first.`)
})

test('closing ends at once, also with a browser that keeps its connection', async () => {
  const other = await startStudio({ app, runs, port: 0 })
  const socket = connect(other.port, '127.0.0.1')
  await new Promise(resolve => socket.once('connect', resolve))
  socket.write(`GET / HTTP/1.1\r\nhost: localhost:${other.port}\r\n\r\n`)
  await new Promise(resolve => socket.once('data', resolve))
  socket.on('error', () => {})
  await other.close()
  await expect(request(other.port, '/')).rejects.toThrow('ECONNREFUSED')
})
