import { ArgumentError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { alexnet } from './alexnet.ts'
import { googlenet } from './googlenet.ts'
import { type ImageClassifier, requireSizes } from './image-classifier.ts'
import { lenet5 } from './lenet5.ts'
import { mlp } from './mlp.ts'
import { mobilenetv2 } from './mobilenetv2.ts'
import { type ResNetDepth, ResNet } from './resnet.ts'
import { softmaxClassifier } from './softmax.ts'
import { vgg11, vgg16 } from './vgg.ts'
import { ViT, vitTiny } from './vit.ts'

/** What a classifier is made for. */
export interface VisionModelOptions {
  readonly numClasses: number
  readonly inChannels: number
  /** Height and width of the square images, in pixels. */
  readonly imageSize: number
  /** Channels of the first stage (units of the first hidden layer, numbers a patch), which the others follow. Default the paper's. */
  readonly width?: number
}

interface Entry {
  /** Authors and year. */
  readonly paper: string
  /** What the published model takes. */
  readonly published: VisionModelOptions
  /** The smallest images that are left with a pixel at the end. */
  readonly minImageSize: number
  readonly make: (options: VisionModelOptions) => ImageClassifier
}

const imagenet: VisionModelOptions = { numClasses: 1000, inChannels: 3, imageSize: 224 }
const digits: VisionModelOptions = { numClasses: 10, inChannels: 1, imageSize: 28 }

/** Options without the size of the images, for models that take any. */
const anySize = ({ imageSize: _, ...options }: VisionModelOptions) => options

/** Small images get the paper's small stem: the other would leave a pixel of them at the end. */
const resnet = (depth: ResNetDepth): Entry => ({
  paper: 'He et al. 2016',
  published: imagenet,
  minImageSize: 8,
  make: options => new ResNet(depth, { ...anySize(options), stem: options.imageSize < 64 ? 'small' : 'imagenet' }),
})

/** The size of a patch's vector is the width of a transformer. */
const patches = ({ width, ...options }: VisionModelOptions) => ({ ...options, ...(width && { embedDim: width }) })

const entries = {
  softmax: {
    paper: 'Bishop 2006, section 4.3.4',
    published: digits,
    minImageSize: 1,
    make: ({ width, ...options }) => {
      if (width === undefined) return softmaxClassifier(options)
      throw new ArgumentError(
        `softmax: it has no hidden layer whose width could be ${width}. Leave width out, or choose mlp.`,
      )
    },
  },
  mlp: {
    paper: 'Rumelhart et al. 1986',
    published: digits,
    minImageSize: 1,
    make: ({ width, ...options }) =>
      mlp({ ...options, ...(width && { hidden: [width, Math.max(1, Math.round(width / 2))] }) }),
  },
  lenet5: {
    paper: 'LeCun et al. 1998',
    published: { ...digits, imageSize: 32 },
    minImageSize: 12,
    make: options => lenet5(options),
  },
  alexnet: {
    paper: 'Krizhevsky 2014',
    published: imagenet,
    minImageSize: 63,
    make: options => alexnet(anySize(options)),
  },
  vgg11: {
    paper: 'Simonyan & Zisserman 2015',
    published: imagenet,
    minImageSize: 32,
    make: options => vgg11(anySize(options)),
  },
  vgg16: {
    paper: 'Simonyan & Zisserman 2015',
    published: imagenet,
    minImageSize: 32,
    make: options => vgg16(anySize(options)),
  },
  googlenet: {
    paper: 'Szegedy et al. 2015',
    published: imagenet,
    minImageSize: 15,
    make: options => googlenet(anySize(options)),
  },
  resnet18: resnet(18),
  resnet34: resnet(34),
  resnet50: resnet(50),
  resnet101: resnet(101),
  resnet152: resnet(152),
  mobilenetv2: {
    paper: 'Sandler et al. 2018',
    published: imagenet,
    minImageSize: 8,
    make: options => mobilenetv2(anySize(options)),
  },
  'vit-tiny': {
    paper: 'Touvron et al. 2021',
    published: imagenet,
    minImageSize: 4,
    make: options => vitTiny(patches(options)),
  },
  'vit-b-16': {
    paper: 'Dosovitskiy et al. 2021',
    published: imagenet,
    minImageSize: 16,
    make: options => new ViT(patches(options)),
  },
} as const satisfies Readonly<Record<string, Entry>>

export type VisionModelName = keyof typeof entries
type Make = (options: VisionModelOptions) => ImageClassifier

/** The names of the classifiers, the simplest first. */
export const visionModelNames = Object.keys(entries) as VisionModelName[]

/** Where the classifiers come from, and what the published ones take. */
export const publishedVisionModels: Readonly<Record<VisionModelName, Omit<Entry, 'make'>>> = entries

const checked =
  (name: VisionModelName): Make =>
  options => {
    const { minImageSize, make }: Entry = entries[name]
    const { width, ...sizes } = options
    requireSizes(name, { ...sizes, ...(width !== undefined && { width }) })
    if (options.imageSize < minImageSize) {
      throw new ArgumentError(
        `${name}: images are ${options.imageSize} × ${options.imageSize}; it halves them until nothing is left below ${minImageSize} × ${minImageSize}. Resize the images, or choose another model.`,
        { imageSize: options.imageSize, minImageSize },
      )
    }
    return make(options)
  }

/**
 * The classifiers of images by name.
 *
 * @throws ArgumentError for sizes that the model cannot have, such as images that are too small
 * @example
 * const model = visionModels.resnet18({ numClasses: 10, inChannels: 3, imageSize: 32, width: 16 })
 */
export const visionModels = Object.fromEntries(visionModelNames.map(name => [name, checked(name)])) as Readonly<
  Record<VisionModelName, Make>
>

/** The name, if it is one of a classifier. @throws ArgumentError that says which there are */
export const requireVisionModel = (name: string): VisionModelName => {
  if (Object.hasOwn(entries, name)) return name as VisionModelName
  const near = nearest(name, visionModelNames)
  const hint = near ? `Did you mean ${near}?` : `The models are ${visionModelNames.join(', ')}.`
  throw new ArgumentError(`visionModels: there is no model ${JSON.stringify(name)}. ${hint}`, { name })
}
