// The same on WebGPU, computed in software.
import { casesOn } from './browser/cases.mjs'
import { workload as gpt } from './gpt.mjs'
import { workload as matmul } from './matmul.mjs'
import { workload as mlp } from './mlp.mjs'

export { measure, obstacle } from './browser/cases.mjs'

export const workload = {
  summary: 'the same on WebGPU',
  remark:
    'WebGPU is SwiftShader here, which computes on the CPU: the numbers say that all runs and is the same, and nothing of graphics processors. Resident is what the whole browser has.',
  cases: casesOn('webgpu', [
    { name: 'matmul', workload: matmul, case: matmul.cases.find(({ size }) => size.n === 1024) },
    { name: 'mlp', workload: mlp, case: mlp.cases[0] },
    { name: 'gpt', workload: gpt, case: gpt.cases[0] },
  ]),
  settings: { rounds: 3, steps: 3, warmup: 1, limit: 1500, slowest: 60_000 },
  torch: null,
  runtime: 'onnxruntime-web',
}
