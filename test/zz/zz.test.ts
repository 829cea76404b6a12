import { test, expect } from 'vitest'
import { fromJSON, definitions, Estimator, estimatorNames, makePipeline, pipeline, dummyClassifier, dummyRegressor, bayesianRidge, elasticNet, lasso, gam, gammaRegressor, poissonRegressor, tweedieRegressor, huberRegressor, isotonicRegression, linearRegression, logisticRegression, quantileRegressor, ridge, ridgeClassifier, perceptron, sgdClassifier, sgdRegressor, softmaxRegression, affinityPropagation, agglomerativeClustering, featureAgglomeration, bisectingKMeans, dbscan, dendrogram, hdbscan, kMeans, meanShift, estimateBandwidth, miniBatchKMeans, spectralClustering, kNeighborsClassifier, kNeighborsRegressor, kernelDensity, localOutlierFactor, nearestCentroid, nearestNeighbors, radiusNeighborsClassifier, radiusNeighborsRegressor, bayesianGaussianMixture, gaussianMixture, bernoulliNB, categoricalNB, complementNB, gaussianNB, multinomialNB, makeColumnSelector, columnTransformer, makeColumnTransformer, featureUnion, makeUnion, transformedTargetRegressor, rfe, rfecv, chi2, fClassif, fRegression, mutualInfoClassif, mutualInfoRegression, rRegression, selectFromModel, sequentialFeatureSelector, selectFdr, selectFpr, selectFwe, selectKBest, selectPercentile, varianceThreshold, iterativeImputer, knnImputer, missingIndicator, simpleImputer, binarizer, denseTransformer, functionTransformer, kBinsDiscretizer, labelBinarizer, labelEncoder, multiLabelBinarizer, maxAbsScaler, minMaxScaler, normalizer, oneHotEncoder, ordinalEncoder, polynomialFeatures, powerTransformer, quantileTransformer, robustScaler, splineTransformer, standardScaler, targetEncoder, countVectorizer, hashingVectorizer, tfidfTransformer, tfidfVectorizer, biasVariance, crossValidate, crossValPredict, crossValScore, learningCurve, validationCurve, parameterGrid, bayesSearchCV, gridSearchCV, halvingGridSearchCV, halvingRandomSearchCV, randomizedSearchCV, groupKFold, leaveOneGroupOut, stratifiedGroupKFold, kFold, repeatedKFold, repeatedStratifiedKFold, stratifiedKFold, leaveOneOut, leavePOut, predefinedSplit, shuffleSplit, stratifiedShuffleSplit, timeSeriesSplit, trainTestSplit, adaBoostClassifier, adaBoostRegressor, baggingClassifier, baggingRegressor, gradientBoostingClassifier, gradientBoostingRegressor, isolationForest, randomTreesEmbedding, stackingClassifier, stackingRegressor, votingClassifier, votingRegressor, extraTreesClassifier, extraTreesRegressor, histGradientBoostingClassifier, histGradientBoostingRegressor, randomForestClassifier, randomForestRegressor, decisionTreeClassifier, decisionTreeRegressor, extraTreeClassifier, extraTreeRegressor, partialDependence, permutationImportance, exportSvg, exportText, costComplexityPruningPath, factorAnalysis, fastICA, incrementalPCA, kernelPCA, latentDirichletAllocation, nmf, pca, truncatedSVD, isomap, locallyLinearEmbedding, classicalMDS, mds, spectralEmbedding, tsne, umap, collaborativeFiltering, matrixFactorization, linearSVC, linearSVR, oneClassSVM, nuSVC, svc, nuSVR, svr } from '../../src/learn/index.ts'
const same = (what: string, got: unknown, expected: unknown): void => { expect(got, what).toEqual(expected) }
const X = Array.from({ length: 60 }, (_, i) => [(i * 7) % 11, (i % 3) + ((i * 5) % 7) / 10, 2 + (i % 4)])
const y = Array.from({ length: 60 }, (_, i) => 1 + (i % 3))
test('binarizer.ts 0', async () => {
const model = await binarizer({ threshold: 1 }).fit([[0, 2]])
same('await (await model.transform([[1, 1.5]])).toArray()', await (await model.transform([[1, 1.5]])).toArray(), [[0, 1]])
})

