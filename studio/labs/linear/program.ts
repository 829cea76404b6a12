import type { Settings } from './about.ts'
import { dataSets, readPoints } from './own-points.ts'

const losses: Readonly<Record<Settings['loss'], string>> = {
  mse: 'nn.mse(scores, signs)',
  log: 'scores.mul(signs).neg().softplus().mean()',
  hinge: 'scores.mul(signs).neg().add(1).relu().mean()',
  softmax: 'nn.crossEntropy(scores, y)',
}
const penalties: Readonly<Record<Settings['penalty'], (strength: number) => string>> = {
  none: () => '',
  l1: strength => `.add(layer.weight.value.abs().sum().mul(${strength}))`,
  l2: strength => `.add(layer.weight.value.square().sum().mul(${strength / 2}))`,
}

const dataOf = ({
  points,
  dataSet,
  count,
  seed,
}: Settings): { readonly lines: readonly string[]; readonly classes: number } => {
  if (points === '') {
    const { kind, noise, classes } = dataSets[dataSet]
    return {
      lines: [
        `const data = points('${kind}', { count: ${count}, noise: ${noise}, classes: ${classes}, seed: ${seed} })`,
        "const x = fromArray(data.x.data, data.x.shape, 'float32')",
        'const labels = Array.from(data.y.data)',
      ],
      classes,
    }
  }
  const { x, y } = readPoints(points)
  const rows = Array.from(y, (_, i) => `[${x[2 * i]}, ${x[2 * i + 1]}]`)
  return {
    lines: [`const x = tensor([${rows.join(', ')}])`, `const labels = [${y.join(', ')}]`],
    classes: Math.max(2, ...y.map(k => k + 1)),
  }
}

/** The same run with the library alone. */
export const program = (s: Settings): string => {
  const { lines, classes } = dataOf(s)
  const soft = s.loss === 'softmax'
  const K = soft ? classes : 1
  const weights = Array.from({ length: K }, (_, k) => (k === (soft ? 1 : 0) ? `[${s.w1}, ${s.w2}]` : '[0, 0]'))
  const biases = Array.from({ length: K }, (_, k) => (k === (soft ? 1 : 0) ? s.b : 0))
  const target = soft
    ? "const y = tensor(labels, 'int32')"
    : 'const signs = tensor(labels.map(k => (k === 1 ? 1 : -1)))'
  return `import { fromArray, tensor } from 'gradus'
import { points } from 'gradus/data'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'

${lines.join('\n')}
${target}

const layer = nn.linear(2, ${K})
layer.weight.value = tensor([${weights.join(', ')}])
layer.bias.value = tensor([${biases.join(', ')}])
const optimizer = optim.sgd(layer, { learningRate: ${s.learningRate} })
const lossNow = () => {
  const scores = layer.forward(x)${soft ? '' : '.reshape([-1])'}
  return ${losses[s.loss]}${penalties[s.penalty](s.strength)}
}

for (let step = 1; step <= ${s.steps}; step++) {
  await optimizer.minimize(lossNow())
  console.log(step, await lossNow().item())
}
`
    .replace(/import \{ fromArray, tensor \}/, s.points === '' ? '$&' : 'import { tensor }')
    .replace(/import \{ points \}.*\n/, s.points === '' ? '$&' : '')
}
