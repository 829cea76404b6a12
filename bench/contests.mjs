/** Workloads beside others, in the order of docs/benchmarks.md: each is a file of this folder that exports `workload` and its Gradus side. */
export const contests = [
  'matmul',
  'mlp',
  'lenet',
  'resnet',
  'lstm',
  'gpt',
  'gpt2',
  'gpt2-generate',
  'adamw',
  'startup',
  'browser',
  'browser-webgpu',
]
