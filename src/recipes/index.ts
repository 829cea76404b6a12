export { checkGptOptions, type GptOptions, gptOptions, prepareGpt } from './gpt.ts'
export { checkLlamaOptions, type LlamaOptions, llamaOptions, prepareLlama } from './llama.ts'
export {
  lossOver,
  prepareWindows,
  splitText,
  type TextModel,
  type TextRun,
  type TextTrainingOptions,
  type WindowTraining,
} from './text-training.ts'
export { tokenizerFor } from './text-tokenizer.ts'
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
export {
  prepareRecurrent,
  type RecurrentRun,
  type RecurrentRunOptions,
  recurrentOptions,
} from './recurrent.ts'
export { describeModel, type ModelChoice, type StatefulLanguageModel } from './recurrent-model.ts'
export { type AlongOptions, lossAlong, Stretches, type StretchWindow } from './stretches.ts'
export { type DigitTask, digitTasks, drawPairs } from './digit-tasks.ts'
export {
  checkTranslateOptions,
  pairLoss,
  prepareSeq2Seq,
  prepareTransformer,
  type Seq2SeqOptions,
  scoreTranslations,
  seq2seqOptions,
  splitPairs,
  type TransformerOptions,
  type TranslateRun,
  type TranslateRunOptions,
  type TranslationScore,
  transformerOptions,
} from './translate.ts'
export { checkTokenizerTraining, type TokenizerTraining, tokenizerTraining, trainTokenizer } from './tokenizer.ts'
export {
  prepareWord2Vec,
  type Word2VecRun,
  type Word2VecRunOptions,
  type Word2VecTraining,
  word2vecRunOptions,
} from './word2vec.ts'
export {
  checkFinetuneOptions,
  type FinetuneOptions,
  type FinetuneRun,
  finetuneOptions,
  prepareFinetune,
} from './finetune.ts'
export { type CountedBatch, type SftDataOptions, sftData, type TuneData } from './sft.ts'
export {
  type BertOptions,
  type BertRun,
  type BertScore,
  bertOptions,
  bertScore,
  checkBertOptions,
  prepareBert,
} from './bert.ts'
export {
  type BertClassifyOptions,
  type BertClassifyRun,
  bagOfWords,
  bertClassifyOptions,
  checkBertClassifyOptions,
  judgeTexts,
  prepareBertClassify,
  scoreTexts,
  type TextJudgement,
  type TextScore,
} from './bert-classify.ts'
export { type LabelledTexts, readLabelled, splitLabelled } from './labelled-texts.ts'
export { type Masked, type MaskingOptions, maskTokens } from './masking.ts'
