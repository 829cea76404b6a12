import { gradus } from './gpt.mjs'

const size = { vocabSize: 50257, contextLength: 1024, numLayers: 12, numHeads: 12, embedDim: 768, batch: 2, tokens: 64 }
export const workload = {
  summary: 'training step of GPT-2 (124 million parameters), batch 2 × 64, AdamW, clipped to norm 1',
  cases: [{ size, units: size.batch * size.tokens }],
  unit: 'tokens/s',
  settings: { rounds: 5, steps: 3, warmup: 2, limit: 4000 },
  script: 'gpt',
  absent: ['tfjs-wasm and jax-js: no side is written; see gpt'],
  torch: { fused: { fused: true }, 'compile, fused': { fused: true, compile: true } },
}
export { gradus }