test('dense-transformer.ts 1', async () => {
const model = await denseTransformer().fit(sparse)
const rows = await model.transform(sparse)
})

test('function-transformer.ts 2', async () => {
const model = await functionTransformer({ func: 'log1p', inverseFunc: 'expm1' }).fit([[0]])
same('await (await model.transform([[0]])).toArray()', await (await model.transform([[0]])).toArray(), [[0]])
})

test('k-bins-discretizer.ts 3', async () => {
const model = await kBinsDiscretizer({ nBins: 2, encode: 'ordinal', strategy: 'uniform' }).fit([[0], [10]])
same('await (await model.transform([[4], [5]])).toArray()', await (await model.transform([[4], [5]])).toArray(), [[0], [1]])
})

test('label-encoder.ts 4', async () => {
const { labelEncoder } = await import('../../src/learn/index.ts')
const encoding = labelEncoder().fit(['spam', 'ham', 'spam'])
same('encoding.inverseTransform([0, 1])', encoding.inverseTransform([0, 1]), ['ham', 'spam'])
})

test('label-encoder.ts 5', async () => {
const { labelBinarizer } = await import('../../src/learn/index.ts')
const model = labelBinarizer().fit(['a', 'b', 'c'])
same("await model.transform(['c', 'a']).toArray()", await model.transform(['c', 'a']).toArray(), [[0, 0, 1], [1, 0, 0]])
})

test('label-encoder.ts 6', async () => {
const { multiLabelBinarizer } = await import('../../src/learn/index.ts')
const model = multiLabelBinarizer().fit([['sport', 'news'], ['art']])
same("await model.transform([['news', 'art']]).toArray()", await model.transform([['news', 'art']]).toArray(), [[1, 1, 0]])
})

test('max-abs-scaler.ts 7', async () => {
const scaler = await maxAbsScaler().fit([[1], [-4]])
same('await (await scaler.transform([[2]])).toArray()', await (await scaler.transform([[2]])).toArray(), [[0.5]])
})

test('min-max-scaler.ts 8', async () => {
const scaler = await minMaxScaler().fit([[1], [3], [5]])
same('await (await scaler.transform([[2]])).toArray()', await (await scaler.transform([[2]])).toArray(), [[0.25]])
})

test('normalizer.ts 9', async () => {
const model = await normalizer().fit([[3, 4]])
same('await (await model.transform([[3, 4]])).toArray()', await (await model.transform([[3, 4]])).toArray(), [[0.6, 0.8]])
})

test('one-hot-encoder.ts 10', async () => {
const encoder = await oneHotEncoder({ sparseOutput: false }).fit([['red'], ['blue']])
same("await (await encoder.transform([['red']])).toArray()", await (await encoder.transform([['red']])).toArray(), [[0, 1]])
same('encoder.featureNamesOut()', encoder.featureNamesOut(), ['x0_blue', 'x0_red'])
})

test('ordinal-encoder.ts 11', async () => {
const encoder = await ordinalEncoder({ categories: [['low', 'high']] }).fit([['low'], ['high']])
same("await (await encoder.transform([['high']])).toArray()", await (await encoder.transform([['high']])).toArray(), [[1]])
})

test('polynomial-features.ts 12', async () => {
const model = await polynomialFeatures({ degree: 2 }).fit([[2, 3]])
same('await (await model.transform([[2, 3]])).toArray()', await (await model.transform([[2, 3]])).toArray(), [[1, 2, 3, 4, 6, 9]])
})

test('power-transformer.ts 13', async () => {
const model = await powerTransformer().fit([[1], [2], [4], [90]])
await (await model.transform([[3]])).toArray()
})

