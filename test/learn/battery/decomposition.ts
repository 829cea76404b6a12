import type { Battery } from './check-estimator.ts'
import { positive } from './examples.ts'

const counts = { X: positive(), y: undefined }
const below = 'it takes no numbers below 0, and says so'

export const decomposition: Readonly<Record<string, Battery>> = {
  factorAnalysis: { near: 1e-6 },
  fastICA: { near: 1e-6 },
  kernelPCA: { options: { nComponents: 2, kernel: 'rbf' }, near: 1e-6 },
  latentDirichletAllocation: {
    options: { nComponents: 2, maxIter: 3 },
    example: counts,
    except: { 'takes float32 and int32 tensors as the numbers that they hold': below },
  },
  nmf: {
    options: { nComponents: 2 },
    example: counts,
    near: 1e-6,
    except: { 'works with one feature': 'two parts of one column are no parts' },
  },
  truncatedSVD: { except: { 'works with one feature': 'two directions of one column do not exist, and it says so' } },
}
