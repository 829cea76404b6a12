import { join, readdir, rm } from '#files'
import { encodePng } from '../data/codec.ts'
import { fromPlanes, type Image } from '../data/image.ts'
import { coverInto } from '../data/cover.ts'
import { writeFileAtomic } from '../io/atomic.ts'
import { classReports, confusionMatrix } from '../metrics/classification.ts'
import { type Call, observe } from '../nn/capture.ts'
import { Conv2d } from '../nn/convolution.ts'
import { Generator } from '../tensor/random.ts'
import { Tensor } from '../tensor/tensor.ts'
import {
  colored,
  confusionSvg,
  curvesSvg,
  enlarged,
  featureMaps,
  firstFilters,
  gradCam,
  heat,
  montage,
  overlaid,
  saliency,
} from '../vision/look/index.ts'
import { extent } from '../vision/look/montage.ts'
import type { Transform } from '../vision/transforms/transform.ts'
import { batchOf, type Classifier, type Judgement, inputOf, type Normalization, scoreOf } from './classify.ts'
import type { ImageSet } from './image-data.ts'
import { checkOwnFolder } from './own-folder.ts'
import { figure, page, section, table } from './report-page.ts'

export interface ReportInput {
  readonly title: string
  readonly model: Classifier
  readonly normalization: Normalization
  /** The images that were judged, with their classes. */
  readonly set: ImageSet & { readonly labels: Int32Array }
  readonly judgement: Judgement
  /** What training does to images. */
  readonly augment: Transform | null
  /** Lines of metrics.jsonl. */
  readonly history: readonly Readonly<Record<string, unknown>>[]
}

/** What a report writes, so that overwriting cannot take anything else. */
const ownNames =
  /^(index\.html|(confusion|loss|accuracy)\.svg|(filters|evidence|augmentation|misclassified|features-.*)\.png)$/

/** @throws DataError as `checkOwnFolder` */
export const checkReportFolder = (folder: string, overwrite: boolean): Promise<void> =>
  checkOwnFolder(folder, { overwrite, own: ownNames, what: 'report' })

/** One picture of the report: its file, and what it is. */
interface Picture {
  readonly file: string
  readonly image: Image
  readonly caption: string
}

const mistakesShown = 60
const samplesShown = 8
const behindCell = 24
/** Images behind all cells together: a page of more is slow to open. */
const behindAll = 800

/**
 * Writes a page with pictures of what a classifier does: `index.html`, which needs nothing else from outside, and the pictures as files
 * beside it.
 *
 * @throws DataError as `checkReportFolder`
 */
export const writeReport = async (
  folder: string,
  input: ReportInput,
  { overwrite = false }: { readonly overwrite?: boolean } = {},
): Promise<void> => {
  await checkReportFolder(folder, overwrite)
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true })
  const { set, judgement } = input
  const confusion = confusionMatrix(set.labels, judgement.predicted, set.classes.length)
  const pictures: Picture[] = [
    ...(await filterPictures(input)),
    ...(await featurePictures(input)),
    ...(await evidencePictures(input)),
    ...augmentPictures(input),
  ]
  const mistakes = mistakesOf(input)
  if (mistakes.length > 0) {
    const images = mistakes.slice(0, mistakesShown).map(i => thumbnail(set, i))
    pictures.push({
      file: 'misclassified.png',
      image: montage(images, { columns: 10 }),
      caption: 'Mistakes, the surest first',
    })
  }
  const curves = curvesOf(input)
  const svg = confusionSvg(confusion, {
    classes: set.classes,
    link: (label, predicted) => `#cell-${label}-${predicted}`,
  })
  for (const { file, image } of pictures) await writeFileAtomic(join(folder, file), await encodePng(image))
  await writeFileAtomic(join(folder, 'confusion.svg'), confusionSvg(confusion, { classes: set.classes }))
  for (const { file, svg } of curves) await writeFileAtomic(join(folder, file), svg)
  await writeFileAtomic(join(folder, 'index.html'), await pageOf(input, { confusion, svg, mistakes, pictures, curves }))
}