test('quantile-transformer.ts 14', async () => {
const model = await quantileTransformer({ nQuantiles: 3 }).fit([[1], [2], [100]])
same('await (await model.transform([[51]])).toArray()', await (await model.transform([[51]])).toArray(), [[0.75]])
})

test('robust-scaler.ts 15', async () => {
const scaler = await robustScaler().fit([[1], [2], [3], [4], [1000]])
same('await (await scaler.transform([[5]])).toArray()', await (await scaler.transform([[5]])).toArray(), [[1]])
})

test('spline-transformer.ts 16', async () => {
const model = await splineTransformer({ nKnots: 3, degree: 1 }).fit([[0], [4]])
same('await (await model.transform([[1]])).toArray()', await (await model.transform([[1]])).toArray(), [[0.5, 0.5, 0]])
})

test('standard-scaler.ts 17', async () => {
const scaler = await standardScaler().fit([[0, 10], [2, 30]])
same('await (await scaler.transform([[1, 40]])).toArray()', await (await scaler.transform([[1, 40]])).toArray(), [[0, 2]])
})

test('target-encoder.ts 18', async () => {
const encoder = targetEncoder({ smooth: 0, cv: 2 })
const model = await encoder.fit([['a'], ['a'], ['b'], ['b']], [0, 0.5, 1.5, 2.5])
same("await (await model.transform([['a'], ['b'], ['c']])).toArray()", await (await model.transform([['a'], ['b'], ['c']])).toArray(), [[0.25], [2], [1.125]])
})

test('iterative-imputer.ts 19', async () => {
const imputer = await iterativeImputer().fit([[1, 2], [2, 4], [3, 6], [4, NaN]])
await (await imputer.transform([[5, NaN]])).toArray() // about [[5, 10]]
})

test('knn-imputer.ts 20', async () => {
const imputer = await knnImputer({ nNeighbors: 1 }).fit([[1, 2], [5, 6], [1.2, NaN]])
same('await (await imputer.transform([[4, NaN]])).toArray()', await (await imputer.transform([[4, NaN]])).toArray(), [[4, 6]])
})

test('missing-indicator.ts 21', async () => {
const model = await missingIndicator().fit([[1, NaN], [2, 3]])
same('await (await model.transform([[1, 2], [3, NaN]])).toArray()', await (await model.transform([[1, 2], [3, NaN]])).toArray(), [[0], [1]])
})

test('simple-imputer.ts 22', async () => {
const imputer = await simpleImputer({ strategy: 'median' }).fit([[1], [2], [NaN], [9]])
same('await (await imputer.transform([[NaN], [5]])).toArray()', await (await imputer.transform([[NaN], [5]])).toArray(), [[2], [5]])
})

test('count-vectorizer.ts 23', async () => {
const model = await countVectorizer().fit(['a cat saw a cat', 'the dog'])
same('model.vocabulary', model.vocabulary, ['cat', 'dog', 'saw', 'the'])
})

test('hashing-vectorizer.ts 24', async () => {
const model = await hashingVectorizer({ nFeatures: 1024 }).fit(['any text'])
const rows = await model.transform(['a cat', 'a dog'])
})

test('tfidf-transformer.ts 25', async () => {
const model = await tfidfTransformer({ norm: null }).fit([[1, 0], [1, 2]])
same('await (await model.transform([[3, 0]])).toArray()', await (await model.transform([[3, 0]])).toArray(), [[3, 0]])
})

test('tfidf-vectorizer.ts 26', async () => {
const model = await tfidfVectorizer({ stopWords: 'english' }).fit(['the cat', 'the dog and the cat'])
same('model.vocabulary', model.vocabulary, ['cat', 'dog'])
})

test('rfe.ts 27', async () => {
const model = await rfe({ estimator: linearRegression(), nFeaturesToSelect: 2 }).fit(X, y)
})

