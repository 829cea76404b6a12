// What is measured in pages, and how: workloads of this folder on an engine, each side a page.
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { contest } from '../contest.mjs'

/** Cases of workloads on an engine. `plain` is Gradus once more in a page that is not isolated. */
export const casesOn = (engine, workloads) =>
  workloads.map(({ name, workload: { unit }, case: { name: part, size, units }, plain = false }) => ({
    name: `${[name, part].filter(Boolean).join(' ')} on ${engine}`,
    workload: name,
    engine,
    size,
    units,
    unit,
    plain,
  }))

const peerNames = { tfjs: 'tfjs', jax: 'jax-js' }

/** Threads are as many as there are cores, where the library lets itself be told; pages say how many they are. */
const sidesOf = ({ workload, engine, size, plain }, start) => {
  const side = (name, group, more) => ({
    name,
    group,
    start: () => start({ workload, engine, size, group, ...more }),
  })
  const peers = process.env.GRADUS_BENCH_PEERS ? Object.entries(peerNames) : []
  return [
    side(`gradus ${engine}`, 'gradus', { threads: availableParallelism() }),
    ...(plain ? [side(`gradus ${engine}, not isolated`, 'gradus', { isolated: false })] : []),
    ...peers.map(([peer, name]) => side(`${name} ${engine}`, peer)),
  ]
}

/** Why nothing can be measured, or null. */
export const obstacle = async () => {
  const { hasChromium } = await import('./chromium.mjs')
  return hasChromium() ? null : 'there is no /usr/bin/chromium'
}

export const measure = async ({ case: one }, settings, note) => {
  const { serve, startPage } = await import('./chromium.mjs')
  const { buildPage } = await import('./build.mjs')
  const folder = await buildPage()
  const { origin, close } = await serve(folder)
  try {
    const sides = sidesOf(one, asked => startPage(origin, asked))
    return await contest(sides, settings, note)
  } finally {
    close()
    await rm(folder, { recursive: true, force: true })
  }
}
