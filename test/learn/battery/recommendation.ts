import type { Battery } from './check-estimator.ts'

const columns = 'it takes the two columns user and item, and says so'
const data = Float64Array.from({ length: 60 }, (_, k) => (k % 2 === 0 ? (k >> 1) % 6 : Math.floor((k >> 1) / 6)))
const example = { X: { rows: 30, columns: 2, data }, y: Array.from({ length: 30 }, (_, i) => 1 + ((i * 7) % 5)) }
const only = {
  'works with one feature': columns,
  'takes float32 and int32 tensors as the numbers that they hold':
    'the check multiplies numbers of users by 4: other users',
} as const

export const recommendation: Readonly<Record<string, Battery>> = {
  collaborativeFiltering: {
    example,
    except: {
      ...only,
      'works with a constant feature': 'every row would be of one user, who rated each item five times: it says so',
    },
  },
  matrixFactorization: { options: { nFactors: 2, maxIter: 5 }, example, near: 1e-6, except: only },
}