test('rfe.ts 28', async () => {
const model = await rfecv({ estimator: linearRegression(), cv: 3 }).fit(X, y)
model.nFeatures
})

test('score-functions.ts 29', async () => {
const { scores } = await fClassif([[0, 1], [1, 3], [4, 1], [5, 3]], ['a', 'a', 'b', 'b'])
same('await scores.toArray()', await scores.toArray(), [32, 0])
})

test('score-functions.ts 30', async () => {
const { scores } = await chi2([[1, 2], [1, 0]], ['ham', 'spam'])
same('await scores.toArray()', await scores.toArray(), [0, 2])
})

test('score-functions.ts 31', async () => {
const { scores } = await fRegression([[1], [2], [3]], [1, 3, 2])
await scores.toArray() // about [0.333]
})

test('score-functions.ts 32', async () => {
same('await (await rRegression([[1], [2], [3]], [1, 3, 2])).toArray()', await (await rRegression([[1], [2], [3]], [1, 3, 2])).toArray(), [0.5])
})

test('score-functions.ts 33', async () => {
await (await mutualInfoClassif([[0], [1], [0], [1]], [0, 1, 0, 1], { discreteFeatures: true })).toArray() // about [0.693], which is log 2
})

test('score-functions.ts 34', async () => {
await (await mutualInfoRegression(X, y)).toArray()
})

test('select-from-model.ts 35', async () => {
const model = await selectFromModel({ estimator: lasso({ alpha: 0.1 }) }).fit(X, y)
const fewer = await model.transform(X)
})

test('sequential-feature-selector.ts 36', async () => {
const model = await sequentialFeatureSelector({ estimator: linearRegression(), nFeaturesToSelect: 2 }).fit(X, y)
})

test('univariate.ts 37', async () => {
const model = await selectKBest({ k: 1 }).fit([[0, 1], [1, 3], [4, 1], [5, 3]], ['a', 'a', 'b', 'b'])
same('model.support', model.support, [true, false])
})

test('univariate.ts 38', async () => {
await selectPercentile({ percentile: 20 }).fit(X, y)
})

test('univariate.ts 39', async () => {
await selectFpr({ alpha: 0.01 }).fit(X, y)
})

test('univariate.ts 40', async () => {
await selectFdr({ alpha: 0.1 }).fit(X, y)
})

test('univariate.ts 41', async () => {
await selectFwe().fit(X, y)
})

test('variance-threshold.ts 42', async () => {
const model = await varianceThreshold().fit([[1, 5], [2, 5]])
same('model.support', model.support, [true, false])
})

test('column-selection.ts 43', async () => {
columnTransformer([['numbers', standardScaler(), makeColumnSelector({ type: 'number' })]])
})

test('column-transformer.ts 44', async () => {
const model = await columnTransformer([
  ['numbers', standardScaler(), ['age']],
  ['words', oneHotEncoder(), ['sex']],
]).fit([{ age: 20, sex: 'f' }, { age: 40, sex: 'm' }])
same('model.featureNamesOut()', model.featureNamesOut(), ['numbers__age', 'words__sex_f', 'words__sex_m'])
})

test('feature-union.ts 45', async () => {
const model = await featureUnion([
  ['scaled', minMaxScaler()],
  ['squares', polynomialFeatures({ includeBias: false })],
]).fit([[0], [2]])
same('await (await model.transform([[1]])).toArray()', await (await model.transform([[1]])).toArray(), [[0.5, 1, 1]])
})

test('pipeline.ts 46', async () => {
const model = await pipeline([['scale', standardScaler()], ['classify', logisticRegression()]]).fit(X, y)
})

test('transformed-target-regressor.ts 47', async () => {
const model = await transformedTargetRegressor({ regressor: linearRegression(), func: 'log' }).fit([[0], [1], [2]], [1, 10, 100])
await (await model.predict([[3]])).toArray() // about [1000]
})
