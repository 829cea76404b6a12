import type { Battery } from './check-estimator.ts'

export const manifold: Readonly<Record<string, Battery>> = {
  isomap: { options: { nNeighbors: 8 }, near: 1e-6 },
  mds: { options: { nInit: 1, maxIter: 30 } },
  tsne: { options: { perplexity: 5, maxIter: 250 } },
  umap: { options: { nNeighbors: 5, nEpochs: 20 } },
}
