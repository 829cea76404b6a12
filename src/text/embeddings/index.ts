export { type Corpus, type CorpusOptions, corpusOf, splitWords } from './corpus.ts'
export { type Analogy, Embeddings, type Neighbor, type NearOptions } from './embeddings.ts'
export { type EmbeddingConfig, embeddingFiles, loadEmbeddings, saveEmbeddings, word2vecType } from './folder.ts'
export { projectorFiles } from './projector.ts'
export {
  type AnswerOptions,
  answerQuestions,
  correlateSimilarities,
  parseQuestions,
  parseSimilarities,
  type QuestionSection,
  type SectionScore,
  type SimilarityPair,
} from './questions.ts'
export {
  decodeVectors,
  encodeVectors,
  type ReadVectorsOptions,
  readVectors,
  type VectorFormat,
} from './vector-files.ts'
export {
  trainWord2Vec,
  type Word2VecControl,
  type Word2VecOptions,
  type Word2VecProgress,
  type Word2VecResult,
  type Word2VecState,
  word2vecOptions,
} from './word2vec.ts'
