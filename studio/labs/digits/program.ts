import type { Settings } from './about.ts'
import { tested } from './shot.ts'

/** The layers of the network as they are written. */
const layersOf = ({ channels, kernelSize, activation }: Settings): string[] => {
  const bend = activation === 'identity' ? [] : [`nn.${activation}()`]
  const around = `, ${kernelSize}, { padding: ${Number(kernelSize) >> 1} })`
  return [
    ...[`nn.conv2d(1, ${channels}${around}`, ...bend, 'nn.maxPool2d(2)'],
    ...[`nn.conv2d(${channels}, ${2 * channels}${around}`, ...bend, 'nn.maxPool2d(2)'],
    ...['nn.flatten()', `nn.linear(${98 * channels}, 10)`],
  ]
}

/** The same run with the library alone. */
export const program = (s: Settings): string => `import { setSeed } from 'gradus'
import { digits } from 'gradus/data'
import * as nn from 'gradus/nn'
import { adam } from 'gradus/optim'
import { ${s.augment ? 'affine, ' : ''}imageLoader } from 'gradus/vision'

setSeed(${s.seed})
const { train, test } = digits({ count: ${s.count}, testCount: ${tested}, seed: ${s.seed} })
const model = nn.sequential(
  ${layersOf(s).join(',\n  ')},
)
const optimizer = adam(model, { learningRate: ${s.learningRate} })
const batches = imageLoader(train, {
  batchSize: ${Math.min(s.batchSize, s.count)},
  shuffle: true,
  dropLast: true,
  seed: ${s.seed},
  workers: 0,${s.augment ? '\n  transform: affine({ degrees: 12, translate: [0.06, 0.06], scale: [0.9, 1.1], shear: 6 }),' : ''}
})

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
for await (const { x, y } of imageLoader(test, { batchSize: ${tested}, workers: 0 })) {
  right += await model.forward(x).argmax(1).equal(y).sum().item()
}
console.log('testAccuracy', right / test.length)
`
