export { adapterConfig, baseOfAdapter, isAdapterFolder, loadAdapter, saveAdapter } from './adapter-folder.ts'
export { type ChatTemplateName, chatTemplates } from './chat-templates.ts'
export { chosenLayers, type LayerNames, type LinearLayer, linearLayers } from './linear-layers.ts'
export { Lora, loraRules, type LoraOptions, type LoraSettings, lora } from './lora.ts'
export { LoraLayer, type LoraLayerOptions } from './lora-layer.ts'
export { type AnswerOptions, answerTokens, chatTokens, type TokenizedExample } from './answer-tokens.ts'
export { parseSftExamples, type SftExample } from './sft-data.ts'
export { answersIn, notLearned, type SftWindows, sftBatch, sftWindows, type WindowOptions } from './packing.ts'
export {
  type FewShotItem,
  type FewShotScore,
  type FewShotScoreOptions,
  fewShotScores,
  parseFewShotItems,
} from './few-shot-scores.ts'
