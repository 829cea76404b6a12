// Name: what is done, on which data of data.mjs, and the ratio to scikit-learn's time that it must not exceed.
export const workloads = {
  kmeans: { summary: 'k-means, digits, 10 clusters, 10 starts', data: 'digits', target: 1.0 },
  pca: { summary: 'PCA of 1,797 x 64', data: 'digits', target: 1.0 },
  pcaLarge: { summary: 'PCA of 20,000 x 200', data: 'wide', target: 1.0 },
  knn: { summary: 'brute-force 5 neighbours of 10,000 x 50 in itself', data: 'points50', target: 1.0 },
  forest: { summary: 'random forest, 100 trees, California housing', data: 'california', target: 1.0 },
  boosting: { summary: 'histogram boosting, 200 rounds, California housing', data: 'california', target: 1.2 },
  boostingLarge: { summary: 'histogram boosting, 200 rounds, 1,000,000 x 20', data: 'million', target: 1.2 },
  logistic: { summary: 'logistic regression, digits', data: 'digits', target: 1.0 },
  svc: { summary: 'SVC with RBF kernel, digits, fit and predict', data: 'digits', target: 1.2 },
  tsne: { summary: 'Barnes-Hut t-SNE, digits', data: 'digits', target: 1.2 },
  dbscan: { summary: 'DBSCAN of 20,000 x 2', data: 'points2', target: 1.0 },
}
