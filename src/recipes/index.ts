export { checkGptOptions, type GptOptions, type GptRun, gptOptions, lossOver, prepareGpt, splitText } from './gpt.ts'