/** An image of the set as it is in the file. */
const imageOf = ({ shape: [, channels, height, width], pixels }: ImageSet, i: number): Image => {
  const size = channels * height * width
  const planes = Float32Array.from(pixels.subarray(i * size, (i + 1) * size), v => v / 255)
  return fromPlanes(planes, [channels as 1 | 3, height, width])
}
/** The same, large enough to be seen and small enough for a page of many. */
const thumbnail = (set: ImageSet, i: number): Image => {
  const image = imageOf(set, i)
  const factor = Math.floor(64 / Math.max(image.width, image.height))
  if (factor >= 1) return enlarged(image, factor)
  const size = 96
  if (Math.max(image.width, image.height) <= size) return image
  const bytes = new Uint8Array(image.channels * size * size)
  coverInto(image, bytes, [size, size])
  return fromPlanes(
    Float32Array.from(bytes, v => v / 255),
    [image.channels, size, size],
  )
}

/** Images that were taken for something else, the surest mistakes first. */
const mistakesOf = ({ set, judgement }: ReportInput): number[] => {
  const { probabilities, predicted } = judgement
  const k = set.classes.length
  const sureness = (i: number): number => probabilities[i * k + predicted[i]!]!
  return Array.from(predicted.keys())
    .filter(i => predicted[i] !== set.labels[i])
    .sort((a, b) => sureness(b) - sureness(a))
}

const filterPictures = async ({ model }: ReportInput): Promise<Picture[]> => {
  if (![...model.namedParameters()].some(([, { shape }]) => shape.length === 4)) return []
  const filters = await firstFilters(model)
  const factor = Math.max(1, Math.round(48 / filters[0]!.width))
  return [
    {
      file: 'filters.png',
      image: montage(
        filters.map(f => enlarged(f, factor)),
        { columns: Math.min(filters.length, 12), gap: 3 },
      ),
      caption: `The ${filters.length} kernels of the first convolution; blue is below 0, red above`,
    },
  ]
}

/** The layers that give maps, in the order in which they are called: of convolutions, and the last of all. */
const layersOf = (model: Classifier, x: Tensor): { convolutions: string[]; last: string | null } => {
  const convolutions: string[] = []
  let last: string | null = null
  const after = ({ name, module, output }: Call): void => {
    if (!(output instanceof Tensor) || output.shape.length !== 4 || output.shape[2]! * output.shape[3]! < 4) return
    if (name !== '') last = name
    if (module instanceof Conv2d) convolutions.push(name)
  }
  observe(model.namedModules(), { after }, () => model.forward(x))
  return { convolutions, last }
}

const featurePictures = async (input: ReportInput): Promise<Picture[]> => {
  const { model, set } = input
  const x = inputOf(set, [0], input.normalization)
  const { convolutions } = layersOf(model, x)
  const chosen = [0, 1, 2, 3].map(k => convolutions[Math.round((k * (convolutions.length - 1)) / 3)])
  const names = [...new Set(chosen.filter(name => name !== undefined))]
  if (names.length === 0) return []
  const maps = await featureMaps(model, x, names)
  return [...maps].map(([name, images]) => {
    const shown = images.slice(0, 32)
    const factor = Math.max(1, Math.round(56 / shown[0]!.width))
    return {
      file: `features-${name.replaceAll(/[^\w.-]/g, '_')}.png`,
      image: montage(
        shown.map(m => enlarged(m, factor)),
        { columns: Math.min(8, shown.length), gap: 3 },
      ),
      caption: `What ${name} makes of ${set.nameOf(0)}: ${shown.length === images.length ? `its ${images.length} channels` : `the first 32 of ${images.length} channels`}`,
    }
  })
}

