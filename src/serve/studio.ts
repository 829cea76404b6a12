import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ArgumentError, DataError } from '../core/errors.ts'
import { local, sameOrigin, withHeaders } from './guard.ts'
import { runsApi } from './runs-api.ts'
import { RunsFolder } from './runs-folder.ts'
import { refused, staticFiles } from './static.ts'

export interface StudioSettings {
  /** The folder of the built page. */
  readonly app: string
  /** The folder whose runs the page shows. */
  readonly runs: string
  /** 0: any that is free. */
  readonly port: number
}

export interface Studio {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves the studio's page and the runs of a folder to browsers of this machine, and to nobody else.
 *
 * @throws DataError where the page has not been built; ArgumentError where the port cannot be had
 */
export const startStudio = async ({ app, runs, port }: StudioSettings): Promise<Studio> => {
  const page = await stat(join(app, 'index.html')).catch(() => null)
  if (!page?.isFile()) {
    throw new DataError(`${app}: holds no index.html: the studio's page is not built. Run npm run build first.`, {
      app,
    })
  }
  let own = port
  const site = new Hono()
  site.onError((error, c) => {
    const { status, message } = refused(error)
    if (status === 405) c.header('allow', 'GET, HEAD')
    if (!c.req.path.startsWith('/api/')) return c.text(`${message}\n`, status)
    return c.json({ error: { code: status, message } }, status)
  })
  site.notFound(c => c.text('There is no such page.\n', 404))
  site.use(withHeaders)
  site.use(local(() => own))
  site.use(
    '/api/*',
    sameOrigin(() => own),
    async (c, next) => {
      await next()
      c.res.headers.set('cache-control', 'no-store')
    },
  )
  site.route('/api/runs', runsApi(new RunsFolder(runs)))
  site.get('/*', staticFiles(app))

  const server = createAdaptorServer({ fetch: site.fetch }) as Server
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch(error => {
    throw new ArgumentError(cannotListen(port, error), { port })
  })
  own = (server.address() as AddressInfo).port
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${own}/`, port: own, close }
}

const cannotListen = (port: number, error: NodeJS.ErrnoException): string => {
  const remedy = 'Give another one with --port, or --port 0 for any that is free.'
  if (error.code === 'EADDRINUSE') return `studio: port ${port} is taken, perhaps by another studio. ${remedy}`
  if (error.code === 'EACCES') return `studio: port ${port} may not be used by everybody. ${remedy}`
  return `studio: port ${port} cannot be had: ${error.message}. ${remedy}`
}
