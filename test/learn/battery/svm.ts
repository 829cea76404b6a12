import type { Battery } from './check-estimator.ts'

export const svm: Readonly<Record<string, Battery>> = {
  linearSVC: { options: { tol: 1e-10, maxIter: 20_000 }, near: 1e-5 },
  linearSVR: { options: { tol: 1e-10, maxIter: 20_000 }, near: 1e-4 },
  nuSVC: {
    options: { nu: 0.3, tol: 1e-9, probability: true },
    near: 1e-4,
    except: {
      'counts a row of weight 2 twice, and one of weight 0 not at all': 'folds of the probabilities fall otherwise',
    },
  },
  nuSVR: { options: { gamma: 0.2, tol: 1e-10 }, near: 1e-4 },
  oneClassSVM: { options: { gamma: 0.2, nu: 0.3, tol: 1e-10 }, near: 1e-5 },
  svc: {
    options: { tol: 1e-9, probability: true },
    near: 1e-4,
    except: {
      'counts a row of weight 2 twice, and one of weight 0 not at all': 'folds of the probabilities fall otherwise',
    },
  },
  svr: { options: { gamma: 0.2, tol: 1e-10 }, near: 1e-4 },
}