/** Where the model looks: for some images right and wrong the image, its saliency and Grad-CAM. */
const evidencePictures = async (input: ReportInput): Promise<Picture[]> => {
  const { model, set, judgement } = input
  const { predicted } = judgement
  const wrong = mistakesOf(input).slice(0, samplesShown / 2)
  const right = Array.from(predicted.keys()).filter(i => predicted[i] === set.labels[i])
  const places = [...right.slice(0, samplesShown - wrong.length), ...wrong]
  if (places.length === 0) return []
  const x = inputOf(set, places, input.normalization)
  const classes = places.map(i => predicted[i]!)
  const [, , height, width] = set.shape
  const factor = Math.max(1, Math.round(84 / width))
  const plane = height * width
  const salient = await saliency(model, x, classes)
  const rows: Image[][] = [
    places.map(i => enlarged(imageOf(set, i), factor)),
    places.map((_, k) => {
      const values = salient.subarray(k * plane, (k + 1) * plane)
      return enlarged(colored(values, [height, width], heat, [0, extent(values)[1]]), factor)
    }),
  ]
  const { last } = layersOf(model, x)
  if (last !== null) {
    const cams = await gradCam(model, x, last, classes)
    rows.push(
      places.map((i, k) =>
        enlarged(overlaid(imageOf(set, i), cams.subarray(k * plane, (k + 1) * plane), heat), factor),
      ),
    )
  }
  const what = `Above the images, then how much each pixel sways the score of the predicted class (saliency)${last === null ? '' : `, then where ${last} finds the evidence for it (Grad-CAM)`}`
  const tail = wrong.length > 0 ? `; the last ${wrong.length} are mistakes` : ''
  return [
    { file: 'evidence.png', image: montage(rows.flat(), { columns: places.length, gap: 3 }), caption: what + tail },
  ]
}

const augmentPictures = ({ augment, set }: ReportInput): Picture[] => {
  if (!augment) return []
  const count = Math.min(6, set.shape[0])
  const places = Array.from({ length: count }, (_, i) => i)
  const [, ...item] = set.shape
  const size = item[0] * item[1] * item[2]
  const factor = Math.max(1, Math.floor(64 / item[2]))
  const pictured = (data: Float32Array, i: number): Image =>
    enlarged(fromPlanes(data.subarray(i * size, (i + 1) * size), item as readonly [1 | 3, number, number]), factor)
  const batch = { data: batchOf(set, places), shape: [count, ...item] as const, indices: places }
  const columns = [batch.data]
  for (let k = 0; k < 7; k++) {
    const labels = Int32Array.from(places, i => set.labels?.[i] ?? 0)
    columns.push(augment.apply({ ...batch, labels }, new Generator(k)).data)
  }
  const images = places.flatMap(i => columns.map(data => pictured(data, i)))
  return [
    {
      file: 'augmentation.png',
      image: montage(images, { columns: columns.length, gap: 3 }),
      caption: 'On the left some images, beside each what training makes of it: seven times at random',
    },
  ]
}

