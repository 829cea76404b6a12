export {
  type AccountOptions,
  accountOf,
  bytesPerNumber,
  type LayerAccount,
  type ModelAccount,
  type Precision,
} from './account.ts'
export { type AlexNetOptions, AlexNet, alexnet } from './alexnet.ts'
export {
  BertForMaskedLM,
  BertForPreTraining,
  type BertPreTrainingLoss,
  BertForSequenceClassification,
  type BertHidden,
  type BertInput,
  BertModel,
  type MaskedTokens,
} from './bert.ts'
export type { BertConfig } from './bert-config.ts'
export { type FillMaskOptions, type Filling, fillMask } from './bert-fill.ts'
export {
  type AnyBert,
  type BertArchitecture,
  bertArchitectures,
  type LoadBertOptions,
  type LoadedBert,
  loadBert,
  loadBertEncoder,
  saveBert,
} from './bert-folder.ts'
export { type BertText, bertInput } from './bert-input.ts'
export { type SentenceVectorOptions, sentenceVectors } from './bert-vectors.ts'
export { type Chip, type ChipName, chipNames, chipOf, chips } from './chips.ts'
export { type GoogLeNetOptions, GoogLeNet, googlenet } from './googlenet.ts'
export { Gpt, type GptConfig } from './gpt.ts'
export { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'
export { type LeNet5Options, LeNet5, lenet5 } from './lenet5.ts'
export {
  type AnyLanguageModel,
  type LanguageModelType,
  type LoadedLanguageModel,
  type LoadLanguageModelOptions,
  languageModelTypes,
  loadGpt,
  loadLanguageModel,
  saveLanguageModel,
} from './language-folder.ts'
export { Llama, type LlamaConfig } from './llama.ts'
export { loadGgufLlama, loadLlama2c } from './llama-files.ts'
export { type LoadedModel, loadModel, modelTypeOf } from './load-model.ts'
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
export { type BengioConfig, BengioLanguageModel, type BengioState } from './bengio.ts'
export { Forecaster, type ForecasterConfig, type SeriesWindows, seriesWindows } from './forecaster.ts'
export {
  type Heard,
  ListenAttendSpell,
  type ListenAttendSpellConfig,
  listenAttendSpell,
  type SpellerState,
} from './listen-attend-spell.ts'
export { type MambaConfig, MambaLanguageModel, type MambaLayerState, type MambaState } from './mamba.ts'
export { RecurrentLanguageModel, type RecurrentLanguageModelConfig } from './recurrent-language-model.ts'
export { SequenceClassifier, type SequenceModelConfig, SequenceTagger } from './sequence-classifier.ts'
export { type FlatOptions, SoftmaxClassifier, softmaxClassifier } from './softmax.ts'
export {
  type AttentionName,
  attentionNames,
  Seq2Seq,
  type Seq2SeqCall,
  type Seq2SeqConfig,
  seq2seq,
} from './seq2seq.ts'
export { Transformer, type TransformerAttentions, type TransformerConfig, transformer } from './transformer.ts'
export {
  type Alignment,
  loadTranslator,
  type TranslateOptions,
  type Translation,
  type TranslationModel,
  Translator,
  translationModelTypes,
} from './translator.ts'
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
  loadVisionModel,
  readVisionConfig,
  saveVisionModel,
  type VisionConfig,
} from './vision-folder.ts'
export { type ViTOptions, ViT, vit, vitTiny } from './vit.ts'
