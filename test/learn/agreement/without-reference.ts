/** Estimators that no fixture of this folder covers, and what holds them instead. */
export const withoutReference: Readonly<Record<string, string>> = {
  gam: 'test/learn/linear/gam.test.ts',
  collaborativeFiltering: 'test/learn/recommendation/recommendation.test.ts',
  matrixFactorization: 'test/learn/recommendation/recommendation.test.ts',
  bayesSearchCV: 'test/learn/selection/search.test.ts',
  gridSearchCV: 'test/learn/selection/search.test.ts',
  halvingGridSearchCV: 'test/learn/selection/search.test.ts',
  halvingRandomSearchCV: 'test/learn/selection/search.test.ts',
  randomizedSearchCV: 'test/learn/selection/search.test.ts',
  umap: 'test/learn/manifold/tsne.test.ts',
  softmaxRegression: 'test/learn/linear/softmax-regression.test.ts',
  pipeline: 'test/learn/compose/pipeline.test.ts',
}
