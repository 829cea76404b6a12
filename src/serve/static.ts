import type { Handler } from 'hono'
import { getMimeType } from 'hono/utils/mime'
import { namesOf, openConfined, Refusal } from './confined.ts'

const hashed = 'public, max-age=31536000, immutable'

/** Serves the files of a folder: those in `assets/`, whose names carry their hash, for good; others are asked for again. */
export const staticFiles =
  (folder: string): Handler =>
  async c => {
    const { pathname } = new URL(c.req.url) // c.req.path is decoded in part
    const path = pathname === '/' ? '/index.html' : pathname
    const file = await openConfined(folder, namesOf(path.slice(1)))
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
