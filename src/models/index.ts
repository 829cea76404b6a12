export {
  type AccountOptions,
  accountOf,
  bytesPerNumber,
  type LayerAccount,
  type ModelAccount,
  type Precision,
} from './account.ts'
export { type AlexNetOptions, AlexNet, alexnet } from './alexnet.ts'
export { type Chip, type ChipName, chipNames, chipOf, chips } from './chips.ts'
export { loadGpt, type LoadGptOptions } from './folder.ts'
export { type GoogLeNetOptions, GoogLeNet, googlenet } from './googlenet.ts'
export { Gpt, type GptConfig } from './gpt.ts'
export { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'
export { type LeNet5Options, LeNet5, lenet5 } from './lenet5.ts'
export { Llama, type LlamaConfig } from './llama.ts'
export { type MlpOptions, Mlp, mlp } from './mlp.ts'
export { type MobileNetV2Options, MobileNetV2, mobilenetv2 } from './mobilenetv2.ts'
export {
  type ResNetDepth,
  type ResNetOptions,
  ResNet,
  resnet101,
  resnet152,
  resnet18,
  resnet34,
  resnet50,
} from './resnet.ts'
export type { RopeScaling } from './rotary-frequencies.ts'
export {
  type Bound,
  type LayerRoofline,
  type Memory,
  memoryOf,
  type Roofline,
  roofline,
} from './roofline.ts'
export { cellSize, Detector, type DetectorConfig, type DetectorOptions, detector } from './detector.ts'
export { type FlatOptions, SoftmaxClassifier, softmaxClassifier } from './softmax.ts'
export { type UNetOptions, UNet, unet } from './unet.ts'
export { type VggOptions, Vgg, vgg11, vgg16 } from './vgg.ts'
export {
  publishedVisionModels,
  requireVisionModel,
  type VisionModelName,
  type VisionModelOptions,
  visionModelNames,
  visionModels,
} from './vision.ts'
export {
  imageClassifierType,
  type LoadedModel,
  loadModel,
  loadVisionModel,
  modelTypeOf,
  readVisionConfig,
  saveVisionModel,
  type VisionConfig,
} from './vision-folder.ts'
export { type ViTOptions, ViT, vit, vitTiny } from './vit.ts'
