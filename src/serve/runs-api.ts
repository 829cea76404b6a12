import { Hono } from 'hono'
import { namesOf, Refusal } from './confined.ts'
import type { RunsFolder } from './runs-folder.ts'

/**
 * `/api/runs`: the list. `/api/runs/NAME/metrics?from=BYTES&stamp=STAMP`, `/settings`, `/events?stamp=STAMP`: one run, its name's parts
 * separated by slashes, coded or not.
 */
export const runsApi = (folder: RunsFolder): Hono =>
  new Hono()
    .get('/', async c => c.json({ folder: folder.path, runs: await folder.list() }))
    .get('/*', async c => {
      const [, path = ''] = /^\/api\/runs\/(.*)$/.exec(new URL(c.req.url).pathname) ?? []
      const parts = path.split('/')
      const what = parts.pop()
      // The folder itself is the run `.`, which is no part of an address any more once it arrives.
      const run = parts.length === 0 ? '.' : namesOf(parts.join('/').replaceAll(/%2f/gi, '/')).join('/')
      const stamp = c.req.query('stamp') ?? null
      if (what === 'metrics') return c.json(await folder.metrics(run, bytes(c.req.query('from')), stamp))
      if (what === 'settings') return c.json({ settings: await folder.settings(run) })
      if (what === 'events') return c.json(await folder.events(run, stamp))
      throw new Refusal(404, 'A run has metrics, settings and events.')
    })

const bytes = (from: string | undefined): number => {
  const number = Number(from ?? 0)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Refusal(400, `from must be a number of bytes; got ${JSON.stringify(from?.slice(0, 80))}.`)
}
