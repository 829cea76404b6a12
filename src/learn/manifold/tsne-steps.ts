import type { Given } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { fromArray } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type Features, readFeatures } from '../core/inputs.ts'
import { Random } from '../core/random.ts'
import { beginTsne, tsne, tsneOptions } from './tsne.ts'

/** What {@link tsne} takes. */
export interface TsneOptions extends Given<typeof tsneOptions> {}

/** One iteration of t-SNE. */
export interface TsneStep {
  /** Iterations done, from 1 on. `nIter` of a model counts all 250 exaggerated ones, even where their gradient vanished and they ended early. */
  readonly iteration: number
  /** The points after it, `[N, nComponents]`: a copy. */
  readonly embedding: Tensor<readonly [number, number], 'float64'>
  /** Kullback and Leibler's divergence (nats) of the points before it, without exaggeration. */
  readonly klDivergence: number
  /** Whether neighbours pull stronger still. */
  readonly exaggerated: boolean
}

/**
 * t-SNE one iteration at a time, for watching it: the points are those of `tsne(options).fit(X)` to the last bit, which stops where this
 * ends. The divergence of every iteration costs a little time.
 *
 * **Shape** X: `[N, F]`; embedding: `[N, nComponents]`
 *
 * @throws ArgumentError for a perplexity that is not below the number of rows
 * @example
 * for await (const { iteration, klDivergence } of tsneSteps(X, { perplexity: 5, maxIter: 250, randomState: 0 })) {
 *   if (iteration % 50 === 0) console.log(iteration, klDivergence)
 * }
 *
 * Source: van der Maaten & Hinton 2008; see {@link tsne}.
 */
export async function* tsneSteps(X: Features, options: TsneOptions = {}): AsyncGenerator<TsneStep, void> {
  const settings = tsneOptions.validate('tsneSteps', options)
  const read = await readFeatures(X, { where: 'tsneSteps', definition: tsne.definition })
  const rows = read.X as Dense
  const random = new Random(settings.randomState)
  const { walk } = await beginTsne('tsneSteps', { X: rows, random }, settings, 1)
  let iteration = 0
  for (const { Y, divergence, exaggerated } of walk) {
    iteration += 1
    yield {
      iteration,
      embedding: fromArray(Y.slice(), [rows.rows, settings.nComponents], 'float64'),
      klDivergence: divergence,
      exaggerated,
    }
  }
}
