export { Gpt, type GptConfig, type Past } from './gpt.ts'
export { loadGpt, type LoadGptOptions } from './folder.ts'
