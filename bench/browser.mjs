// Training steps in a page on WebAssembly: Gradus beside JavaScript libraries, in turns.
import { casesOn } from './browser/cases.mjs'
import { workload as gpt } from './gpt.mjs'
import { workload as lenet } from './lenet.mjs'
import { workload as matmul } from './matmul.mjs'
import { workload as mlp } from './mlp.mjs'

export { measure, obstacle } from './browser/cases.mjs'

export const workload = {
  summary:
    'in headless Chromium, in pages that are cross-origin isolated: a product of matrices and training steps of the same models, on WebAssembly',
  remark: 'Resident is what the whole browser has.',
  cases: casesOn('wasm', [
    { name: 'matmul', workload: matmul, case: matmul.cases.find(({ size }) => size.n === 1024) },
    { name: 'mlp', workload: mlp, case: mlp.cases[0] },
    { name: 'lenet', workload: lenet, case: lenet.cases[0] },
    { name: 'gpt', workload: gpt, case: gpt.cases[0], plain: true },
  ]),
  settings: { rounds: 7, steps: 20, warmup: 30, limit: 1500 },
  torch: null,
  runtime: 'onnxruntime-web',
}
