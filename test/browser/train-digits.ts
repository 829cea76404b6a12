import { engineName, setEngine, setSeed } from 'gradus'
import { digits, loader } from 'gradus/data'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'

export interface DigitsRun {
  readonly engine: string
  /** The loss before each update. */
  readonly losses: readonly number[]
  /** Parameters that were on a device after the last update. */
  readonly onDevice: number
  /** The first numbers of the first weight, fetched at the end. */
  readonly weights: readonly number[]
  /** Norm of the gradients at the last update, before clipping. */
  readonly gradientNorm: number
}

/** Some updates of a classifier of drawn digits, the same in Node and in a page. */
export const trainDigits = async (engine: string, steps: number): Promise<DigitsRun> => {
  setEngine(engine)
  setSeed(3)
  const { train } = await digits({ count: 64 * steps, testCount: 1 })
  const model = nn.sequential(nn.flatten(), nn.linear(784, 32), nn.relu(), nn.linear(32, 10))
  const optimizer = optim.adamw(model, { learningRate: 3e-3, weightDecay: 0.01, clipNorm: 1 })
  const losses: number[] = []
  for await (const { x, y } of loader(train, { batchSize: 64 }))
    losses.push(await optimizer.minimize(nn.crossEntropy(model.forward(x), y)))
  const parameters = model.parameters()
  const onDevice = parameters.filter(p => p.buffer.device !== undefined).length
  await model.fetch()
  const weights = Array.from((parameters[0]!.buffer.array as Float32Array).subarray(0, 8))
  return { engine: engineName(), losses, onDevice, weights, gradientNorm: optimizer.gradientNorm }
}
