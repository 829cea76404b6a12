/** Estimators that no fixture of this folder covers, and what holds them instead. */
export const withoutReference: Readonly<Record<string, string>> = {
  gam: 'test/learn/linear/gam.test.ts',
  umap: 'test/learn/manifold/tsne.test.ts',
  softmaxRegression: 'test/learn/linear/softmax-regression.test.ts',
  pipeline: 'test/learn/compose/pipeline.test.ts',
}
