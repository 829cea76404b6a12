export { Gpt, type GptConfig, type Past } from './gpt.ts'
export { loadGpt } from './folder.ts'
