import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { accountOf, publishedVisionModels, unet, visionModelNames, visionModels } from '../../src/models/index.ts'
import { type Module, shapesOnly } from '../../src/nn/index.ts'

const path = new URL('../../docs/models.md', import.meta.url)

const millions = (n: number): string =>
  Number((n / 1e6).toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 5 })
const row = (name: string, paper: string, [shape, model]: readonly [readonly number[], Module]): string => {
  const { parameters, multiplyAdds } = accountOf(model, [1, ...shape])
  return `| \`${name}\` | ${paper} | ${shape.join(' × ')} | ${parameters.toLocaleString('en')} | ${millions(multiplyAdds)} |`
}

const document = (): string => {
  const rows = visionModelNames.map(name => {
    const { paper, published } = publishedVisionModels[name]
    const { inChannels, imageSize } = published
    return row(name, paper, [[inChannels, imageSize, imageSize], shapesOnly(() => visionModels[name](published))])
  })
  const segmenter = row('unet', 'Ronneberger et al. 2015', [[1, 512, 512], shapesOnly(() => unet({ inChannels: 1 }))])
  return `# Models of images

Made by name, \`visionModels.resnet18({ numClasses: 10, inChannels: 3, imageSize: 32, width: 16 })\`, or by a function of each from
\`gradus/models\`, with options of its own. Parameters have the names of PyTorch’s torchvision, so that its weights, saved as safetensors, are
loaded as they are. \`unet\` scores each pixel; the others score the image.

Written by \`GRADUS_WRITE_DOCS=1 npx vitest run test/models/models-table.test.ts\`: parameters and multiply-adds of one image, in millions, of the
published models.

| model | paper | image | parameters | multiply-adds, 10⁶ |
|---|---|---|---:|---:|
${[...rows, segmenter].join('\n')}

\`gradus model summary resnet18 --input 3,224,224 --batch 32 --chip h100\` lists the layers of each.

## Transfer learning

\`\`\`ts
const model = resnet18()
model.loadState((await readSafetensors('resnet18.safetensors')).tensors)
model.freeze().replaceHead(10)
const first = adamw(model, { learningRate: 1e-3 }) // the head alone
// ... train; then everything, the backbone at a smaller rate
model.unfreeze()
const groups = [{ parameters: model.head }, { parameters: model.backbone(), learningRate: 1e-5 }]
const second = adamw(groups, { learningRate: 1e-4 })
\`\`\`

- torchvision’s GoogLeNet has auxiliary heads in its file and takes differently normalised images: load it into
  \`googlenet({ auxLogits: true, transformInput: true })\`.
- Frozen parameters stay, but batch normalisation goes on measuring while the model trains: \`model.eval()\` keeps its statistics too.
- \`model.freeze('conv1', 'bn1', 'layer1')\` freezes parts by path; \`captureOutputs(model, ['layer4'], () => model.forward(x))\` gives the
  features of inner layers.
- \`saveVisionModel(folder, model, { architecture, options })\` and \`loadModel(folder)\` write and read a folder with config.json and
  model.safetensors.
`
}

test('docs/models.md is what the models are', () => {
  const text = document()
  if (process.env.GRADUS_WRITE_DOCS) writeFileSync(path, text)
  expect(readFileSync(path, 'utf8'), 'stale: run it with GRADUS_WRITE_DOCS=1').toBe(text)
})
