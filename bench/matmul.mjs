import { compile, fromArray } from 'gradus'
import { uniform } from './numbers.mjs'

const sizes = [256, 512, 1024, 2048]
export const workload = {
  summary: 'product of two square matrices',
  cases: sizes.map(n => ({ name: `${n} × ${n}`, size: { n }, units: (2 * n ** 3) / 1e9 })),
  unit: 'GFLOP/s',
  settings: { rounds: 7, steps: 20, warmup: 5, limit: 400 },
  torch: { eager: {} },
  peers: ['tfjs', 'jax'],
}

export const gradus = ({ n }) => {
  const [a, b] = [1, 2].map(seed => fromArray(uniform(seed, n * n), [n, n], 'float32'))
  const product = compile((a, b) => a.matmul(b))
  return { step: () => product(a, b), read: async c => (await c.data())[n + 1] }
}
