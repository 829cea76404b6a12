import type { FileHandle } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import type { Handler } from 'hono'
import { getMimeType } from 'hono/utils/mime'
import { namesOf, openConfined, Refusal } from './confined.ts'

const hashed = 'public, max-age=31536000, immutable'

/**
 * ONNX Runtime's WebAssembly is large, and installed already: the package leaves out the copies that a build makes, and they are served from
 * where they come from. `ort-wasm-simd-threaded-D5D0fo7z.wasm` is onnxruntime-web's `ort-wasm-simd-threaded.wasm`.
 */
const installedRuntime = (name: string): string | null => {
  const [, plain] = /^assets\/(ort-wasm-[\w.-]+)-[\w-]{8}\.wasm$/.exec(name) ?? []
  if (plain === undefined) return null
  try {
    return createRequire(import.meta.url).resolve(`onnxruntime-web/${plain}.wasm`)
  } catch {
    return null
  }
}

/** A file of the page, or of the runtime that it uses. */
const openFile = async (folder: string, name: string): Promise<FileHandle> => {
  try {
    return await openConfined(folder, namesOf(name))
  } catch (error) {
    const installed = error instanceof Refusal && error.status === 404 ? installedRuntime(name) : null
    if (installed === null) throw error
    return openConfined(dirname(installed), [basename(installed)])
  }
}

/** Serves the files of a folder: those in `assets/`, whose names carry their hash, for good; others are asked for again. */
export const staticFiles =
  (folder: string): Handler =>
  async c => {
    const { pathname } = new URL(c.req.url) // c.req.path is decoded in part
    const path = pathname === '/' ? '/index.html' : pathname
    const file = await openFile(folder, path.slice(1))
    try {
      const { size, mtimeMs } = await file.stat()
      const etag = `"${size.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"`
      const kept = path.startsWith('/assets/') ? hashed : 'no-cache'
      if (c.req.header('if-none-match') === etag) return c.body(null, 304, { etag, 'cache-control': kept })
      const type = getMimeType(path) ?? 'application/octet-stream'
      const bytes = new Uint8Array(await file.readFile())
      return c.body(bytes, 200, { 'content-type': type, 'cache-control': kept, etag })
    } finally {
      await file.close()
    }
  }

/** An answer to a request that is not carried out: one line. */
export const refused = (error: unknown): { readonly status: Refusal['status'] | 500; readonly message: string } => {
  if (error instanceof Refusal) return { status: error.status, message: error.message }
  return { status: 500, message: `Something went wrong here: ${(error as Error)?.message ?? error}` }
}
