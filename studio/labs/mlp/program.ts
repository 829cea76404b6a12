import type { Settings } from './about.ts'

const initials: Readonly<Record<Settings['init'], string>> = {
  pytorch: '',
  he: ', { init: nn.heNormal() }',
  xavier: ', { init: nn.xavierNormal() }',
  large: ', { init: nn.normalInit({ std: 3 }) }',
  zero: ', { init: nn.constantInit(0) }',
}

/** The layers of the network as they are written. */
const layersOf = ({ hidden, activation, norm, dropout, init }: Settings): string[] => {
  const lines: string[] = []
  let width = 2
  for (const units of hidden) {
    lines.push(`nn.linear(${width}, ${units}${initials[init]})`)
    if (norm !== 'none') lines.push(norm === 'batch' ? `nn.batchNorm1d(${units})` : `nn.layerNorm(${units})`)
    if (activation !== 'identity') lines.push(`nn.${activation}()`)
    if (dropout > 0) lines.push(`nn.dropout(${dropout})`)
    width = units
  }
  return [...lines, `nn.linear(${width}, classes${initials[init]})`]
}

const optimizers: Readonly<Record<Settings['optimizer'], (options: string) => string>> = {
  adam: options => `optim.adam(model, { ${options} })`,
  rmsprop: options => `optim.rmsprop(model, { ${options} })`,
  sgd: options => `optim.sgd(model, { ${options} })`,
  momentum: options => `optim.sgd(model, { ${options}, momentum: 0.9 })`,
}

/** The same run with the library alone. */
export const program = (s: Settings): string => `import { setSeed } from 'gradus'
import { loader, points } from 'gradus/data'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'

setSeed(${s.seed})
const all = points('${s.dataSet}', { count: ${s.count}, noise: ${s.noise}, seed: ${s.seed} })
const classes = new Set(all.y.data).size
const [train, test] = all.split(${1 - s.testShare}, { seed: ${s.seed} })

const model = nn.sequential(
  ${layersOf(s).join(',\n  ')},
)
const optimizer = ${optimizers[s.optimizer](`learningRate: ${s.learningRate}, weightDecay: ${s.weightDecay}`)}

const batches = loader(train, { ${s.norm === 'batch' ? `batchSize: Math.min(${s.batchSize}, train.length), shuffle: true, dropLast: true` : `batchSize: ${s.batchSize}, shuffle: true`} })
let step = 0
while (step < ${s.steps}) {
  for await (const { x, y } of batches) {
    const loss = await optimizer.minimize(nn.crossEntropy(model.forward(x), y))
    step += 1
    console.log(step, loss)
    if (step === ${s.steps}) break
  }
}

model.eval()
let right = 0
for await (const { x, y } of loader(test, { batchSize: 500 })) {
  right += await model.forward(x).argmax(1).equal(y).sum().item()
}
console.log('test accuracy', right / test.length)
`