interface Curve {
  readonly file: string
  readonly svg: string
}
const curvesOf = ({ history }: ReportInput): Curve[] => {
  const series = (type: string, metric: string): [number, number][] =>
    history.flatMap(line =>
      line.type === type && typeof line[metric] === 'number'
        ? [[Number(line.step), line[metric]] as [number, number]]
        : [],
    )
  const [steps, evals, accuracy] = [series('step', 'loss'), series('eval', 'loss'), series('eval', 'accuracy')]
  const curves: Curve[] = []
  if (steps.length > 1) {
    const lines = [
      { name: 'training', points: smoothed(steps) },
      ...(evals.length > 0 ? [{ name: 'validation', points: evals }] : []),
    ]
    curves.push({ file: 'loss.svg', svg: curvesSvg(lines, { title: 'Loss', xLabel: 'update', yLabel: 'mean −ln p' }) })
  }
  if (accuracy.length > 0) {
    const lines = [{ name: 'validation', points: accuracy.map(([x, y]): [number, number] => [x, 100 * y]) }]
    curves.push({
      file: 'accuracy.svg',
      svg: curvesSvg(lines, { title: 'Accuracy', xLabel: 'update', yLabel: '% right' }),
    })
  }
  return curves
}
/** About 150 means of neighbouring points: single batches jump. */
const smoothed = (points: readonly (readonly [number, number])[]): [number, number][] => {
  const width = Math.max(1, Math.floor(points.length / 150))
  return Array.from({ length: Math.ceil(points.length / width) }, (_, i) => {
    const part = points.slice(i * width, (i + 1) * width)
    const mean = (k: 0 | 1): number => part.reduce((sum, p) => sum + p[k], 0) / part.length
    return [mean(0), mean(1)]
  })
}

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`

const pageOf = async (
  { title, set, judgement }: ReportInput,
  {
    confusion,
    svg,
    mistakes,
    pictures,
    curves,
  }: {
    readonly confusion: readonly (readonly number[])[]
    readonly svg: string
    readonly mistakes: readonly number[]
    readonly pictures: readonly Picture[]
    readonly curves: readonly Curve[]
  },
): Promise<string> => {
  const { loss, accuracy } = scoreOf(judgement, set.labels)
  const { predicted, probabilities } = judgement
  const k = set.classes.length
  const thumb = async (i: number): Promise<string> => {
    const png = await encodePng(thumbnail(set, i))
    const bytes = Array.from(png, b => String.fromCharCode(b)).join('')
    const [is, seen] = [set.classes[set.labels[i]!]!, set.classes[predicted[i]!]!]
    const sure = percent(probabilities[i * k + predicted[i]!]!, 0)
    return figure(
      `data:image/png;base64,${btoa(bytes)}`,
      `${set.nameOf(i)}: ${is}, taken for ${seen}`,
      is === seen ? `${is}, ${sure}` : `${is} → ${seen}, ${sure}`,
    )
  }
  const thumbs = (places: readonly number[]): Promise<string[]> => Promise.all(places.map(thumb))
  const cells: string[] = []
  let told = 0
  for (const [label, row] of confusion.entries()) {
    for (const [seen, count] of row.entries()) {
      if (count === 0) continue
      const all = Array.from(predicted.keys()).filter(i => set.labels[i] === label && predicted[i] === seen)
      const heading =
        label === seen ? `${set.classes[label]}, recognised` : `${set.classes[label]} taken for ${set.classes[seen]}`
      const shown = all.slice(0, Math.min(label === seen ? 12 : behindCell, behindAll - told))
      told += shown.length
      cells.push(section(`cell-${label}-${seen}`, `${heading}: ${count}`, '', await thumbs(shown), 3))
    }
  }
  const reports = classReports(confusion)
  const rows = reports.map((r, c) => [
    set.classes[c]!,
    percent(r.precision),
    percent(r.recall),
    percent(r.f1),
    r.support.toLocaleString('en'),
  ])
  const named = (files: (file: string) => boolean): string[] =>
    pictures
      .filter(p => files(p.file))
      .map(p => figure(p.file, p.caption, p.caption, { wide: true, width: p.image.width }))
  return page(
    title,
    [
      ['Accuracy', percent(accuracy, 2)],
      ['Loss', loss.toFixed(4)],
      ['Images', set.shape[0].toLocaleString('en')],
      ['Mistakes', mistakes.length.toLocaleString('en')],
    ],
    [
      section(
        'confusion',
        'Confusion matrix',
        'A row is what the images are, a column what they were taken for. Choose a cell to see the images behind it.',
        [`<div class="scroll">${svg}</div>`],
      ),
      section(
        'classes',
        'Classes',
        'Precision: of what was taken for the class, the share that is of it. Recall: of the class, the share that was recognised.',
        [table(['class', 'precision', 'recall', 'F1', 'images'], rows)],
      ),
      section(
        'mistakes',
        'Mistakes',
        mistakes.length === 0
          ? 'There are none.'
          : `What it is → what it was taken for, and how sure the model was. ${mistakes.length > mistakesShown ? `The surest ${mistakesShown} of ${mistakes.length}.` : ''}`,
        await thumbs(mistakes.slice(0, mistakesShown)),
      ),
      section(
        'training',
        'Training',
        '',
        curves.map(c => `<div class="scroll">${c.svg}</div>`),
      ),
      section(
        'augmentation',
        'Augmentation',
        '',
        named(f => f === 'augmentation.png'),
      ),
      section(
        'filters',
        'Filters',
        '',
        named(f => f === 'filters.png'),
      ),
      section(
        'features',
        'Feature maps',
        'Each map from its least value (black) to its largest (white).',
        named(f => f.startsWith('features-')),
      ),
      section(
        'evidence',
        'Evidence',
        '',
        named(f => f === 'evidence.png'),
      ),
      section('behind', 'Behind the cells', '', cells),
    ],
  )
}
