import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DataError, GradusError } from '../../src/index.ts'
import { type DownloadProgress, download, type RemoteFile } from '../../src/data/download.ts'
import { expectError } from '../optim/expect.ts'

const contents = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251))
const other = Buffer.from(contents).fill(7, 1000, 1001)
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const root = mkdtempSync(join(tmpdir(), 'gradus-download-'))
let server: Server
let base = ''
const asked: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!)
    const bodies: Readonly<Record<string, Buffer>> = {
      '/good': contents,
      '/other': other,
      '/short': contents.subarray(0, 1000),
      '/long': Buffer.concat([contents, contents]),
    }
    const body = bodies[request.url!]
    if (body) response.writeHead(200).end(body)
    else if (request.url === '/broken')
      response
        .writeHead(200, { 'content-length': contents.length })
        .write(contents.subarray(0, 1000), () => response.destroy())
    else if (request.url === '/silent') response.writeHead(200).write(contents.subarray(0, 1000))
    else response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(root, { recursive: true })
})

const file = (...paths: string[]): RemoteFile => ({
  name: 'data.bin',
  urls: paths.map(path => `${base}${path}`),
  bytes: contents.length,
  sha256: sha256(contents),
})
let folders = 0
const fresh = (): string => join(root, `${folders++}`, 'inner')
const fails = async (given: RemoteFile, why: (url: string) => string, patience?: number) => {
  const folder = fresh()
  await expectError(
    () => download('test', { files: [given], folder, patience }),
    DataError,
    `test: "data.bin" could not be downloaded (${why(given.urls[0]!)}). Try again with a network, or get the file elsewhere and put it in "${folder}".`,
  )
  // Nothing is left of it, no temporary file either.
  expect(readdirSync(folder)).toEqual([])
}

describe('a download', () => {
  test('puts a file whole into a folder that it makes, and tells how far it is', async () => {
    const folder = fresh()
    const heard: DownloadProgress[] = []
    await download('test', { files: [file('/good')], folder, onProgress: progress => heard.push(progress) })
    expect(readdirSync(folder)).toEqual(['data.bin'])
    expect(readFileSync(join(folder, 'data.bin')).equals(contents)).toBe(true)
    expect(heard.at(-1)).toEqual({ name: 'data.bin', received: contents.length, total: contents.length })
    const received = heard.map(progress => progress.received)
    expect(received).toEqual([...received].sort((a, b) => a - b))
  })

  test('leaves a file alone that is there', async () => {
    const folder = fresh()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'data.bin'), 'mine')
    asked.length = 0
    await download('test', { files: [file('/good')], folder })
    expect(asked).toEqual([])
    expect(readFileSync(join(folder, 'data.bin'), 'utf8')).toBe('mine')
  })

  test('tries the next address where one fails', async () => {
    const folder = fresh()
    asked.length = 0
    await download('test', { files: [file('/absent', '/other', '/good')], folder })
    expect(asked).toEqual(['/absent', '/other', '/good'])
    expect(existsSync(join(folder, 'data.bin'))).toBe(true)
  })

  test('keeps nothing that is not as published', async () => {
    await fails(file('/other'), url => `${url}: its SHA-256 is ${sha256(other)}, not ${sha256(contents)} as published`)
    await fails(file('/short'), url => `${url}: it ended after 1000 of 300000 bytes`)
    await fails(file('/long'), url => `${url}: it is more than the 300000 bytes published`)
  })

  test('says what each address answered, without a network too', async () => {
    await fails(file('/absent', '/gone'), url => `${url}: HTTP 404; ${url.replace('absent', 'gone')}: HTTP 404`)
    const nowhere = { ...file(), urls: ['http://127.0.0.1:1/x'] }
    const why = await fetch(nowhere.urls[0]!).catch((error: Error) => (error.cause as Error).message)
    await fails(nowhere, url => `${url}: ${why}`)
    await fails(file('/broken'), url => `${url}: other side closed`)
  })

  test('gives an address up that sends nothing any more', async () => {
    await fails(file('/silent'), url => `${url}: nothing came for 0.2 seconds`, 200)
  })

  test('ends when it is told to', async () => {
    const folder = fresh()
    const controller = new AbortController()
    const waiting = download('test', {
      files: [file('/silent', '/good')],
      folder,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expectError(() => waiting, Error, 'enough')
    expect(readdirSync(folder)).toEqual([])
  })

  test('says so when the folder cannot be made or written', async () => {
    const blocked = join(root, 'file')
    writeFileSync(blocked, '')
    await expectError(
      () => download('test', { files: [], folder: join(blocked, 'x') }),
      DataError,
      `test: the folder "${join(blocked, 'x')}" cannot be made: ENOTDIR: not a directory, mkdir '${join(blocked, 'x')}'. Pass another { folder }.`,
    )
    const folder = fresh()
    await expect(download('test', { files: [{ ...file('/good'), name: 'a/b' }], folder })).rejects.toThrow(GradusError)
    await expect(download('test', { files: [{ ...file('/good'), name: 'a/b' }], folder })).rejects.toThrow(
      'a/b: could not be written: no such file or directory (ENOENT).',
    )
  })
})
