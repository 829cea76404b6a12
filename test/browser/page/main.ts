import { configureEngines, engineNames, setEngine, type Tensor, tensor } from 'gradus'
import { encodeSafetensors, exportOnnx, importOnnx, writeSafetensors } from 'gradus/io'
import { allOps } from '../../../src/ops/registry.ts'
import { type Tally, tally } from '../../conformance/tally.ts'
import * as learn from '../../../src/learn/index.ts'
import * as stats from '../../../src/stats/index.ts'
import { outline, outlined } from '../../learn/battery/outline.ts'
import { type DigitsRun, trainDigits } from '../train-digits.ts'

const messageOf = async (task: () => Promise<unknown>): Promise<string> =>
  task().then(
    () => 'nothing was thrown',
    (error: Error) => error.message,
  )

/** What the tests ask of the page. Plain data only goes in and comes out. */
const page = {
  environment: () => ({ engines: engineNames(), isolated: crossOriginIsolated, ops: allOps.length }),
  configure: (options: { readonly files?: string; readonly threads?: number }) => configureEngines(options),
  product: async (engine: string) => {
    setEngine(engine, { always: true })
    return tensor([
      [1, 2],
      [3, 4],
    ])
      .matmul(
        tensor([
          [1, 0],
          [2, 1],
        ]),
      )
      .toArray()
  },
  tally: (engine: string, from: number, to: number, which: 'all' | 'first'): Promise<Tally> =>
    tally(engine, allOps.slice(from, to), which),
  train: (engine: string, steps: number): Promise<DigitsRun> => trainDigits(engine, steps),
  files: async () => {
    const double = (x: Tensor) => x.mul(2)
    const bytes = await exportOnnx(double, { x: tensor([1, 2]) })
    const [output] = Object.values(importOnnx(bytes).run({ x: tensor([3, 4]) }))
    const [header] = encodeSafetensors([['w', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]])
    return {
      doubled: await output!.toArray(),
      header: header!.length > 8,
      refusal: await messageOf(() => writeSafetensors('weights.safetensors', [])),
    }
  },
  outlined,
  outline,
  /** Cross-validation over the page's own threads. */
  threads: async () => {
    const X = Array.from({ length: 40 }, (_, i) => [i, (i * 7) % 5])
    const y = X.map(([a, b]) => 2 * a! - b!)
    return learn.crossValScore(learn.linearRegression(), X, y, { cv: 4, nJobs: 2 })
  },
  statistics: async () => ({
    logProb: await stats.normal({ loc: 1, scale: 2 }).logProb(0).item(),
    quantile: await stats.gamma({ concentration: 2, rate: 3 }).quantile(0.9).item(),
  }),
  float64: (engine: string) => {
    setEngine(engine)
    return messageOf(() => tensor([1, 2], 'float64').add(1).data())
  },
}
export type Page = typeof page
;(window as unknown as { gradus: Page }).gradus = page
