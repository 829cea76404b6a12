export { checkGptOptions, type GptOptions, type GptRun, gptOptions, lossOver, prepareGpt, splitText } from './gpt.ts'
export { augmentations, augmentNames, augmentOf } from './augment.ts'
export {
  type Classifier,
  type ClassifierConfig,
  type Judgement,
  judge,
  loadClassifier,
  type Normalization,
  normalizationOf,
  scoreOf,
} from './classify.ts'
export {
  checkDetectorOptions,
  type DetectorRun,
  type DetectorRunOptions,
  type DetectorScore,
  detectorOptions,
  loadDetector,
  prepareDetector,
  scoreDetector,
} from './detector.ts'
export { type DigitsOptions, type DigitsRun, digitsOptions, prepareDigits } from './digits.ts'
export { type ImageDataOptions, type ImageSet, imageSetOf, readImages, takeImages } from './image-data.ts'
export { type ReportInput, writeReport } from './report.ts'
